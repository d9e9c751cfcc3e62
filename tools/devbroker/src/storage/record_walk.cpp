// Walks the records of a batch, checking every length.
#include "storage/record_walk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::bytes_view;

/// Reads from the front of a span and remembers that it once could not.
class taker {
 public:
  explicit taker(bytes_view from) : rest_(from) {}

  std::int64_t varlong() { return unzigzag(bits(10)); }
  /// Bits of a fifth byte above the 32nd are dropped, as in Kafka.
  std::int32_t varint() { return static_cast<std::int32_t>(unzigzag(static_cast<std::uint32_t>(bits(5)))); }
  std::uint64_t bits(int most_bytes) {
    std::uint64_t raw = 0;
    for (int i = 0; i < most_bytes; ++i) {
      if (rest_.empty()) break;
      const auto b = std::to_integer<std::uint64_t>(rest_.front());
      rest_ = rest_.subspan(1);
      raw |= (b & 0x7f) << (7 * i);
      if ((b & 0x80) == 0) return raw;
    }
    ok_ = false;
    return 0;
  }
  bytes_view take(std::int64_t n) {
    if (n < 0 || static_cast<std::uint64_t>(n) > rest_.size()) {
      ok_ = false;
      return {};
    }
    const bytes_view out = rest_.first(static_cast<std::size_t>(n));
    rest_ = rest_.subspan(out.size());
    return out;
  }
  /// Any negative size is null: writers use -1, Kafka reads them all.
  std::optional<bytes_view> nullable() {
    const std::int32_t n = varint();
    if (n < 0) return std::nullopt;
    return take(n);
  }
  static std::int64_t unzigzag(std::uint64_t raw) {
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }
  bytes_view rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  bytes_view rest_;
  bool ok_ = true;
};

}  // namespace

std::optional<walked_record> record_walk::next() {
  if (failed_ || rest_.empty()) return std::nullopt;
  taker outer(rest_);
  const std::int32_t size = outer.varint();
  taker body(outer.take(size));
  walked_record record;
  body.take(1);  // attributes: unused so far
  record.timestamp_delta = body.varlong();
  record.offset_delta = body.varint();
  record.key = body.nullable();
  record.value = body.nullable();
  record.header_count = body.varint();
  record.headers = body.rest();
  if (record.header_count < 0) failed_ = true;
  for (std::int32_t i = 0; i < record.header_count && body.ok(); ++i) {
    body.take(body.varint());
    body.nullable();
  }
  if (!outer.ok() || !body.ok() || !body.rest().empty()) failed_ = true;
  if (failed_) return std::nullopt;
  rest_ = outer.rest();
  return record;
}

walked_header next_header(bytes_view& headers) {
  taker from(headers);
  walked_header out;
  out.name = from.take(from.varint());
  out.value = from.nullable();
  headers = from.rest();
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
