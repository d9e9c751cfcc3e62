// One record batch, repeated in memory as often as an answer may need it.
#include "peer/prepared_batches.hpp"

#include <algorithm>
#include <string>

#include "cluster/seeded.hpp"
#include "ottla/protocol/byte_buffer.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_writer.hpp"
#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t largest_run = std::size_t{8} << 20;
constexpr std::int64_t timestamp = 1'700'000'000'000;

/// Text that compresses as logs and JSON do, by about four: words out of a small stock.
std::string made_up_value(std::size_t size, seeded& random) {
  constexpr std::string_view stock[] = {
      "\"user\":", "\"amount\":", "\"status\":\"paid\",", "\"country\":\"", "GB\",", "17", "4711,", "{", "}", "true,"};
  std::string out;
  while (out.size() < size) {
    const std::uint64_t draw = random.next();
    if (draw % 4 == 0) {
      out += std::to_string(draw >> 40);
    } else {
      out += stock[(draw >> 8) % std::size(stock)];
    }
  }
  out.resize(size);
  return out;
}

std::vector<std::byte> made_up_records(std::size_t total, std::size_t each, std::int32_t& count) {
  seeded random(7);
  std::vector<std::byte> out;
  for (count = 0; count == 0 || out.size() < total; ++count) {
    const std::string value = made_up_value(each, random);
    protocol::record_fields fields;
    fields.offset_delta = count;
    fields.value = protocol::as_bytes(value);
    const std::size_t at = out.size();
    if (count != 0 && at + protocol::record_size(fields) > total) break;
    out.resize(at + protocol::record_size(fields));
    protocol::write_record(out.data() + at, fields);
  }
  return out;
}

}  // namespace

prepared_batches::prepared_batches(const run_peer_options& options) {
  std::int32_t count = 0;
  std::vector<std::byte> records = made_up_records(options.batch_bytes, options.record_bytes, count);
  if (options.compression != protocol::codec::none) {
    protocol::byte_buffer small;
    if (protocol::compressor().compress({options.compression}, records, small))
      records.assign(small.view().begin(), small.view().end());
  }
  records_ = count;
  protocol::batch_header header;
  header.partition_leader_epoch = 0;
  header.last_offset_delta = count - 1;
  header.base_timestamp = timestamp;
  header.max_timestamp = timestamp;
  header.record_count = count;
  header.set_compression(options.compression);
  std::vector<std::byte> batch(protocol::batch_header_size);
  protocol::encode_batch_header(batch.data(), header);
  batch.insert(batch.end(), records.begin(), records.end());
  protocol::stamp_producer(batch.data(), -1, -1, -1, protocol::seal_records(records));
  store_big_endian(batch.data() + 12, std::int32_t{0});  // the leader epoch that the peer's metadata tells
  batch_size_ = batch.size();
  const std::size_t copies = std::max<std::size_t>(1, largest_run / batch_size_);
  run_.reserve(copies * batch_size_);
  for (std::size_t i = 0; i < copies; ++i) run_.insert(run_.end(), batch.begin(), batch.end());
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
