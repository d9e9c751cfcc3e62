// answer_errors: the errors in those answers that clients react to by asking again.
#include "answer_errors.hpp"

#include <cstddef>
#include <string_view>

#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/consumer_group_heartbeat.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/heartbeat.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/join_group.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_fetch.hpp"
#include "ottla/protocol/offset_for_leader_epoch.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/response_header.hpp"
#include "ottla/protocol/sync_group.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace protocol;
using teller = std::function<void(std::string, error_code)>;

std::string partition_name(std::string_view topic, const uuid& id, std::int32_t index) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out(topic);
  for (std::size_t i = 0; topic.empty() && i < id.bytes.size(); ++i) {
    const auto value = std::to_integer<std::size_t>(id.bytes[i]);
    out += {digits[value / 16], digits[value % 16]};
  }
  return out + "-" + std::to_string(index);
}

// What an answer holds, by its own names.
template <class Answer>
void errors_of(const Answer& answer, const teller& each) requires requires {
  answer.error_code;
}
{ each("", answer.error_code); }
void errors_of(const ProduceResponse& answer, const teller& each) {
  for (const auto& topic : answer.responses)
    for (const auto& one : topic.partition_responses)
      each(partition_name(topic.name, topic.topic_id, one.index), one.error_code);
}
void errors_of(const FetchResponse& answer, const teller& each) {
  each("", answer.error_code);
  for (const auto& topic : answer.responses)
    for (const auto& one : topic.partitions)
      each(partition_name(topic.topic, topic.topic_id, one.partition_index), one.error_code);
}
void errors_of(const ListOffsetsResponse& answer, const teller& each) {
  for (const auto& topic : answer.topics)
    for (const auto& one : topic.partitions) each(partition_name(topic.name, {}, one.partition_index), one.error_code);
}
void errors_of(const OffsetForLeaderEpochResponse& answer, const teller& each) {
  for (const auto& topic : answer.topics)
    for (const auto& one : topic.partitions) each(partition_name(topic.topic, {}, one.partition), one.error_code);
}
void errors_of(const MetadataResponse& answer, const teller& each) {
  for (const auto& topic : answer.topics) each(topic.name ? std::string(*topic.name) : "", topic.error_code);
}
void errors_of(const FindCoordinatorResponse& answer, const teller& each) {
  each("", answer.error_code);
  for (const auto& one : answer.coordinators) each(std::string(one.key), one.error_code);
}
void errors_of(const OffsetCommitResponse& answer, const teller& each) {
  for (const auto& topic : answer.topics)
    for (const auto& one : topic.partitions)
      each(partition_name(topic.name, topic.topic_id, one.partition_index), one.error_code);
}
void errors_of(const TxnOffsetCommitResponse& answer, const teller& each) {
  for (const auto& topic : answer.topics)
    for (const auto& one : topic.partitions) each(partition_name(topic.name, {}, one.partition_index), one.error_code);
}
void errors_of(const OffsetFetchResponse& answer, const teller& each) {
  each("", answer.error_code);
  for (const auto& group : answer.groups) each(std::string(group.group_id), group.error_code);
}
void errors_of(const AddPartitionsToTxnResponse& answer, const teller& each) {
  each("", answer.error_code);
  for (const auto& topic : answer.results_by_topic_v3_and_below)
    for (const auto& one : topic.results_by_partition)
      each(partition_name(topic.name, {}, one.partition_index), one.partition_error_code);
}

template <class Answer>
void look(bytes_view frame, std::int16_t version, arena& memory, const teller& each) {
  reader in(frame, memory);
  ResponseHeader header;
  read(in, header, Answer::header_version(version));
  Answer answer;
  read(in, answer, version);
  if (!in.ok()) return;
  errors_of(answer, [&](std::string subject, error_code why) {
    if (why != error_code::none) each(std::move(subject), why);
  });
}

}  // namespace

void each_error(bytes_view frame, std::int16_t key, std::int16_t version, arena& memory, const teller& each) {
  memory.reset();
  switch (api_key{key}) {
    case api_key::produce:
      return look<ProduceResponse>(frame, version, memory, each);
    case api_key::fetch:
      return look<FetchResponse>(frame, version, memory, each);
    case api_key::list_offsets:
      return look<ListOffsetsResponse>(frame, version, memory, each);
    case api_key::offset_for_leader_epoch:
      return look<OffsetForLeaderEpochResponse>(frame, version, memory, each);
    case api_key::metadata:
      return look<MetadataResponse>(frame, version, memory, each);
    case api_key::find_coordinator:
      return look<FindCoordinatorResponse>(frame, version, memory, each);
    case api_key::join_group:
      return look<JoinGroupResponse>(frame, version, memory, each);
    case api_key::sync_group:
      return look<SyncGroupResponse>(frame, version, memory, each);
    case api_key::heartbeat:
      return look<HeartbeatResponse>(frame, version, memory, each);
    case api_key::consumer_group_heartbeat:
      return look<ConsumerGroupHeartbeatResponse>(frame, version, memory, each);
    case api_key::offset_commit:
      return look<OffsetCommitResponse>(frame, version, memory, each);
    case api_key::offset_fetch:
      return look<OffsetFetchResponse>(frame, version, memory, each);
    case api_key::init_producer_id:
      return look<InitProducerIdResponse>(frame, version, memory, each);
    case api_key::add_partitions_to_txn:
      return look<AddPartitionsToTxnResponse>(frame, version, memory, each);
    case api_key::add_offsets_to_txn:
      return look<AddOffsetsToTxnResponse>(frame, version, memory, each);
    case api_key::txn_offset_commit:
      return look<TxnOffsetCommitResponse>(frame, version, memory, each);
    case api_key::end_txn:
      return look<EndTxnResponse>(frame, version, memory, each);
    default:
      return;
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
