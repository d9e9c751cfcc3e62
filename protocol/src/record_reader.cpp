// Finding batches, and the pass that makes walking their records unable to fail.
#include "ottla/protocol/record_reader.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace {

constexpr std::size_t batch_magic_offset = 16;
constexpr std::int32_t smallest_message_length = 14;  // CRC, magic, attributes, two null lengths: magic 0

// A varint of at most `MaxBytes`; null if it is longer, or (if Checked) if it reaches `end`.
template <unsigned MaxBytes, bool Checked>
[[gnu::noinline]] const std::byte* read_any_varint(const std::byte* at, const std::byte* end, std::uint64_t& bits) {
  bits = 0;
  for (unsigned i = 0; i < MaxBytes; ++i) {
    if (Checked && at == end) return nullptr;
    const auto byte = std::to_integer<std::uint64_t>(*at++);
    bits |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return at;
  }
  return nullptr;
}

template <unsigned MaxBytes, bool Checked>
[[gnu::always_inline]] inline const std::byte* read_varint(const std::byte* at, const std::byte* end,
                                                           std::uint64_t& bits) {
  if constexpr (!Checked) {
    const auto first = std::to_integer<std::uint64_t>(at[0]);
    bits = first;
    if (first < 0x80) return at + 1;
    const auto second = std::to_integer<std::uint64_t>(at[1]);
    bits = first + (second << 7) - 0x80;
    if (second < 0x80) [[likely]]
      return at + 2;
  }
  return read_any_varint<MaxBytes, Checked>(at, end, bits);
}

template <bool Checked>
[[gnu::always_inline]] inline const std::byte* read_int32(const std::byte* at, const std::byte* end,
                                                          std::int32_t& value) {
  std::uint64_t bits;
  at = read_varint<5, Checked>(at, end, bits);
  value = unzigzag32(static_cast<std::uint32_t>(bits));
  return at;
}

// Whether a run of `size` bytes (negative: null) fits between `at`, which may already lie too far, and `end`.
[[gnu::always_inline]] inline bool run_fits(const std::byte* at, const std::byte* end, std::int32_t size) {
  return end - at >= (size > 0 ? size : 0);
}

// Past a nullable run of bytes inside [at, end).
const std::byte* skip_nullable(const std::byte* at, const std::byte* end, std::int32_t& size) {
  at = read_int32<true>(at, end, size);
  if (at == nullptr || !run_fits(at, end, size)) return nullptr;
  return size > 0 ? at + size : at;
}

bool headers_fit(const std::byte* at, const std::byte* end, std::int32_t count) {
  for (; count != 0; --count) {
    std::int32_t size;
    at = skip_nullable(at, end, size);
    if (at == nullptr || size < 0) return false;
    at = skip_nullable(at, end, size);
    if (at == nullptr) return false;
  }
  return at == end;
}

// The fixed fields of a record stand in two groups, in front of the key and in front of the value. Where the buffer
// (not only the record) has this many bytes left, a group is read without a comparison per byte, and compared with the
// record's end once. Only the last record or two of a batch take the other way.
constexpr std::ptrdiff_t longest_front = 5 + 1 + 10 + 5 + 5;  // size, attributes, timestamp, offset, key size
constexpr std::ptrdiff_t longest_value_size = 5;
constexpr std::ptrdiff_t longest_header_count = 5;

// Reads the front; `end` becomes the end of the record.
template <bool Checked>
[[gnu::always_inline]] inline const std::byte* read_front(const std::byte* at, const std::byte*& end,
                                                          record_data& record) {
  std::int32_t body;
  at = read_int32<Checked>(at, end, body);
  if (at == nullptr || body <= 0 || body > end - at) return nullptr;
  end = at + body;
  ++at;  // attributes
  std::uint64_t bits;
  at = read_varint<10, Checked>(at, end, bits);
  record.timestamp_delta = unzigzag(bits);
  if (at != nullptr) at = read_int32<Checked>(at, end, record.offset_delta);
  if (at != nullptr) at = read_int32<Checked>(at, end, record.key_size);
  return at;
}

