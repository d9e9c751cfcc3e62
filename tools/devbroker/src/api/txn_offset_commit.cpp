// TxnOffsetCommit: offsets that become visible when their transaction is committed (KIP-98, KIP-447).
#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"
#include "api/transaction_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;
constexpr std::int16_t first_txn_commit_with_abortable = 4;
constexpr std::int16_t first_txn_commit_that_adds = 5;

/// The transaction must hold the group's offsets, or does from now on.
error_code enlist(call& c, const TxnOffsetCommitRequest& request, const producer_claim& who) {
  const std::int32_t index = offsets_partition_of(request.group_id);
  if (c.cluster.groups.is_open(index, who.id, who.epoch)) return error_code::none;
  const partition_ref offsets{std::string(offsets_topic), index};
  const enlistment asked(c, request.transactional_id, who, {offsets}, c.version >= first_txn_commit_that_adds);
  const error_code error = asked.told_of(offsets);
  if (error == error_code::network_exception) return error_code::coordinator_not_available;
  const bool too_new = error == error_code::transaction_abortable && c.version < first_txn_commit_with_abortable;
  return too_new ? error_code::invalid_txn_state : error;
}

/// The group if the sender may commit into it.
group* open(call& c, const TxnOffsetCommitRequest& request, const producer_claim& who,
            consumer_group::commit_permission& permission) {
  error_code& error = permission.error;
  error = wrong_group(c, request.group_id);
  if (error == error_code::none) error = enlist(c, request, who);
  if (error != error_code::none) return nullptr;
  group* into = group_to_commit_to(c, request.group_id, request.generation_id, error_code::illegal_generation, error);
  if (into == nullptr) return nullptr;
  if (const consumer_group* consumer = into->consumer()) {
    permission =
        consumer->check_commit(request.member_id, request.group_instance_id.has_value(), request.generation_id, true);
    if (error == error_code::stale_member_epoch) error = error_code::illegal_generation;
    return into;
  }
  error = into->check_transactional_commit({request.member_id, request.group_instance_id, request.generation_id});
  return into;
}

error_code hold(call& c, group& into, const producer_claim& who, std::string_view topic_name,
                const TxnOffsetCommitRequest::TxnOffsetCommitRequestPartition& asked) {
  const std::string_view metadata = asked.committed_metadata.value_or("");
  if (const error_code why = check_offset_size(c, topic_name, metadata); why != error_code::none) return why;
  c.cluster.groups.hold(into, who.id, who.epoch, topic_name, asked.partition_index,
                        {asked.committed_offset, asked.committed_leader_epoch, std::string(metadata)});
  return error_code::none;
}

/// One answer per partition; `decide` says which.
template <class F>
void tell(call& c, const TxnOffsetCommitRequest& request, TxnOffsetCommitResponse& response, F&& decide) {
  response.topics = c.make<TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.topics[t];
    told.name = asked.name;
    told.partitions = c.make<TxnOffsetCommitResponse::TxnOffsetCommitResponsePartition>(asked.partitions.size());
    for (std::size_t p = 0; p < asked.partitions.size(); ++p) {
      told.partitions[p].partition_index = asked.partitions[p].partition_index;
      told.partitions[p].error_code = decide(asked.name, asked.partitions[p]);
    }
  }
}

}  // namespace

verdict answer(call& c, const TxnOffsetCommitRequest& request, TxnOffsetCommitResponse& response) {
  error_code forbidden = why_no_producer(c, request.transactional_id);
  if (forbidden == error_code::none && !may_group(c, acl_operation::read, request.group_id))
    forbidden = error_code::group_authorization_failed;
  if (forbidden != error_code::none) {
    answer_error(c, request, response, forbidden);
    return verdict::answer;
  }
  const auto exists = [&](std::string_view name, std::int32_t index) {
    const topic* known = c.cluster.topics.find(name);
    return known != nullptr && known->find(index) != nullptr;
  };
  const auto wrong = [&](std::string_view name, std::int32_t index) {
    if (!may_topic(c, acl_operation::read, name)) return error_code::topic_authorization_failed;
    return exists(name, index) ? error_code::none : error_code::unknown_topic_or_partition;
  };
  bool any_fine = false;
  for (const auto& t : request.topics)
    for (const auto& p : t.partitions) any_fine = any_fine || wrong(t.name, p.partition_index) == error_code::none;
  const producer_claim who = claim_of(request.producer_id, request.producer_epoch);
  consumer_group::commit_permission permission;
  // Nobody is asked about a request that names nothing there is.
  group* into = any_fine ? open(c, request, who, permission) : nullptr;
  tell(c, request, response, [&](std::string_view name, const auto& asked) {
    if (const error_code error = wrong(name, asked.partition_index); error != error_code::none) return error;
    if (permission.error != error_code::none) return permission.error;
    if (permission.each != nullptr) {
      const protocol::uuid id = c.cluster.topics.find(name)->id;
      const bool is_late = consumer_group::check_commit(*permission.each, request.generation_id, id,
                                                        asked.partition_index) != error_code::none;
      if (is_late) return error_code::illegal_generation;
    }
    return hold(c, *into, who, name, asked);
  });
  if (into != nullptr) c.cluster.touched(*into);
  return verdict::answer;
}

void answer_error(call& c, const TxnOffsetCommitRequest& request, TxnOffsetCommitResponse& response, error_code error) {
  tell(c, request, response, [&](std::string_view, const auto&) { return error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
