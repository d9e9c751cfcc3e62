// The primitives, out of line: hundreds of generated call sites share them.
#include "ottla/protocol/reader.hpp"

#include <algorithm>
#include <limits>

#include "big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

void reader::fail(wire_error error) {
  if (ok()) error_ = error;
  next_ = end_;
}

template <class T>
T reader::fixed() {
  if (remaining() < sizeof(T)) {
    fail(wire_error::truncated);
    return 0;
  }
  const auto value = load_big_endian<T>(next_);
  next_ += sizeof(T);
  return value;
}

std::int8_t reader::int8() { return static_cast<std::int8_t>(fixed<std::uint8_t>()); }
std::int16_t reader::int16() { return static_cast<std::int16_t>(fixed<std::uint16_t>()); }
std::int32_t reader::int32() { return static_cast<std::int32_t>(fixed<std::uint32_t>()); }
std::int64_t reader::int64() { return static_cast<std::int64_t>(fixed<std::uint64_t>()); }
double reader::float64() { return std::bit_cast<double>(fixed<std::uint64_t>()); }

uuid reader::uuid_value() {
  uuid out;
  const bytes_view raw = take(out.bytes.size());
  if (!raw.empty()) std::copy(raw.begin(), raw.end(), out.bytes.begin());
  return out;
}

std::uint32_t reader::uvarint() {
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (next_ == end_) {
      fail(wire_error::truncated);
      return 0;
    }
    const auto byte = std::to_integer<std::uint32_t>(*next_++);
    if (shift == 28 && byte > 0x0f) break;  // more than 32 bits, or a sixth byte
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail(wire_error::bad_varint);
  return 0;
}

std::int32_t reader::varint() {
  const std::uint32_t raw = uvarint();
  return static_cast<std::int32_t>((raw >> 1) ^ (0 - (raw & 1)));
}

std::int64_t reader::varlong() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (next_ == end_) {
      fail(wire_error::truncated);
      return 0;
    }
    const auto byte = std::to_integer<std::uint64_t>(*next_++);
    if (shift == 63 && byte > 0x01) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
  }
  fail(wire_error::bad_varint);
  return 0;
}

bytes_view reader::take(std::size_t n) {
  if (remaining() < n) {
    fail(wire_error::truncated);
    return {};
  }
  const bytes_view out{next_, n};
  next_ += n;
  return out;
}

/// -1 is null. A failed read of the length shows as 0.
std::optional<bytes_view> reader::sized(std::int64_t length) {
  if (length == -1) return std::nullopt;
  if (length < 0) {
    fail(wire_error::bad_length);
    return bytes_view{};
  }
  return take(static_cast<std::size_t>(length));
}

std::optional<std::string_view> reader::nullable_string() {
  const auto raw = sized(int16());
  return raw ? std::optional{as_text(*raw)} : std::nullopt;
}

std::optional<std::string_view> reader::compact_nullable_string() {
  const std::int64_t length = static_cast<std::int64_t>(uvarint()) - 1;
  if (!ok()) return std::string_view{};
  if (length > std::numeric_limits<std::int16_t>::max()) {
    fail(wire_error::bad_length);
    return std::string_view{};
  }
  const auto raw = sized(length);
  return raw ? std::optional{as_text(*raw)} : std::nullopt;
}

std::optional<bytes_view> reader::nullable_bytes() { return sized(int32()); }

std::optional<bytes_view> reader::compact_nullable_bytes() {
  const std::int64_t length = static_cast<std::int64_t>(uvarint()) - 1;
  return ok() ? sized(length) : bytes_view{};
}

std::string_view reader::string() {
  const auto value = nullable_string();
  if (!value) fail(wire_error::unexpected_null);
  return value.value_or(std::string_view{});
}

std::string_view reader::compact_string() {
  const auto value = compact_nullable_string();
  if (!value) fail(wire_error::unexpected_null);
  return value.value_or(std::string_view{});
}

bytes_view reader::bytes() {
  const auto value = nullable_bytes();
  if (!value) fail(wire_error::unexpected_null);
  return value.value_or(bytes_view{});
}

bytes_view reader::compact_bytes() {
  const auto value = compact_nullable_bytes();
  if (!value) fail(wire_error::unexpected_null);
  return value.value_or(bytes_view{});
}

std::optional<std::size_t> reader::array_size(bool compact, std::size_t min_element_size) {
  const std::int64_t count = compact ? static_cast<std::int64_t>(uvarint()) - 1 : int32();
  if (!ok()) return 0;
  if (count == -1) return std::nullopt;
  if (count < 0) {
    fail(wire_error::bad_length);
    return 0;
  }
  if (static_cast<std::size_t>(count) > remaining() / min_element_size) {
    fail(wire_error::too_many_elements);
    return 0;
  }
  return static_cast<std::size_t>(count);
}

bool reader::narrow(std::size_t n, const std::byte*& outer_end) {
  if (remaining() < n) {
    fail(wire_error::truncated);
    return false;
  }
  outer_end = end_;
  end_ = next_ + n;
  return true;
}

void reader::widen(const std::byte* outer_end) {
  const bool used_up = next_ == end_;
  end_ = outer_end;
  if (!ok()) next_ = end_;
  if (!used_up) fail(wire_error::bad_tagged_fields);
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
