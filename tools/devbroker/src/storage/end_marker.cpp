// The control batch that ends a transaction in a partition: COMMIT or ABORT (KIP-98).
#include "storage/end_marker.hpp"

#include <span>

#include "ottla/protocol/crc32c.hpp"
#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

std::array<std::byte, end_marker_size> encode(const end_marker& marker, bool log_append_time,
                                              std::chrono::milliseconds now) {
  constexpr std::int16_t transactional = 0x10, control = 0x20, append_time = 0x08;
  constexpr std::int8_t record_size = 16, key_size = 4, value_size = 6;
  const auto zigzag = [](std::int8_t small) { return static_cast<std::byte>(2 * small); };
  std::array<std::byte, end_marker_size> out{};
  std::byte* at = out.data();
  set_batch_length(at, static_cast<std::int32_t>(end_marker_size - batch_length_prefix));
  store_big_endian<std::int8_t>(at + 16, 2);
  set_attributes(at, static_cast<std::int16_t>(transactional | control | (log_append_time ? append_time : 0)));
  store_big_endian<std::int64_t>(at + 27, now.count());
  set_max_timestamp(at, now.count());
  store_big_endian(at + 43, marker.producer_id);
  store_big_endian(at + 51, marker.producer_epoch);
  store_big_endian(at + 53, no_sequence);
  store_big_endian<std::int32_t>(at + 57, 1);
  at[61] = zigzag(record_size);
  at[65] = zigzag(key_size);
  store_big_endian<std::int16_t>(at + 68, marker.commit ? 1 : 0);
  at[70] = zigzag(value_size);
  store_big_endian(at + 73, marker.coordinator_epoch);
  set_crc(at, protocol::crc32c(std::span<const std::byte>(out).subspan(batch_crc_covers_from)));
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
