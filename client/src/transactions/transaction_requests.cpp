// transaction_requests: filling them.
#include "transaction_requests.hpp"

#include <algorithm>

#include "../group/offset_lists.hpp"
#include "../producer/topic_state.hpp"
#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// From these versions on a request belongs to KIP-890's protocol, before them it must not be used in one.
constexpr std::int16_t first_end_of_v2 = 5;
constexpr std::int16_t first_offsets_of_v2 = 5;

void keep_to(request& one, transaction_protocol by, std::int16_t first_of_v2) {
  if (by == transaction_protocol::v2) {
    one.min_version = first_of_v2;
  } else {
    one.max_version = static_cast<std::int16_t>(first_of_v2 - 1);
  }
}

}  // namespace

request ask_for_epoch(const std::string& transactional_id, std::chrono::milliseconds timeout,
                      const producer_claim* own) {
  request ask = make_request<protocol::InitProducerIdRequest>(
      [transactional_id, timeout, who = own != nullptr ? *own : producer_claim{}](
          protocol::InitProducerIdRequest& message, std::int16_t version, protocol::arena&) {
        message.transactional_id = std::string_view(transactional_id);
        message.transaction_timeout_ms = static_cast<std::int32_t>(timeout.count());
        if (version < 3) return;
        message.producer_id = protocol::producer_id{who.id};
        message.producer_epoch = who.epoch;
      });
  if (own != nullptr) ask.min_version = 3;
  return ask;
}

request add_partitions(const std::string& transactional_id, producer_claim who,
                       const std::vector<partition_queue*>& which) {
  std::vector<partition_queue*> sorted = which;
  std::stable_sort(sorted.begin(), sorted.end(), [](const partition_queue* a, const partition_queue* b) {
    return a->owner.name != b->owner.name ? a->owner.name < b->owner.name : a->index < b->index;
  });
  request ask = make_request<protocol::AddPartitionsToTxnRequest>(
      [transactional_id, who, sorted = std::move(sorted)](protocol::AddPartitionsToTxnRequest& message, std::int16_t,
                                                          protocol::arena& memory) {
        using named_topic = protocol::AddPartitionsToTxnRequest::AddPartitionsToTxnTopic;
        message.v3_and_below_transactional_id = transactional_id;
        message.v3_and_below_producer_id = protocol::producer_id{who.id};
        message.v3_and_below_producer_epoch = who.epoch;
        auto* topics = memory.make<named_topic>(sorted.size());
        auto* numbers = memory.make<std::int32_t>(sorted.size());
        std::size_t count = 0;
        for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
          const topic_state& owner = sorted[begin]->owner;
          for (end = begin; end < sorted.size() && &sorted[end]->owner == &owner; ++end) {
            numbers[end] = sorted[end]->index;
          }
          topics[count].name = owner.name;
          topics[count++].partitions = {numbers + begin, end - begin};
        }
        message.v3_and_below_topics = {topics, count};
      });
  ask.max_version = 3;  // what is above is for brokers
  return ask;
}

request add_offsets(const std::string& transactional_id, producer_claim who, const std::string& group) {
  return make_request<protocol::AddOffsetsToTxnRequest>(
      [transactional_id, who, group](protocol::AddOffsetsToTxnRequest& message, std::int16_t, protocol::arena&) {
        message.transactional_id = transactional_id;
        message.producer_id = protocol::producer_id{who.id};
        message.producer_epoch = who.epoch;
        message.group_id = group;
      });
}

request commit_offsets(const std::string& transactional_id, producer_claim who, const group_metadata& member,
                       std::vector<offset_to_commit> offsets, transaction_protocol by) {
  sort_by_topic(offsets);
  request ask = make_request<protocol::TxnOffsetCommitRequest>(
      [transactional_id, who, member, offsets = std::move(offsets)](protocol::TxnOffsetCommitRequest& message,
                                                                    std::int16_t version, protocol::arena& memory) {
        using request_topic = protocol::TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic;
        using request_partition = protocol::TxnOffsetCommitRequest::TxnOffsetCommitRequestPartition;
        message.transactional_id = transactional_id;
        message.group_id = member.group;
        message.producer_id = protocol::producer_id{who.id};
        message.producer_epoch = who.epoch;
        if (version >= 3) {
          message.generation_id = member.generation;
          message.member_id = member.member_id;
          if (!member.instance_id.empty()) message.group_instance_id = member.instance_id;
        }
        message.topics = offsets_by_topic<request_topic, request_partition>(offsets, version >= 2, memory);
      });
  // Without member and generation a member that lost its partitions would still move their offsets (KIP-447, C-25).
  if (member.generation >= 0 || !member.member_id.empty()) ask.min_version = 3;
  keep_to(ask, by, first_offsets_of_v2);
  return ask;
}

request end_transaction(const std::string& transactional_id, producer_claim who, bool commit, transaction_protocol by) {
  request ask = make_request<protocol::EndTxnRequest>(
      [transactional_id, who, commit](protocol::EndTxnRequest& message, std::int16_t, protocol::arena&) {
        message.transactional_id = transactional_id;
        message.producer_id = protocol::producer_id{who.id};
        message.producer_epoch = who.epoch;
        message.committed = commit;
      });
  keep_to(ask, by, first_end_of_v2);
  return ask;
}

}  // namespace v0
}  // namespace ottla
