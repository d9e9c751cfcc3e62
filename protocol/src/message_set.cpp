// Messages of magic 0 and 1: one check of everything, then a walk that cannot fail.
#include "ottla/protocol/message_set.hpp"

#include <zlib.h>

#include "ottla/protocol/record_bytes.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace {

constexpr std::size_t crc_offset = 12;
constexpr std::size_t hashed_from = 16;
constexpr std::size_t magic_offset = 16;
constexpr std::size_t attributes_offset = 17;
constexpr std::size_t timestamp_offset = 18;

std::size_t key_offset(std::int8_t magic) { return magic == 0 ? timestamp_offset : timestamp_offset + 8; }

// A nullable run of bytes at `at`, which is moved behind it.
std::optional<bytes_view> read_nullable(const std::byte*& at) {
  const auto size = load_big_endian<std::int32_t>(at);
  at += 4;
  if (size < 0) return std::nullopt;
  const bytes_view bytes{at, static_cast<std::size_t>(size)};
  at += size;
  return bytes;
}

// Whether key and value fill the message from `at` on, exactly.
bool key_and_value_fit(bytes_view message, std::size_t at) {
  for (int field = 0; field < 2; ++field) {
    if (message.size() < at || message.size() - at < 4) return false;
    const auto size = load_big_endian<std::int32_t>(message.data() + at);
    at += 4;
    if (size < 0) continue;
    if (message.size() - at < static_cast<std::size_t>(size)) return false;
    at += static_cast<std::size_t>(size);
  }
  return at == message.size();
}

record_error check_message(bytes_view message, crc_check crc) {
  const auto hash = crc == crc_check::skip ? 0
                                           : crc32_z(0, reinterpret_cast<const Bytef*>(message.data() + hashed_from),
                                                     message.size() - hashed_from);
  if (crc == crc_check::verify && hash != load_big_endian<std::uint32_t>(message.data() + crc_offset)) {
    return record_error::crc_mismatch;
  }
  const auto magic = load_big_endian<std::int8_t>(message.data() + magic_offset);
  return key_and_value_fit(message, key_offset(magic)) ? record_error::none : record_error::record_malformed;
}

int codec_bits(bytes_view message) { return std::to_integer<int>(message[attributes_offset]) & 7; }

// Counts and checks the messages inside a wrapper; `last_offset` is the last one's as it stands.
record_error check_inner(bytes_view inner, crc_check crc, message_set& set, std::int64_t& last_offset) {
  for (;;) {
    const auto step = next_batch(inner);
    if (step.kind == next_batch_kind::end) break;
    if (step.kind == next_batch_kind::error) return step.error;
    if (step.kind == next_batch_kind::partial) return record_error::bytes_after_records;
    if (step.magic == batch_magic) return record_error::wrapper_invalid;
    if (const auto error = check_message(step.bytes, crc); error != record_error::none) return error;
    if (codec_bits(step.bytes) != 0) return record_error::wrapper_invalid;
    last_offset = load_big_endian<std::int64_t>(step.bytes.data());
    ++set.count;
  }
  return set.count != 0 ? record_error::none : record_error::wrapper_invalid;
}

record_error open_wrapper(bytes_view message, decompressor& inflater, byte_buffer& inflated, message_set& set,
                          const inflate_limits& limits, crc_check crc) {
  const std::byte* at = message.data() + key_offset(set.magic);
  read_nullable(at);
  const auto value = read_nullable(at);
  if (!value) return record_error::wrapper_invalid;
  set.inflated = true;
  set.inflated_offset = inflated.size();
  const auto framing = set.magic == 0 ? lz4_framing::historic : lz4_framing::standard;
  if (const auto error = inflater.decompress(set.compression, *value, inflated, limits, framing);
      error != record_error::none) {
    return error;
  }
  set.messages = inflated.view().subspan(set.inflated_offset);
  std::int64_t last_offset = 0;
  if (const auto error = check_inner(set.messages, crc, set, last_offset); error != record_error::none) {
    inflated.truncate(set.inflated_offset);
    return error;
  }
  if (set.magic == 1) set.offset_shift = wrapping_subtract(load_big_endian<std::int64_t>(message.data()), last_offset);
  return record_error::none;
}

}  // namespace

record_error open_message_set(bytes_view message, decompressor& inflater, byte_buffer& inflated, message_set& out,
                              const inflate_limits& limits, crc_check crc) noexcept {
  out = {};
  if (const auto error = check_message(message, crc); error != record_error::none) return error;
  out.magic = load_big_endian<std::int8_t>(message.data() + magic_offset);
  const int codec_number = codec_bits(message);
  if (codec_number >= static_cast<int>(codec::zstd))
    return record_error::codec_unknown;  // zstd came with magic 2 (KIP-110)
  out.compression = static_cast<codec>(codec_number);
  if (out.magic == 1) {
    const bool append = (std::to_integer<int>(message[attributes_offset]) & 8) != 0;
    out.timestamps = append ? timestamp_type::append : timestamp_type::create;
    if (append) out.append_timestamp = load_big_endian<std::int64_t>(message.data() + timestamp_offset);
  }
  if (out.compression != codec::none) return open_wrapper(message, inflater, inflated, out, limits, crc);
  out.messages = message;
  out.count = 1;
  return record_error::none;
}

message_cursor::message_cursor(const message_set& set) noexcept
    : at_(set.messages.data()),
      left_(set.count),
      offset_shift_(set.offset_shift),
      append_timestamp_(set.append_timestamp) {}

bool message_cursor::next(message_data& message) noexcept {
  if (left_ == 0) return false;
  --left_;
  const auto magic = load_big_endian<std::int8_t>(at_ + magic_offset);
  message.offset = wrapping_add(load_big_endian<std::int64_t>(at_), offset_shift_);
  message.timestamp = magic == 0          ? -1
                      : append_timestamp_ ? *append_timestamp_
                                          : load_big_endian<std::int64_t>(at_ + timestamp_offset);
  const std::byte* at = at_ + key_offset(magic);
  message.key = read_nullable(at);
  message.value = read_nullable(at);
  at_ = at;
  return true;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
