// All that outlives a restart beside the logs (topics, leaders, groups, offsets, transactions): a file of entries.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "durable/entry_bytes.hpp"
#include "ottla/mock/disk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Numbers are on disk: none is ever given to something else.
enum class entry_kind : std::uint8_t {
  boot = 1,
  topic = 2,
  topic_removed = 3,
  partition = 4,
  producer_ids = 5,
  group = 6,
  group_removed = 7,
  offset = 8,
  offset_removed = 9,
  held_offset = 10,
  decided = 11,
  transaction = 12,
  transaction_removed = 13,
  consumer_group = 14,
  broker = 20,
  acl = 30,
  acl_removed = 31,
  quota = 32,
};

/// An entry is all there is to say about one thing, and the last one about it counts; so a journal that has grown long
/// is replaced by one with an entry for each thing there is.
///
///     size 4 | crc32c 4 | kind 1 | body...          size counts kind and body, the CRC covers them
///
/// Entries are added as things change and written by persist(), together: before anything that follows from them is
/// written elsewhere, and before the request that caused them is answered. As long as they cannot be written nothing is
/// given up: the next persist() writes a new journal.
class journal {
 public:
  static constexpr std::string_view file = "meta.journal";

  /// Entries go to this disk from now on, beginning with all that `add_all` adds. "" when they are there.
  std::string open(disk& on, std::function<void()> add_all);
  bool is_open() const { return disk_ != nullptr; }

  template <class Body>
  void add(entry_kind kind, Body&& body) {
    if (!is_open()) return;
    const std::size_t at = begin(kind);
    entry_writer out(pending_);
    body(out);
    end(at);
    ++added_;
  }
  /// Rises with every entry.
  std::uint64_t added() const { return added_; }

  /// "" when nothing is left to be written.
  std::string persist();
  /// Whether the last persist() failed.
  bool is_behind() const { return is_behind_; }

  /// Calls each(kind, body) for the entries from the front, up to the first that is not whole or that `each` refuses,
  /// and gives their bytes.
  static std::size_t read(std::span<const std::byte> bytes, const std::function<bool(entry_kind, entry_reader&)>& each);

 private:
  std::size_t begin(entry_kind kind);
  void end(std::size_t at);
  std::string rewrite();

  disk* disk_ = nullptr;
  std::function<void()> add_all_;
  std::vector<std::byte> pending_;
  std::uint64_t added_ = 0;
  std::size_t size_ = 0;           // of the file
  std::size_t size_at_first_ = 0;  // when it was written anew
  bool is_behind_ = false;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
