// Writes a stored batch anew with some of its records, as compaction leaves it.
#include "storage/batch_rewriter.hpp"

#include <algorithm>

#include "ottla/protocol/crc32c.hpp"
#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using batch_bytes = std::vector<std::byte>;

constexpr int codec_bits = 0x07;
constexpr int horizon_bit = 0x40;

void put_varint(batch_bytes& out, std::int64_t value) {
  auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; bits >= 0x80; bits >>= 7) out.push_back(static_cast<std::byte>((bits & 0x7f) | 0x80));
  out.push_back(static_cast<std::byte>(bits));
}

void put_nullable(batch_bytes& out, const std::optional<std::span<const std::byte>>& value) {
  put_varint(out, value ? static_cast<std::int64_t>(value->size()) : -1);
  if (value) out.insert(out.end(), value->begin(), value->end());
}

void put_record(batch_bytes& out, const walked_record& record, std::int64_t timestamp_delta) {
  batch_bytes body(1);  // attributes: unused so far
  put_varint(body, timestamp_delta);
  put_varint(body, record.offset_delta);
  put_nullable(body, record.key);
  put_nullable(body, record.value);
  put_varint(body, record.header_count);
  body.insert(body.end(), record.headers.begin(), record.headers.end());
  put_varint(out, static_cast<std::int64_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
}

/// The batch's header in front of what is in `out` from `at` on: as it was, but for what is said here.
void finish(std::span<const std::byte> batch, batch_bytes& out, std::size_t at, std::int16_t attributes,
            std::int64_t base_timestamp, std::int64_t max_timestamp, std::int32_t count) {
  std::byte* header = out.data() + at;
  std::copy_n(batch.data(), batch_overhead, header);
  set_batch_length(header, static_cast<std::int32_t>(out.size() - at - batch_length_prefix));
  set_attributes(header, attributes);
  store_big_endian(header + 27, base_timestamp);
  set_max_timestamp(header, max_timestamp);
  store_big_endian(header + 57, count);
  set_crc(header, protocol::crc32c(std::span<const std::byte>(out).subspan(at + batch_crc_covers_from)));
}

}  // namespace

bool batch_rewriter::rewrite(std::span<const std::byte> batch, std::span<const std::byte> records,
                             const std::function<bool(const walked_record&)>& keeps,
                             std::optional<std::int64_t> horizon, std::vector<std::byte>& out) {
  const batch_fields fields(batch);
  const std::int64_t base_timestamp = horizon.value_or(fields.base_timestamp());
  std::int64_t max_timestamp = no_timestamp;
  std::int32_t count = 0;
  plain_.clear();
  record_walk walk(records);
  while (const auto record = walk.next()) {
    if (!keeps(*record)) continue;
    const std::int64_t timestamp = fields.timestamp(record->timestamp_delta);
    // Unsigned: a hostile distance wraps, and wraps back when it is read.
    put_record(
        plain_, *record,
        static_cast<std::int64_t>(static_cast<std::uint64_t>(timestamp) - static_cast<std::uint64_t>(base_timestamp)));
    max_timestamp = std::max(max_timestamp, timestamp);
    ++count;
  }
  if (fields.log_append_time()) max_timestamp = fields.max_timestamp();
  std::span<const std::byte> body = plain_;
  if (fields.codec() != 0) {
    packed_.clear();
    if (!compressor_.compress({.type = static_cast<protocol::codec>(fields.codec())}, plain_, packed_)) return false;
    body = packed_.view();
  }
  const std::size_t at = out.size();
  out.resize(at + batch_overhead);
  out.insert(out.end(), body.begin(), body.end());
  const int attributes = fields.attributes() | (horizon ? horizon_bit : 0);
  finish(batch, out, at, static_cast<std::int16_t>(attributes), base_timestamp, max_timestamp, count);
  return true;
}

void batch_rewriter::rewrite_empty(std::span<const std::byte> batch, std::vector<std::byte>& out) {
  const batch_fields fields(batch);
  const std::size_t at = out.size();
  out.resize(at + batch_overhead);
  const int attributes = fields.attributes() & ~(codec_bits | horizon_bit);
  finish(batch, out, at, static_cast<std::int16_t>(attributes), no_timestamp, fields.max_timestamp(), 0);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
