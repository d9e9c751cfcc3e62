// Writes one record (magic 2) in its final wire form: the hot path of a producer, inline and without bounds checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ottla/protocol/record_bytes.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

struct header_view {
  std::string_view name{};                         // UTF-8, never null on the wire, may be empty, may repeat
  std::optional<bytes_view> value = std::nullopt;  // null is not empty
};

// What a record consists of, borrowed for the call. Keys, values and names are shorter than 2 GiB in sum.
struct record_fields {
  std::int32_t offset_delta = 0;     // its place in the batch
  std::int64_t timestamp_delta = 0;  // ms from the batch's base timestamp, may be negative
  std::optional<bytes_view> key = std::nullopt;
  std::optional<bytes_view> value = std::nullopt;  // null: a tombstone
  std::span<const header_view> headers{};
};

//   | body size | 0 | timestamp delta | offset delta | key size | key | value size | value | header count | headers ...
//   |
//     zigzag         zigzag            zigzag          zigzag, -1 = null                     zigzag
//
// The sizes stand in front, so they are summed first; that is arithmetic on five numbers, not a pass over the record.
namespace record_detail {

[[gnu::always_inline]] inline std::size_t nullable_size(const std::optional<bytes_view>& bytes) noexcept {
  return bytes ? varint_size(std::uint64_t{bytes->size()} << 1) + bytes->size() : 1;
}

inline std::size_t header_size(const header_view& header) noexcept {
  return varint_size(std::uint64_t{header.name.size()} << 1) + header.name.size() + nullable_size(header.value);
}

[[gnu::always_inline]] inline std::byte* write_bytes(std::byte* out, const void* from, std::size_t size) noexcept {
  out = write_varint(out, std::uint64_t{size} << 1);
  copy_bytes(out, from, size);
  return out + size;
}

[[gnu::always_inline]] inline std::byte* write_nullable(std::byte* out,
                                                        const std::optional<bytes_view>& bytes) noexcept {
  if (bytes) return write_bytes(out, bytes->data(), bytes->size());
  *out = std::byte{1};  // zigzag of -1
  return out + 1;
}

}  // namespace record_detail

// Bytes of the record behind its own size field.
[[gnu::always_inline]] inline std::size_t record_body_size(const record_fields& record) noexcept {
  std::size_t size = 1 + zigzag_size(record.timestamp_delta) + zigzag_size(record.offset_delta) +
                     record_detail::nullable_size(record.key) + record_detail::nullable_size(record.value) +
                     varint_size(std::uint64_t{record.headers.size()} << 1);
  for (const header_view& header : record.headers) size += record_detail::header_size(header);
  return size;
}

// Bytes of the whole record.
inline std::size_t record_size(std::size_t body_size) noexcept {
  return varint_size(std::uint64_t{body_size} << 1) + body_size;
}
inline std::size_t record_size(const record_fields& record) noexcept { return record_size(record_body_size(record)); }

namespace record_detail {

// Everything behind the size field.
[[gnu::always_inline]] inline std::byte* write_body(std::byte* out, const record_fields& record) noexcept {
  *out++ = std::byte{0};  // attributes: none are defined
  out = write_zigzag(out, record.timestamp_delta);
  out = write_zigzag(out, record.offset_delta);
  out = write_nullable(out, record.key);
  out = write_nullable(out, record.value);
  out = write_varint(out, std::uint64_t{record.headers.size()} << 1);
  for (const header_view& header : record.headers) {
    out = write_bytes(out, header.name.data(), header.name.size());
    out = write_nullable(out, header.value);
  }
  return out;
}

// The body stands behind a size field of the wrong width: moves it to where it belongs, and writes the field.
[[gnu::noinline]] std::byte* place_body(std::byte* out, const std::byte* body, std::size_t size) noexcept;

}  // namespace record_detail

// Writes the record and returns its end. `body_size` is record_body_size(record), and record_size(body_size) bytes are
// free at `out`: the caller has checked both when it decided that the record fits its block.
[[gnu::always_inline]] inline std::byte* write_record(std::byte* out, const record_fields& record,
                                                      std::size_t body_size) noexcept {
  return record_detail::write_body(write_varint(out, std::uint64_t{body_size} << 1), record);
}

[[gnu::always_inline]] inline std::byte* write_record(std::byte* out, const record_fields& record) noexcept {
  return write_record(out, record, record_body_size(record));
}

// No record of these fields takes more: payload, and each varint at its longest.
[[gnu::always_inline]] inline std::size_t record_size_bound(const record_fields& record) noexcept {
  constexpr std::size_t longest32 = 5;
  constexpr std::size_t longest64 = 10;
  std::size_t size = longest32 + 1 + longest64 + 4 * longest32;
  if (record.key) size += record.key->size();
  if (record.value) size += record.value->size();
  for (const header_view& header : record.headers) {
    size += 2 * longest32 + header.name.size() + (header.value ? header.value->size() : 0);
  }
  return size;
}

// As write_record, for a caller who has record_size_bound(record) bytes free at `out` and so need not know the size
// first: the width of the size field is guessed, and the body moved if the guess was wrong. A third fewer instructions.
[[gnu::always_inline]] inline std::byte* write_record_in_bound(std::byte* out, const record_fields& record) noexcept {
  constexpr std::size_t around = 6;  // what most records have beside key and value
  const std::size_t payload = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  std::byte* const body = out + (payload + around < 64 ? 1 : 2);
  std::byte* const end = record_detail::write_body(body, record);
  const auto size = static_cast<std::size_t>(end - body);
  const std::size_t bits = size << 1;
  if (body == out + 2 ? bits >= 0x80 && bits < 0x4000 : bits < 0x80) [[likely]] {
    (void)write_varint(out, bits);
    return end;
  }
  return record_detail::place_body(out, body, size);
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