// Reads one record in [at, end) and returns its end, null if it is malformed.
[[gnu::always_inline]] inline const std::byte* read_record(const std::byte* at, const std::byte* const end,
                                                           record_data& record) {
  const std::byte* record_end = end;
  at = end - at >= longest_front ? read_front<false>(at, record_end, record) : read_front<true>(at, record_end, record);
  if (at == nullptr || !run_fits(at, record_end, record.key_size)) return nullptr;
  record.key_data = at;
  if (record.key_size > 0) at += record.key_size;
  at = end - at >= longest_value_size ? read_int32<false>(at, end, record.value_size)
                                      : read_int32<true>(at, record_end, record.value_size);
  if (at == nullptr || !run_fits(at, record_end, record.value_size)) return nullptr;
  record.value_data = at;
  if (record.value_size > 0) at += record.value_size;
  at = end - at >= longest_header_count ? read_int32<false>(at, end, record.header_count)
                                        : read_int32<true>(at, record_end, record.header_count);
  if (at == nullptr || record.header_count < 0) return nullptr;
  record.headers_data = at;
  if (record.header_count == 0) return at == record_end ? at : nullptr;
  return at <= record_end && headers_fit(at, record_end, record.header_count) ? record_end : nullptr;
}

}  // namespace

record_detail::long_varint record_detail::read_long(const std::byte* at) noexcept {
  std::uint64_t bits = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(*at++);
    bits |= (byte & 0x7f) << shift;
    if (byte < 0x80) return {at, bits};
  }
}

next_batch_result next_batch(bytes_view& rest) noexcept {
  if (rest.empty()) return {};
  next_batch_result result{.kind = next_batch_kind::partial, .bytes = rest};
  if (rest.size() < batch_length_end) return result;
  const auto length = load_big_endian<std::int32_t>(rest.data() + 8);
  const auto fail = [&](record_error error) {
    result.kind = next_batch_kind::error;
    result.error = error;
    return result;
  };
  if (length < smallest_message_length) return fail(record_error::batch_length_invalid);
  if (rest.size() <= batch_magic_offset || rest.size() - batch_length_end < static_cast<std::size_t>(length))
    return result;
  result.magic = load_big_endian<std::int8_t>(rest.data() + batch_magic_offset);
  if (result.magic < 0 || result.magic > batch_magic) return fail(record_error::magic_unknown);
  const std::size_t size = batch_length_end + static_cast<std::size_t>(length);
  if (result.magic == batch_magic && size < batch_header_size) return fail(record_error::batch_length_invalid);
  result.kind = next_batch_kind::batch;
  result.bytes = rest.first(size);
  rest = rest.subspan(size);
  return result;
}

record_error inflate_batch(bytes_view batch, decompressor& inflater, byte_buffer& inflated, batch_records& out,
                           const inflate_limits& limits, crc_check crc) noexcept {
  out = {};
  out.header = parse_batch_header(batch);
  if (crc == crc_check::verify && !batch_crc_matches(batch)) return record_error::crc_mismatch;
  if (!out.header.compression_known()) return record_error::codec_unknown;
  if (out.header.record_count < 0) return record_error::record_count_invalid;
  if (out.header.record_count == 0) return record_error::none;
  const bytes_view body = batch.subspan(batch_header_size);
  if (out.header.compression() == codec::none) {
    out.records = body;
    return record_error::none;
  }
  out.inflated = true;
  out.inflated_offset = inflated.size();
  const auto error = inflater.decompress(out.header.compression(), body, inflated, limits);
  if (error == record_error::none) out.records = inflated.view().subspan(out.inflated_offset);
  return error;
}

record_error open_batch(bytes_view batch, decompressor& inflater, byte_buffer& inflated, batch_records& out,
                        const inflate_limits& limits, crc_check crc) noexcept {
  auto error = inflate_batch(batch, inflater, inflated, out, limits, crc);
  if (error != record_error::none) return error;
  error = check_records(out.records, out.header.record_count, out.dense);
  if (error != record_error::none && out.inflated) inflated.truncate(out.inflated_offset);
  return error;
}

record_error check_records(bytes_view records, std::int32_t count, bool& dense) noexcept {
  dense = false;
  if (count < 0) return record_error::record_count_invalid;
  const std::byte* at = records.data();
  const std::byte* const end = at + records.size();
  std::int32_t apart = 0;
  for (std::int32_t i = 0; i != count; ++i) {
    if (at == end) return record_error::record_count_invalid;
    record_data record;
    at = read_record(at, end, record);
    if (at == nullptr) return record_error::record_malformed;
    apart |= record.offset_delta ^ i;
  }
  dense = apart == 0;
  return at == end ? record_error::none : record_error::bytes_after_records;
}

record_error decode_records(bytes_view records, std::span<record_data> out) noexcept {
  const std::byte* at = records.data();
  const std::byte* const end = at + records.size();
  for (record_data& record : out) {
    if (at == end) return record_error::record_count_invalid;
    at = read_record(at, end, record);
    if (at == nullptr) return record_error::record_malformed;
  }
  return at == end ? record_error::none : record_error::bytes_after_records;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
