// The primitives, out of line: hundreds of generated call sites share them.
#include "ottla/protocol/writer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

namespace {
constexpr std::size_t largest_int32 = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t canonical_nan = 0x7ff8000000000000;

std::size_t uvarint_size(std::uint32_t value) { return (static_cast<std::size_t>(std::bit_width(value | 1u)) + 6) / 7; }

std::byte* put_uvarint(std::byte* at, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::byte>(value | 0x80);
  *at++ = static_cast<std::byte>(value);
  return at;
}
}  // namespace

writer::writer(writer&& other) noexcept { *this = std::move(other); }

writer& writer::operator=(writer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(spliced_, other.spliced_);
  splices_.swap(other.splices_);
  std::swap(error_field_, other.error_field_);
  std::swap(error_, other.error_);
  std::swap(splicing_, other.splicing_);
  return *this;
}

writer::~writer() { std::free(data_); }

void writer::fail(wire_error error, std::string_view field) {
  if (!ok()) return;
  error_ = error;
  error_field_ = field;
}

void writer::reserve(std::size_t capacity) {
  if (capacity <= capacity_) return;
  auto* grown = static_cast<std::byte*>(std::realloc(data_, capacity));
  if (grown == nullptr) std::abort();
  data_ = grown;
  capacity_ = capacity;
}

std::byte* writer::extend(std::size_t n) {
  if (capacity_ - size_ < n) reserve(std::max({size_ + n, capacity_ * 2, std::size_t{256}}));
  std::byte* at = data_ + size_;
  size_ += n;
  return at;
}

void writer::int8(std::int8_t value) { *extend(1) = static_cast<std::byte>(value); }
void writer::int16(std::int16_t value) { store_big_endian(extend(2), static_cast<std::uint16_t>(value)); }
void writer::int32(std::int32_t value) { store_big_endian(extend(4), static_cast<std::uint32_t>(value)); }
void writer::int64(std::int64_t value) { store_big_endian(extend(8), static_cast<std::uint64_t>(value)); }
void writer::float64(double value) {
  store_big_endian(extend(8), std::isnan(value) ? canonical_nan : std::bit_cast<std::uint64_t>(value));
}

void writer::uuid_value(const uuid& value) { raw(value.bytes); }

void writer::uvarint(std::uint32_t value) { put_uvarint(extend(uvarint_size(value)), value); }

void writer::varint(std::int32_t value) {
  uvarint((static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31));
}

void writer::varlong(std::int64_t value) {
  std::uint64_t left = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; left >= 0x80; left >>= 7) *extend(1) = static_cast<std::byte>(left | 0x80);
  *extend(1) = static_cast<std::byte>(left);
}

void writer::raw(bytes_view value) {
  if (!value.empty()) std::copy(value.begin(), value.end(), extend(value.size()));
}

void writer::string(std::string_view value) {
  if (value.size() > static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max()))
    return fail(wire_error::too_large);
  int16(static_cast<std::int16_t>(value.size()));
  raw(as_bytes(value));
}

void writer::compact_string(std::string_view value) {
  if (value.size() > static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max()))
    return fail(wire_error::too_large);
  uvarint(static_cast<std::uint32_t>(value.size() + 1));
  raw(as_bytes(value));
}

void writer::nullable_string(std::optional<std::string_view> value) { value ? string(*value) : int16(-1); }
void writer::compact_nullable_string(std::optional<std::string_view> value) {
  value ? compact_string(*value) : uvarint(0);
}

void writer::bytes(bytes_view value) {
  if (value.size() > largest_int32) return fail(wire_error::too_large);
  int32(static_cast<std::int32_t>(value.size()));
  raw(value);
}

void writer::compact_bytes(bytes_view value) {
  if (value.size() > largest_int32) return fail(wire_error::too_large);
  uvarint(static_cast<std::uint32_t>(value.size() + 1));
  raw(value);
}

void writer::nullable_bytes(std::optional<bytes_view> value) { value ? bytes(*value) : int32(-1); }
void writer::compact_nullable_bytes(std::optional<bytes_view> value) { value ? compact_bytes(*value) : uvarint(0); }

void writer::records(bytes_view value, bool compact) {
  if (!splicing_ || value.empty() || value.size() > largest_int32) return compact ? compact_bytes(value) : bytes(value);
  compact ? uvarint(static_cast<std::uint32_t>(value.size() + 1)) : int32(static_cast<std::int32_t>(value.size()));
  splices_.push_back({size_, value});
  spliced_ += value.size();
}

void writer::array_size(std::optional<std::size_t> count, bool compact) {
  if (count && *count > largest_int32) return fail(wire_error::too_large);
  if (compact) return uvarint(count ? static_cast<std::uint32_t>(*count + 1) : 0);
  int32(count ? static_cast<std::int32_t>(*count) : -1);
}

std::size_t writer::begin_sized() {
  extend(1);  // most tagged fields are below 128 bytes
  return size_ - 1;
}

void writer::end_sized(std::size_t begin) {
  assert(splices_.empty() || splices_.back().position <= begin);  // no schema has records inside a tagged field
  const std::size_t length = size_ - begin - 1;
  if (length > largest_int32) return fail(wire_error::too_large);
  const std::size_t prefix = uvarint_size(static_cast<std::uint32_t>(length));
  if (prefix > 1) {
    extend(prefix - 1);
    std::byte* body = data_ + begin + 1;
    std::move_backward(body, body + length, body + length + prefix - 1);
  }
  put_uvarint(data_ + begin, static_cast<std::uint32_t>(length));
}

void writer::patch_int32(std::size_t position, std::int32_t value) {
  assert(position + 4 <= size_);
  store_big_endian(data_ + position, static_cast<std::uint32_t>(value));
}

void writer::clear() {
  size_ = spliced_ = 0;
  splices_.clear();
  error_ = wire_error::none;
  error_field_ = {};
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
