// AddPartitionsToTxn: of one transaction from clients, until version 3; of many from brokers, later (KIP-890).
#include "api/answers.hpp"
#include "api/permission.hpp"
#include "api/transaction_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using asked_topics = protocol::array<AddPartitionsToTxnRequest::AddPartitionsToTxnTopic>;
using added_topic = AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult;
constexpr std::int16_t first_add_with_fenced = 2;
constexpr std::int16_t first_add_with_many = 4;

/// One answer per partition; `decide` says which.
template <class F>
protocol::array<added_topic> tell(call& c, const asked_topics& topics, F&& decide) {
  auto told = c.make<added_topic>(topics.size());
  for (std::size_t t = 0; t < topics.size(); ++t) {
    const auto& indexes = topics[t].partitions;
    told[t].name = topics[t].name;
    told[t].results_by_partition =
        c.make<AddPartitionsToTxnResponse::AddPartitionsToTxnPartitionResult>(indexes.size());
    for (std::size_t p = 0; p < indexes.size(); ++p)
      told[t].results_by_partition[p] = {indexes[p], decide(topics[t].name, indexes[p]), {}};
  }
  return told;
}

bool exists(const call& c, std::string_view topic_name, std::int32_t index) {
  const topic* known = c.cluster.topics.find(topic_name);
  const bool of_offsets = topic_name == offsets_topic && index >= 0 && index < offsets_partitions;
  return of_offsets || (known != nullptr && known->find(index) != nullptr);
}

protocol::array<added_topic> add(call& c, std::string_view transactional_id, const producer_claim& who,
                                 bool verify_only, const asked_topics& topics) {
  partition_set partitions;
  const auto wrong = [&](std::string_view name, std::int32_t index) {
    if (!may_topic(c, acl_operation::write, name)) return error_code::topic_authorization_failed;
    return exists(c, name, index) ? error_code::none : error_code::unknown_topic_or_partition;
  };
  bool all_fine = true;
  for (const auto& t : topics) {
    for (const std::int32_t index : t.partitions) {
      all_fine = all_fine && wrong(t.name, index) == error_code::none;
      if (all_fine) partitions.insert({std::string(t.name), index});
    }
  }
  if (!all_fine)
    return tell(c, topics, [&](std::string_view name, std::int32_t index) {
      const error_code error = wrong(name, index);
      return error == error_code::none ? error_code::operation_not_attempted : error;
    });
  const found_transaction found = find_transaction(c, transactional_id);
  error_code error = found.error;
  if (error == error_code::none)
    error = verify_only ? found.in->check(who) : add_partitions(c, *found.in, who, partitions);
  error = for_version(c, error, first_add_with_fenced);
  return tell(c, topics, [&](std::string_view name, std::int32_t index) {
    const bool is_missing = verify_only && error == error_code::none && !found.in->holds({std::string(name), index});
    return is_missing ? error_code::transaction_abortable : error;
  });
}

}  // namespace

verdict answer(call& c, const AddPartitionsToTxnRequest& request, AddPartitionsToTxnResponse& response) {
  const bool is_brokers = c.version >= first_add_with_many;
  const error_code forbidden = !is_brokers ? why_no_producer(c, request.v3_and_below_transactional_id)
                               : may_cluster(c, acl_operation::cluster_action)
                                   ? error_code::none
                                   : error_code::cluster_authorization_failed;
  if (forbidden != error_code::none) {
    answer_error(c, request, response, forbidden);
    return verdict::answer;
  }
  if (!is_brokers) {
    const auto who = claim_of(request.v3_and_below_producer_id, request.v3_and_below_producer_epoch);
    response.results_by_topic_v3_and_below =
        add(c, request.v3_and_below_transactional_id, who, false, request.v3_and_below_topics);
    return verdict::answer;
  }
  response.results_by_transaction =
      c.make<AddPartitionsToTxnResponse::AddPartitionsToTxnResult>(request.transactions.size());
  for (std::size_t i = 0; i < request.transactions.size(); ++i) {
    const auto& asked = request.transactions[i];
    auto& told = response.results_by_transaction[i];
    told.transactional_id = asked.transactional_id;
    told.topic_results = add(c, asked.transactional_id, claim_of(asked.producer_id, asked.producer_epoch),
                             asked.verify_only, asked.topics);
  }
  return verdict::answer;
}

void answer_error(call& c, const AddPartitionsToTxnRequest& request, AddPartitionsToTxnResponse& response,
                  error_code error) {
  const auto always = [&](std::string_view, std::int32_t) { return error; };
  response.error_code = error;
  if (c.version < first_add_with_many)
    response.results_by_topic_v3_and_below = tell(c, request.v3_and_below_topics, always);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
