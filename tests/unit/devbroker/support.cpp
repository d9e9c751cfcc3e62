// What the dev broker's tests share.
#include "support.hpp"

#include "ottla/protocol/byte_buffer.hpp"
#include "ottla/protocol/compression.hpp"
#include "ottla/protocol/crc32c.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace ottla::test {

std::vector<std::byte> batch(const batch_plan& plan) {
  std::vector<std::byte> records;
  for (std::size_t i = 0; i < plan.values.size(); ++i) {
    protocol::record_fields fields;
    fields.offset_delta = static_cast<std::int32_t>(i);
    fields.timestamp_delta = static_cast<std::int64_t>(i);
    if (plan.key) fields.key = protocol::as_bytes(*plan.key);
    fields.value = protocol::as_bytes(plan.values[i]);
    const std::size_t at = records.size();
    records.resize(at + protocol::record_size(fields));
    protocol::write_record(records.data() + at, fields);
  }
  if (plan.codec != 0) {
    protocol::byte_buffer small;
    EXPECT_TRUE(protocol::compressor().compress({static_cast<protocol::codec>(plan.codec)}, records, small));
    records.assign(small.view().begin(), small.view().end());
  }
  protocol::batch_header header;
  header.base_offset = plan.base_offset;
  header.length = static_cast<std::int32_t>(protocol::batch_header_size - 12 + records.size());
  header.attributes = static_cast<std::int16_t>(plan.codec | plan.more_attributes);
  header.last_offset_delta = static_cast<std::int32_t>(plan.values.size()) - 1;
  header.base_timestamp = plan.timestamp;
  header.max_timestamp = plan.timestamp + header.last_offset_delta;
  header.producer_id = plan.producer_id;
  header.producer_epoch = plan.producer_epoch;
  header.base_sequence = plan.sequence;
  header.record_count = static_cast<std::int32_t>(plan.values.size());
  std::vector<std::byte> out(protocol::batch_header_size);
  protocol::encode_batch_header(out.data(), header);
  out.insert(out.end(), records.begin(), records.end());
  reseal(out);
  return out;
}

std::vector<std::byte> batch_of(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence, int count) {
  return batch({.values = std::vector<std::string>(static_cast<std::size_t>(count), "v"),
                .producer_id = producer_id,
                .producer_epoch = epoch,
                .sequence = sequence});
}

void reseal(std::vector<std::byte>& batch) {
  const std::uint32_t crc = protocol::crc32c(protocol::bytes_view(batch).subspan(21));
  for (std::size_t i = 0; i < 4; ++i) batch[17 + i] = static_cast<std::byte>(crc >> (8 * (3 - i)));
}

void send_produce(client_end& by, std::string_view topic, std::int32_t partition, const std::vector<std::byte>& records,
                  std::int16_t acks, std::int16_t version) {
  protocol::ProduceRequest request;
  protocol::ProduceRequest::PartitionProduceData data;
  data.index = partition;
  data.records = records;
  protocol::ProduceRequest::TopicProduceData of_topic;
  of_topic.name = topic;
  of_topic.partition_data = {&data, 1};
  request.acks = acks;
  request.timeout_ms = 60'000;
  request.topic_data = {&of_topic, 1};
  by.send(request, version);
}

produced produce(client_end& by, std::string_view topic, std::int32_t partition, const std::vector<std::byte>& records,
                 std::int16_t acks, std::int16_t version) {
  send_produce(by, topic, partition, records, acks, version);
  const auto response = by.take<protocol::ProduceResponse>(version);
  produced out;
  if (!response || (*response)->responses.size() != 1 || (*response)->responses[0].partition_responses.size() != 1) {
    ADD_FAILURE() << "one partition was asked, none or more answered " << by.reason();
    return out;
  }
  const auto& told = (*response)->responses[0].partition_responses[0];
  EXPECT_EQ(told.index, partition);
  out.error = told.error_code;
  out.base_offset = told.base_offset;
  out.log_append_time = told.log_append_time_ms;
  out.message = std::string(told.error_message.value_or(""));
  for (const auto& record : told.record_errors) out.refused_records.push_back(record.batch_index);
  return out;
}

std::vector<std::string> values_in(protocol::bytes_view records) {
  std::vector<std::string> out;
  protocol::decompressor inflater;
  for (;;) {
    const auto next = protocol::next_batch(records);
    if (next.kind != protocol::next_batch_kind::batch) break;
    protocol::byte_buffer inflated;
    protocol::batch_records opened;
    EXPECT_EQ(protocol::open_batch(next.bytes, inflater, inflated, opened), protocol::record_error::none);
    protocol::record_cursor at(opened.records, opened.header.record_count);
    for (protocol::record_data record; at.next(record);)
      out.emplace_back(protocol::as_text(record.value().value_or(protocol::bytes_view{})));
  }
  return out;
}

}  // namespace ottla::test
