// delivery: what became of a record or of a batch of them, and the handler that waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ottla/error.hpp"
#include "ottla/net/scope_exit.hpp"
#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

inline constexpr std::int64_t unknown_offset = -1;

/// The outcome of one record. `topic` is valid during the handler; copy it to keep it.
struct delivery {
  std::string_view topic;
  std::int32_t partition = -1;
  std::int64_t offset = unknown_offset;  ///< unknown with acks=0 and after a duplicate that the broker recognised (C-5)
  std::int64_t timestamp = -1;           ///< the broker's with LogAppendTime; -1: the record keeps its own
  error failure;                         ///< set: not acknowledged; failure.persisted() says what that means

  explicit operator bool() const { return !failure; }
};

/// The outcome of one batch: records `base_offset` to `base_offset + count - 1`, in the order they were sent.
struct batch_delivery {
  std::string_view topic;
  std::int32_t partition = -1;
  std::int64_t base_offset = unknown_offset;
  std::size_t count = 0;
  std::span<const std::uint64_t> cookies;  ///< one per record
  error failure;
  std::int64_t log_append_time = -1;  ///< -1: records keep their own timestamps
  steady_ns begun{};                  ///< when the first of its records was sent; the others came up to `linger` later

  explicit operator bool() const { return !failure; }
};

/// A borrowed view of a handler to be moved into a batch: how large it is, and how to move, call and destroy it.
struct outcome_handler {
  void* source = nullptr;
  std::size_t size = 0;
  void (*relocate)(void* source, void* target) = nullptr;  ///< move-constructs; the source is destroyed by its owner
  /// Calls the stored handler and destroys it; without an outcome moves it to `elsewhere` instead.
  void (*finish)(void* stored, const delivery* outcome, void* elsewhere) = nullptr;

  template <class Handler>
  static outcome_handler of(Handler& handler) {
    static_assert(alignof(Handler) <= 16, "handlers are stored with an alignment of 16");
    static_assert(sizeof(Handler) <= 1024, "capture a pointer to the large thing instead");
    outcome_handler out;
    out.source = &handler;
    out.size = sizeof(Handler);
    out.relocate = [](void* from, void* to) { new (to) Handler(std::move(*static_cast<Handler*>(from))); };
    out.finish = [](void* at, const delivery* outcome, void* elsewhere) {
      Handler& stored = *static_cast<Handler*>(at);
      const scope_exit end([&] { stored.~Handler(); });  // also when it throws
      if (outcome != nullptr) {
        stored(*outcome);
      } else {
        new (elsewhere) Handler(std::move(stored));
      }
    };
    return out;
  }
};

}  // namespace v0
}  // namespace ottla
