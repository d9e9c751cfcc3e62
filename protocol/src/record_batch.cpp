// The batch header in bytes, and the CRC of a batch whose records were hashed earlier.
#include "ottla/protocol/record_batch.hpp"

#include "ottla/protocol/crc32c.hpp"
#include "ottla/protocol/record_bytes.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

void encode_batch_header(std::byte* out, const batch_header& header) noexcept {
  store_big_endian(out, header.base_offset);
  store_big_endian(out + 8, header.length);
  store_big_endian(out + 12, header.partition_leader_epoch);
  store_big_endian(out + 16, header.magic);
  store_big_endian(out + 17, header.crc);
  store_big_endian(out + 21, header.attributes);
  store_big_endian(out + 23, header.last_offset_delta);
  store_big_endian(out + 27, header.base_timestamp);
  store_big_endian(out + 35, header.max_timestamp);
  store_big_endian(out + 43, header.producer_id);
  store_big_endian(out + 51, header.producer_epoch);
  store_big_endian(out + 53, header.base_sequence);
  store_big_endian(out + 57, header.record_count);
}

batch_header parse_batch_header(bytes_view batch) noexcept {
  const std::byte* const in = batch.data();
  batch_header header;
  header.base_offset = load_big_endian<std::int64_t>(in);
  header.length = load_big_endian<std::int32_t>(in + 8);
  header.partition_leader_epoch = load_big_endian<std::int32_t>(in + 12);
  header.magic = load_big_endian<std::int8_t>(in + 16);
  header.crc = load_big_endian<std::uint32_t>(in + 17);
  header.attributes = load_big_endian<std::int16_t>(in + 21);
  header.last_offset_delta = load_big_endian<std::int32_t>(in + 23);
  header.base_timestamp = load_big_endian<std::int64_t>(in + 27);
  header.max_timestamp = load_big_endian<std::int64_t>(in + 35);
  header.producer_id = load_big_endian<std::int64_t>(in + 43);
  header.producer_epoch = load_big_endian<std::int16_t>(in + 51);
  header.base_sequence = load_big_endian<std::int32_t>(in + 53);
  header.record_count = load_big_endian<std::int32_t>(in + 57);
  return header;
}

bool batch_crc_matches(bytes_view batch) noexcept {
  return crc32c(batch.subspan(batch_crc_begin)) == load_big_endian<std::uint32_t>(batch.data() + 17);
}

sealed_records seal_records(bytes_view records) noexcept {
  return {.length = records.size(), .crc = crc32c(records), .shift = crc32c_shift(records.size())};
}

void stamp_producer(std::byte* batch, std::int64_t producer_id, std::int16_t producer_epoch, std::int32_t base_sequence,
                    const sealed_records& records) noexcept {
  store_big_endian(batch + 8, static_cast<std::int32_t>(batch_header_size - batch_length_end + records.length));
  store_big_endian(batch + 12, std::int32_t{-1});
  store_big_endian(batch + 43, producer_id);
  store_big_endian(batch + 51, producer_epoch);
  store_big_endian(batch + 53, base_sequence);
  const std::uint32_t header = crc32c({batch + batch_crc_begin, batch_header_size - batch_crc_begin});
  store_big_endian(batch + 17, crc32c_shifted(header, records.shift) ^ records.crc);
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
