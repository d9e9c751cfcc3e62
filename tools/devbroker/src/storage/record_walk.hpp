// Walks the records of a batch (after decompression), checking every length: the broker's own reading of the record
// format.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Views into the walked bytes.
struct walked_record {
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  std::optional<std::span<const std::byte>> key;
  std::optional<std::span<const std::byte>> value;
  std::int32_t header_count = 0;
  std::span<const std::byte> headers;  // as on the wire: header_count times (name, value)
};

struct walked_header {
  std::span<const std::byte> name;
  std::optional<std::span<const std::byte>> value;
};

class record_walk {
 public:
  explicit record_walk(std::span<const std::byte> records) : rest_(records) {}

  /// The next record; nullopt at the end of the bytes or at the first broken one (see failed()).
  std::optional<walked_record> next();
  bool failed() const { return failed_; }

 private:
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

/// The next header, taken off the front of `headers`; only for bytes out of a record that next() accepted.
walked_header next_header(std::span<const std::byte>& headers);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
