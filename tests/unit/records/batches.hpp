// Makes and opens batches for the tests, the way a producer and a consumer do.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace ottla::test {

/// The batch of the command-line contract's example.
inline constexpr std::string_view example =
    "00000000000000070000004800000004023191bed20010000000010000018bcfe568000000018bcfe568050000000000002328000100000003"
    "000000"
    "021c000000026b010402680201026e010e000a0201027600";

inline constexpr protocol::codec compressing[] = {protocol::codec::gzip, protocol::codec::snappy, protocol::codec::lz4,
                                                  protocol::codec::zstd};

struct stamp {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
};

// A batch with these bytes as its records.
inline bytes seal(const protocol::batch_header& header, const bytes& body, const stamp& producer = {}) {
  bytes batch = bytes(protocol::batch_header_size) + body;
  protocol::encode_batch_header(batch.data(), header);
  protocol::stamp_producer(batch.data(), producer.producer_id, producer.producer_epoch, producer.base_sequence,
                           protocol::seal_records(body));
  return batch;
}

inline bytes seal_compressed(const protocol::batch_header& header, const bytes& body, const stamp& producer = {}) {
  protocol::compressor with;
  protocol::byte_buffer packed;
  if (!with.compress({header.compression()}, body, packed)) return {};
  return seal(header, copy(packed.view()), producer);
}

inline bytes make_batch(const std::vector<protocol::record_fields>& records, protocol::batch_header header,
                        const stamp& producer) {
  bytes body;
  header.max_timestamp = header.base_timestamp;
  for (const auto& record : records) {
    const std::size_t before = body.size();
    const std::size_t size = protocol::record_body_size(record);
    body.resize(before + protocol::record_size(size));
    protocol::write_record(body.data() + before, record, size);
    header.max_timestamp = std::max(header.max_timestamp, header.base_timestamp + record.timestamp_delta);
  }
  header.record_count = static_cast<std::int32_t>(records.size());
  header.last_offset_delta = records.empty() ? 0 : records.back().offset_delta;
  return seal_compressed(header, body, producer);
}

// A batch opened as a consumer does it; `list` borrows from `batch` and from here.
struct opened {
  explicit opened(const bytes& batch) : memory(batch) {
    protocol::bytes_view rest = memory;
    const auto step = protocol::next_batch(rest);
    error = step.error;
    if (step.kind != protocol::next_batch_kind::batch) return;
    error = protocol::open_batch(step.bytes, inflater, inflated, out);
    if (error != protocol::record_error::none) return;
    protocol::record_cursor cursor{out.records, out.header.record_count};
    for (protocol::record_data record; cursor.next(record);) list.push_back(record);
  }
  opened(const opened&) = delete;

  bytes memory;
  protocol::decompressor inflater;
  protocol::byte_buffer inflated;
  protocol::batch_records out;
  protocol::record_error error = protocol::record_error::none;
  std::vector<protocol::record_data> list;
};

inline bool same(const std::optional<protocol::bytes_view>& a, const std::optional<protocol::bytes_view>& b) {
  return a.has_value() == b.has_value() && (!a || std::equal(a->begin(), a->end(), b->begin(), b->end()));
}

inline bool same(const protocol::record_data& read, const protocol::record_fields& written) {
  if (read.offset_delta != written.offset_delta || read.timestamp_delta != written.timestamp_delta) return false;
  if (!same(read.key(), written.key) || !same(read.value(), written.value)) return false;
  std::size_t i = 0;
  for (const protocol::header_view header : read.headers()) {
    if (i == written.headers.size() || header.name != written.headers[i].name ||
        !same(header.value, written.headers[i].value))
      return false;
    ++i;
  }
  return i == written.headers.size();
}

}  // namespace ottla::test
