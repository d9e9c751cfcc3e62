// scripted_producer: Produce requests opened down to their batches, and answers with one verdict per partition.
#pragma once

#include <gtest/gtest.h>

#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "scripted_cluster.hpp"

namespace ottla::test {

struct written_batch {
  std::string topic;  // empty where the request names it by id
  std::uint8_t topic_id = 0;
  std::int32_t partition = 0;
  protocol::batch_header header;
  byte_string bytes;  // as written
  std::vector<std::string> values;
};
struct produce_request {
  wire_request wire;
  std::int16_t acks = 0;
  std::vector<written_batch> batches;

  std::string host() const { return wire.link == nullptr ? "" : wire.link->to.host; }
  const written_batch& only() const { return batches.at(0); }
};

inline written_batch open_written(bytes_view bytes) {
  written_batch out;
  out.bytes.assign(bytes.begin(), bytes.end());
  protocol::decompressor inflater;
  protocol::byte_buffer inflated;
  protocol::batch_records records;
  EXPECT_EQ(protocol::open_batch(bytes, inflater, inflated, records), protocol::record_error::none);
  out.header = records.header;
  protocol::record_cursor cursor(records.records, records.header.record_count);
  for (protocol::record_data one; cursor.next(one);) {
    EXPECT_EQ(one.offset_delta, static_cast<std::int32_t>(out.values.size()));
    out.values.emplace_back(one.value() ? protocol::as_text(*one.value()) : "null");
  }
  return out;
}

/// What a Produce request asks for; its CRCs, structures and offsets are checked on the way.
inline produce_request read_produce(wire_request from) {
  produce_request out;
  out.wire = std::move(from);
  if (out.wire.link == nullptr) return out;
  const auto message = read_request<protocol::ProduceRequest>(out.wire);
  out.acks = message->acks;
  for (const auto& topic : message->topic_data) {
    for (const auto& part : topic.partition_data) {
      written_batch one = open_written(part.records.value_or(bytes_view{}));
      one.topic = std::string(topic.name);
      one.topic_id = std::to_integer<std::uint8_t>(topic.topic_id.bytes[0]);
      one.partition = part.index;
      out.batches.push_back(std::move(one));
    }
  }
  return out;
}

/// The oldest one that waits.
inline produce_request expect_produce(scripted_cluster& brokers) {
  return read_produce(brokers.expect(protocol::ProduceRequest::api_key));
}

struct verdict {
  protocol::error_code code = protocol::error_code::none;
  std::int64_t base_offset = -1;
  std::int64_t log_start_offset = -1;
  int leader = -1;
  int leader_epoch = -1;
  bool left_out = false;
};

/// One verdict for each batch, in their order; a single one holds for all.
inline void tell_produce(scripted_cluster& brokers, const produce_request& to, const std::vector<verdict>& verdicts,
                         std::chrono::milliseconds throttle = {}) {
  using namespace protocol;
  arena memory;
  auto* topics = memory.make<ProduceResponse::TopicProduceResponse>(to.batches.size());
  auto* parts = memory.make<ProduceResponse::PartitionProduceResponse>(to.batches.size());
  std::size_t n = 0;
  for (std::size_t i = 0; i < to.batches.size(); ++i) {
    const verdict& told = verdicts.size() == 1 ? verdicts[0] : verdicts.at(i);
    if (told.left_out) continue;
    parts[n].index = to.batches[i].partition;
    parts[n].error_code = told.code;
    parts[n].base_offset = told.base_offset;
    if (to.wire.version >= 5) parts[n].log_start_offset = told.log_start_offset;
    if (to.wire.version >= 10 && told.leader >= 0) {
      parts[n].current_leader.leader_id = broker_id{told.leader};
      parts[n].current_leader.leader_epoch = told.leader_epoch;
    }
    topics[n].name = std::string_view(to.batches[i].topic);
    if (to.wire.version >= 13) topics[n].topic_id = scripted_cluster::uuid_of(to.batches[i].topic_id);
    topics[n].partition_responses = {parts + n, 1};
    ++n;
  }
  ProduceResponse out;
  out.responses = {topics, n};
  if (to.wire.version >= 1) out.throttle_time_ms = static_cast<std::int32_t>(throttle.count());
  test::answer(brokers.world.io, to.wire, out);
}
/// The same, and the client's turn. Answers on one link go in the order of the requests.
inline void answer_produce(scripted_cluster& brokers, const produce_request& to, const std::vector<verdict>& verdicts) {
  tell_produce(brokers, to, verdicts);
  brokers.settle();
}
inline void acknowledge(scripted_cluster& brokers, const produce_request& to, std::int64_t base_offset) {
  answer_produce(brokers, to, {verdict{protocol::error_code::none, base_offset}});
}
inline void refuse(scripted_cluster& brokers, const produce_request& to, protocol::error_code code) {
  answer_produce(brokers, to, {verdict{code}});
}

}  // namespace ottla::test
