// Describing groups: as groups of type consumer first (KIP-848), as classic ones where the coordinator says they are
// not.
#include <algorithm>

#include "coordinator_rounds.hpp"
#include "member_bytes.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/consumer_group_describe.hpp"
#include "ottla/protocol/describe_groups.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::error_code;

std::optional<std::string> text_of(const std::optional<std::string_view>& from) {
  return from ? std::optional<std::string>(*from) : std::nullopt;
}

std::vector<topic_partitions> assigned(const ConsumerGroupDescribeResponse::Assignment& from) {
  std::vector<topic_partitions> out;
  for (const auto& one : from.topic_partitions)
    out.push_back({std::string(one.topic_name), {one.partitions.begin(), one.partitions.end()}});
  sort_partitions(out);
  return out;
}

void read(const ConsumerGroupDescribeResponse::DescribedGroup& from, group_description& into) {
  into.type = "consumer";
  into.protocol_type = "consumer";
  into.state = std::string(from.group_state);
  into.assignor = std::string(from.assignor_name);
  into.group_epoch = from.group_epoch;
  into.assignment_epoch = from.assignment_epoch;
  for (const auto& one : from.members) {
    described_member& added = into.members.emplace_back();
    added.member_id = std::string(one.member_id);
    added.instance_id = text_of(one.instance_id);
    added.client_id = std::string(one.client_id);
    added.host = std::string(one.client_host);
    added.rack = text_of(one.rack_id);
    added.topic_regex = text_of(one.subscribed_topic_regex);
    added.member_epoch = one.member_epoch;
    for (const auto topic : one.subscribed_topic_names) added.topics.emplace_back(topic);
    added.assignment = assigned(one.assignment);
    added.target_assignment = assigned(one.target_assignment);
  }
}

void read(const DescribeGroupsResponse::DescribedGroup& from, group_description& into) {
  into.type = "classic";
  into.state = std::string(from.group_state);
  into.protocol_type = std::string(from.protocol_type);
  into.assignor = std::string(from.protocol_data);
  for (const auto& one : from.members) {
    described_member& added = into.members.emplace_back();
    added.member_id = std::string(one.member_id);
    added.instance_id = text_of(one.group_instance_id);
    added.client_id = std::string(one.client_id);
    added.host = std::string(one.client_host);
    if (into.protocol_type == "consumer") {
      added.topics = subscribed_topics(one.member_metadata);
      added.readable = read_assignment(one.member_assignment, added.assignment);
    } else {
      added.readable = one.member_assignment.empty();
    }
  }
}

template <class Request>
auto describing(const coordinator_rounds& rounds, protocol::array<std::string_view> Request::*field) {
  return [&rounds, field](const std::vector<std::size_t>& indexes) {
    std::vector<std::string> names;
    for (const std::size_t i : indexes) names.push_back(rounds.group(i));
    return owned_request<Request>([names, field](Request& message, std::int16_t, protocol::arena& memory) {
      auto* list = memory.make<std::string_view>(names.size());
      std::copy(names.begin(), names.end(), list);
      message.*field = {list, names.size()};
    });
  };
}

/// One group's part of either answer.
template <class Response>
error read_part(const answered<Response>& answer, group_description& into) {
  const std::string asked = "describe group " + into.group;
  const auto& told = answer.body->groups;
  const auto* found = std::find_if(told.begin(), told.end(), [&](const auto& g) { return g.group_id == into.group; });
  if (found == told.end()) return not_mentioned(asked, answer.broker);
  if (found->error_code != error_code::none)
    return refused(found->error_code, asked, answer.broker, found->error_message);
  read(*found, into);
  // So brokers before 4.0 say that there is none (DescribeGroups below version 6).
  if (into.state == "Dead" && into.members.empty())
    return refused(error_code::group_id_not_found, asked, answer.broker);
  return {};
}

bool may_be_classic(const error& why) {
  return why.is(client_code::unsupported_version) || why.is(error_code::unsupported_version) ||
         why.is(error_code::group_id_not_found);
}

}  // namespace

result<std::vector<group_description>> admin::describe_groups(std::span<const std::string> groups,
                                                              std::chrono::milliseconds timeout) {
  if (auto fine = each_once(groups); !fine) return unexpected(fine.error());
  coordinator_rounds rounds(cluster_, {groups.begin(), groups.end()}, timeout, true);
  std::vector<group_description> out(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) out[i].group = groups[i];
  const auto settle = [&](std::size_t i, const auto& answer) -> std::optional<error> {
    return read_part(answer, out[i]);
  };
  rounds.run<ConsumerGroupDescribeRequest>(describing(rounds, &ConsumerGroupDescribeRequest::group_ids), settle);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (may_be_classic(rounds.failure(i))) others.push_back(i);
  }
  rounds.reopen(others);
  rounds.run<DescribeGroupsRequest>(describing(rounds, &DescribeGroupsRequest::groups), settle);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    out[i].coordinator = rounds.coordinator(i);
    out[i].failure = rounds.failure(i);
    std::sort(out[i].members.begin(), out[i].members.end(),
              [](const auto& a, const auto& b) { return a.member_id < b.member_id; });
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
