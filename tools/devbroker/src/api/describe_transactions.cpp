// DescribeTransactions: state, producer and partitions of transactional ids (KIP-664).
#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"
#include "api/transaction_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;
using state_answer = DescribeTransactionsResponse::TransactionState;

void tell_partitions(call& c, const partition_set& partitions, state_answer& told) {
  // The set is in order, so the partitions of a topic are neighbours.
  auto topics = c.make<DescribeTransactionsResponse::TopicData>(partitions.size());
  auto indexes = c.make<std::int32_t>(partitions.size());
  std::size_t topic_count = 0, at = 0, topic_begin = 0;
  for (const partition_ref& p : partitions) {
    if (!may_topic(c, acl_operation::describe, p.topic)) continue;
    if (topic_count == 0 || topics[topic_count - 1].topic != p.topic) {
      topics[topic_count++].topic = p.topic;
      topic_begin = at;
    }
    indexes[at++] = p.index;
    topics[topic_count - 1].partitions = {indexes.data() + topic_begin, at - topic_begin};
  }
  told.topics = {topics.data(), topic_count};
}

void tell(call& c, answer_budget& budget, std::string_view id, state_answer& told) {
  told.transactional_id = id;
  if (!may_transaction(c, acl_operation::describe, id)) {
    told.error_code = error_code::transactional_id_authorization_failed;
    return;
  }
  const found_transaction found = find_transaction(c, id);
  told.error_code = found.error;
  if (found.error == error_code::invalid_producer_id_mapping) told.error_code = error_code::transactional_id_not_found;
  if (found.error != error_code::none) return;
  if (!budget.take(found.in->size_bytes())) {
    told.error_code = error_code::unknown_server_error;
    return;
  }
  told.transaction_state = name(found.in->state());
  told.transaction_timeout_ms = static_cast<std::int32_t>(found.in->timeout().count());
  told.transaction_start_time_ms = found.in->started();
  told.producer_id = protocol::producer_id{found.in->producer().id};
  told.producer_epoch = found.in->producer().epoch;
  tell_partitions(c, found.in->partitions(), told);
}

}  // namespace

verdict answer(call& c, const DescribeTransactionsRequest& request, DescribeTransactionsResponse& response) {
  response.transaction_states = c.make<state_answer>(request.transactional_ids.size());
  answer_budget budget;
  for (std::size_t i = 0; i < request.transactional_ids.size(); ++i)
    tell(c, budget, request.transactional_ids[i], response.transaction_states[i]);
  return verdict::answer;
}

void answer_error(call& c, const DescribeTransactionsRequest& request, DescribeTransactionsResponse& response,
                  error_code error) {
  response.transaction_states = c.make<state_answer>(request.transactional_ids.size());
  for (std::size_t i = 0; i < request.transactional_ids.size(); ++i) {
    response.transaction_states[i].transactional_id = request.transactional_ids[i];
    response.transaction_states[i].error_code = error;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
