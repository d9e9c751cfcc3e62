// handler_slab: the outcome handlers of one batch, stored in place one behind the other; memory is kept between
// batches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "ottla/delivery.hpp"
#include "ottla/net/scope_exit.hpp"

namespace ottla {
inline namespace v0 {

///     chunk  | entry | handler, 16-aligned | entry | handler ... |
class handler_slab {
 public:
  void add(std::uint32_t record, const outcome_handler& handler) {
    handler.relocate(handler.source,
                     append(record, sizeof(entry) + ((handler.size + 15) & ~std::size_t{15}), handler.finish));
  }
  bool empty() const { return chunks_.empty() || chunks_[0]->used == 0; }

  /// Calls f(record index) for each handler's outcome, in the order they were added, runs the handler on it, and
  /// empties the slab. A handler that throws has run: the next call goes on behind it.
  template <class F>
  void finish_all(F&& outcome_of) {
    std::size_t index = told_chunks_, at = told_bytes_;
    // Costs nothing unless an exception comes by.
    scope_exit thrown([&] { told_chunks_ = index, told_bytes_ = at; });
    for (; index < chunks_.size(); ++index, at = 0) {
      chunk& one = *chunks_[index];
      while (at < one.used) {
        auto* header = reinterpret_cast<entry*>(one.bytes.data() + at);
        at += header->size;
        header->finish(header + 1, &outcome_of(header->record), nullptr);
      }
    }
    thrown.forget();
    for (auto& one : chunks_) one->used = 0;
    current_ = told_chunks_ = told_bytes_ = 0;
  }

  /// Moves the handlers of the records from `first` on into an empty slab, where they count from 0.
  void split_off(std::uint32_t first, handler_slab& into) {
    std::size_t kept = 0;  // the last chunk that keeps something
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      chunk& one = *chunks_[i];
      std::size_t cut = 0;
      for (std::size_t at = 0; at < one.used;) {
        auto* header = reinterpret_cast<entry*>(one.bytes.data() + at);
        at += header->size;
        if (header->record < first) {
          cut = at;
        } else {
          header->finish(header + 1, nullptr, into.append(header->record - first, header->size, header->finish));
        }
      }
      one.used = cut;
      if (cut > 0) kept = i;
    }
    current_ = kept;
  }

 private:
  static constexpr std::size_t chunk_bytes = 4096;
  struct alignas(16) entry {
    void (*finish)(void*, const delivery*, void*);
    std::uint32_t record;
    std::uint32_t size;
  };
  struct chunk {
    std::size_t used = 0;
    alignas(16) std::array<std::byte, chunk_bytes> bytes;
  };
  /// Room for a handler; `need` counts its entry.
  void* append(std::uint32_t record, std::size_t need, void (*finish)(void*, const delivery*, void*)) {
    if (current_ == chunks_.size() || chunks_[current_]->used + need > chunk_bytes) next_chunk();
    chunk& into = *chunks_[current_];
    auto* header = new (into.bytes.data() + into.used) entry{finish, record, static_cast<std::uint32_t>(need)};
    into.used += need;
    return header + 1;
  }
  void next_chunk() {
    if (current_ < chunks_.size() && chunks_[current_]->used > 0) ++current_;
    if (current_ == chunks_.size()) chunks_.push_back(std::make_unique<chunk>());
  }

  std::vector<std::unique_ptr<chunk>> chunks_;
  std::size_t current_ = 0;
  std::size_t told_chunks_ = 0;  // where finish_all goes on: chunks, and bytes of the one behind them
  std::size_t told_bytes_ = 0;
};

}  // namespace v0
}  // namespace ottla
