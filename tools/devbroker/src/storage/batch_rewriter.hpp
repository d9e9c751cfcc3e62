// Writes a stored batch anew with some of its records, as compaction leaves it: offsets, sequences and producer as they
// were.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ottla/protocol/byte_buffer.hpp"
#include "ottla/protocol/compression.hpp"
#include "storage/record_walk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class batch_rewriter {
 public:
  /// Appends to `out` the batch with those of its `records` (inflated) for which keeps() says so, compressed as it was.
  /// With a horizon (KIP-534) its base timestamp becomes that and says when tombstones may go; the timestamps of
  /// records stay. False if there is no memory to compress; `out` is of no use then.
  bool rewrite(std::span<const std::byte> batch, std::span<const std::byte> records,
               const std::function<bool(const walked_record&)>& keeps, std::optional<std::int64_t> horizon,
               std::vector<std::byte>& out);
  /// Appends the batch without any record. Its header still says what its producer has written.
  static void rewrite_empty(std::span<const std::byte> batch, std::vector<std::byte>& out);

 private:
  protocol::compressor compressor_;
  protocol::byte_buffer packed_;
  std::vector<std::byte> plain_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
