// ConsumerGroupDescribe: epochs, members, what they have and what they shall have (KIP-848).
#include <algorithm>

#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using described_consumer_group = ConsumerGroupDescribeResponse::DescribedGroup;
constexpr std::int8_t consumer_member_type = 1;

ConsumerGroupDescribeResponse::Assignment told_assignment(call& c, const assignment& what) {
  ConsumerGroupDescribeResponse::Assignment out;
  out.topic_partitions = c.make<ConsumerGroupDescribeResponse::TopicPartitions>(what.size());
  std::size_t count = 0;
  for (const auto& [id, partitions] : what) {
    const topic* known = c.cluster.topics.find(id);
    if (known == nullptr) continue;  // gone, and the group does not know yet
    auto& told = out.topic_partitions[count++];
    told.topic_id = id;
    told.topic_name = known->name;
    told.partitions = c.make<std::int32_t>(partitions.size());
    std::copy(partitions.begin(), partitions.end(), told.partitions.begin());
  }
  out.topic_partitions = {out.topic_partitions.data(), count};
  return out;
}

void tell_member(call& c, const consumer_member& m, ConsumerGroupDescribeResponse::Member& told) {
  told.member_id = m.id;
  if (m.instance_id) told.instance_id = *m.instance_id;
  if (m.rack_id) told.rack_id = *m.rack_id;
  told.member_epoch = m.epoch;
  told.client_id = m.client_id;
  told.subscribed_topic_names = c.make<std::string_view>(m.topics.size());
  std::copy(m.topics.begin(), m.topics.end(), told.subscribed_topic_names.begin());
  told.subscribed_topic_regex = m.pattern;
  told.assignment = told_assignment(c, plain(m.assigned));
  told.target_assignment = told_assignment(c, m.target);
  told.member_type = consumer_member_type;
}

/// Members' topics are part of the answer: all of it is refused if one of them is hidden from who asks.
bool shows_what_is_hidden(const call& c, const consumer_group& of) {
  const auto is_hidden = [&](const auto& entry) {
    const topic* known = c.cluster.topics.find(entry.first);
    return known != nullptr && !may_topic(c, acl_operation::describe, known->name);
  };
  for (const auto& [id, m] : of.members()) {
    for (const std::string& name : m.topics)
      if (!may_topic(c, acl_operation::describe, name)) return true;
    const assignment assigned = plain(m.assigned);
    if (std::any_of(assigned.begin(), assigned.end(), is_hidden)) return true;
    if (std::any_of(m.target.begin(), m.target.end(), is_hidden)) return true;
  }
  return false;
}

void tell(call& c, answer_budget& budget, std::string_view id, bool with_operations, described_consumer_group& told) {
  told.group_id = id;
  told.error_code = !may_group(c, acl_operation::describe, id) ? error_code::group_authorization_failed
                    : id.empty()                               ? error_code::invalid_group_id
                                                               : wrong_coordinator(c, id);
  if (told.error_code != error_code::none) return;
  const group* known = c.cluster.groups.find(id);
  const consumer_group* consumer = known == nullptr ? nullptr : known->consumer();
  if (consumer == nullptr) {
    told.error_code = error_code::group_id_not_found;
    told.error_message = known == nullptr ? "There is no such group." : "It is no group of the consumer protocol.";
    return;
  }
  if (shows_what_is_hidden(c, *consumer)) {
    told.error_code = error_code::topic_authorization_failed;
    told.error_message = "The group reads topics that this client may not see.";
    return;
  }
  if (!budget.take(2 * known->size_bytes())) {
    told.error_code = error_code::unknown_server_error;
    return;
  }
  if (with_operations) told.authorized_operations = allowed_operations(c, resource_kind::group, id);
  told.group_state = consumer->state();
  told.group_epoch = consumer->epoch();
  told.assignment_epoch = consumer->assignment_epoch();
  told.assignor_name = consumer->preferred_assignor();
  told.members = c.make<ConsumerGroupDescribeResponse::Member>(consumer->members().size());
  auto at = told.members.begin();
  for (const auto& [member_id, m] : consumer->members()) tell_member(c, m, *at++);
}

}  // namespace

verdict answer(call& c, const ConsumerGroupDescribeRequest& request, ConsumerGroupDescribeResponse& response) {
  response.groups = c.make<described_consumer_group>(request.group_ids.size());
  answer_budget budget;
  for (std::size_t i = 0; i < request.group_ids.size(); ++i)
    tell(c, budget, request.group_ids[i], request.include_authorized_operations, response.groups[i]);
  return verdict::answer;
}

void answer_error(call& c, const ConsumerGroupDescribeRequest& request, ConsumerGroupDescribeResponse& response,
                  error_code error) {
  response.groups = c.make<described_consumer_group>(request.group_ids.size());
  for (std::size_t i = 0; i < request.group_ids.size(); ++i) {
    response.groups[i].group_id = request.group_ids[i];
    response.groups[i].error_code = error;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
