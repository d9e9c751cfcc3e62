// A transactional producer, scripted: its requests in the few fields that the tests look at.
#include "transaction_support.hpp"

namespace ottla::test {
namespace {

using namespace protocol;

constexpr std::string_view name = "x";

}  // namespace

error_code transactional::init(std::int32_t timeout_ms) {
  InitProducerIdRequest request;
  request.transactional_id = name;
  request.transaction_timeout_ms = timeout_ms;
  const auto told = client.ask(request);
  if (told->error_code == error_code::none) {
    id = static_cast<std::int64_t>(told->producer_id);
    epoch = told->producer_epoch;
  }
  return told->error_code;
}

error_code transactional::add(std::string_view topic, std::int32_t partition, std::int16_t version) {
  AddPartitionsToTxnRequest::AddPartitionsToTxnTopic of_topic;
  of_topic.name = topic;
  of_topic.partitions = {&partition, 1};
  AddPartitionsToTxnRequest request;
  request.v3_and_below_transactional_id = name;
  request.v3_and_below_producer_id = producer_id{id};
  request.v3_and_below_producer_epoch = epoch;
  request.v3_and_below_topics = {&of_topic, 1};
  const auto told = client.ask(request, version);
  return told->results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code;
}

error_code transactional::produce(std::string_view topic, std::int32_t partition, std::int32_t sequence,
                                  std::int16_t version) {
  const auto bytes = batch({.producer_id = id, .producer_epoch = epoch, .sequence = sequence, .more_attributes = 0x10});
  ProduceRequest::PartitionProduceData data;
  data.index = partition;
  data.records = bytes;
  ProduceRequest::TopicProduceData of_topic;
  of_topic.name = topic;
  of_topic.partition_data = {&data, 1};
  ProduceRequest request;
  request.transactional_id = name;
  request.acks = -1;
  request.topic_data = {&of_topic, 1};
  const std::int16_t newest = way == 2 ? 12 : 11;
  return client.ask(request, version == 0 ? newest : version)->responses[0].partition_responses[0].error_code;
}

error_code transactional::end(bool commit, std::int16_t version) {
  EndTxnRequest request;
  request.transactional_id = name;
  request.producer_id = producer_id{id};
  request.producer_epoch = epoch;
  request.committed = commit;
  const std::int16_t newest = way == 2 ? 5 : 4;
  const auto told = client.ask(request, version == 0 ? newest : version);
  if (told->error_code == error_code::none && told->producer_epoch >= 0) {
    id = static_cast<std::int64_t>(told->producer_id);
    epoch = told->producer_epoch;
  }
  return told->error_code;
}

error_code transactional::commit_offset(std::string_view group, std::int64_t offset, std::int16_t version) {
  TxnOffsetCommitRequest::TxnOffsetCommitRequestPartition partition;
  partition.committed_offset = offset;
  TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic topic;
  topic.name = "t";
  topic.partitions = {&partition, 1};
  TxnOffsetCommitRequest request;
  request.transactional_id = name;
  request.group_id = group;
  request.producer_id = producer_id{id};
  request.producer_epoch = epoch;
  request.topics = {&topic, 1};
  return client.ask(request, version)->topics[0].partitions[0].error_code;
}

}  // namespace ottla::test
