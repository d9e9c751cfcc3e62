// Record batches of any shape as bytes, for answers that a well-behaved broker would not give.
#pragma once

#include <string>
#include <vector>

#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace ottla::test {

using bytes = std::vector<std::byte>;

struct batch_shape {
  std::int64_t base_offset = 0;
  std::vector<std::string> values{};
  std::int32_t last_offset_delta = -1;  ///< -1: of the last value
  std::int32_t leader_epoch = 0;
  std::int64_t producer_id = -1;
  bool transactional = false;
  bool control = false;
  bool abort_marker = false;  ///< of control
  std::int64_t base_timestamp = 1'000;
  bool append_time = false;
};

inline bytes make_batch(const batch_shape& shape) {
  bytes records;
  const auto add = [&](const protocol::record_fields& fields) {
    const std::size_t at = records.size();
    records.resize(at + protocol::record_size(fields));
    protocol::write_record(records.data() + at, fields);
  };
  const std::byte key[4] = {std::byte{0}, std::byte{0}, std::byte{0},
                            std::byte{static_cast<unsigned char>(shape.abort_marker ? 0 : 1)}};
  std::int32_t count = 0;
  if (shape.control) {
    add({.key = protocol::bytes_view(key), .value = protocol::bytes_view(key)});
    count = 1;
  }
  for (const std::string& value : shape.values) {
    protocol::record_fields fields;
    fields.offset_delta = count;
    fields.timestamp_delta = count++;
    fields.value = protocol::bytes_view(reinterpret_cast<const std::byte*>(value.data()), value.size());
    add(fields);
  }
  protocol::batch_header header;
  header.base_offset = shape.base_offset;
  header.last_offset_delta = shape.last_offset_delta >= 0 ? shape.last_offset_delta : std::max(0, count - 1);
  header.base_timestamp = header.max_timestamp = shape.base_timestamp;
  header.record_count = count;
  header.attributes = static_cast<std::int16_t>((shape.control ? 32 : 0) | (shape.transactional ? 16 : 0) |
                                                (shape.append_time ? 8 : 0));
  bytes out(protocol::batch_header_size);
  protocol::encode_batch_header(out.data(), header);
  protocol::stamp_producer(out.data(), shape.producer_id, shape.producer_id >= 0 ? 0 : -1, -1,
                           protocol::seal_records(records));
  protocol::store_big_endian<std::int32_t>(out.data() + 12, shape.leader_epoch);
  out.insert(out.end(), records.begin(), records.end());
  return out;
}

inline bytes operator+(bytes left, const bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline std::vector<std::string> texts(int from, int to) {
  std::vector<std::string> out;
  for (int i = from; i < to; ++i) out.push_back(std::to_string(i));
  return out;
}

}  // namespace ottla::test
