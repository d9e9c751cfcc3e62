// Listing groups from all brokers, deleting them, and removing members.
#include <algorithm>

#include "coordinator_rounds.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/delete_groups.hpp"
#include "ottla/protocol/leave_group.hpp"
#include "ottla/protocol/list_groups.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::error_code;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

std::vector<std::string_view> views(const std::vector<std::string>& of) { return {of.begin(), of.end()}; }

}  // namespace

result<group_listing> admin::list_groups(const list_groups_options& how) {
  const steady_ns started = cluster_.state()->runner().now().mono;
  want_metadata(cluster_);
  auto known = describe_cluster(how.timeout);
  if (!known) return unexpected(known.error());
  std::vector<std::string_view> states = views(how.states), types = views(how.types);
  ListGroupsRequest message;
  message.states_filter = protocol::array<std::string_view>(states);
  message.types_filter = protocol::array<std::string_view>(types);
  const std::int16_t lowest = !types.empty() ? 5 : !states.empty() ? 4 : 0;
  std::vector<blocking_call> calls;
  for (const broker_description& broker : known->brokers) {
    blocking_call& one = calls.emplace_back();
    one.to = to_broker(broker.id);
    one.ask = within(borrow_request(message), lowest);
    one.repeatable = true;
    one.judge = [](response& got) -> error {
      auto answer = decode<ListGroupsResponse>(got);
      if (!answer) return answer.error();
      const error_code code = (**answer).error_code;
      return code == error_code::none ? error() : refused(code, "list groups", got.broker);
    };
  }
  const auto left = std::max<std::chrono::nanoseconds>(
      after(started, how.timeout) - cluster_.state()->runner().now().mono, std::chrono::milliseconds(1));
  const auto answers = call_blocking(*cluster_.state(), std::move(calls), left);
  group_listing out;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::int32_t id = known->brokers[i].id;
    const auto answer = decoded_answer<ListGroupsResponse>(answers[i]);
    if (!answer) {
      out.failures.push_back({id, answer.error()});
      continue;
    }
    for (const auto& one : answer->body->groups) {
      out.groups.push_back({std::string(one.group_id), std::string(one.protocol_type), std::string(one.group_state),
                            std::string(one.group_type), id});
    }
  }
  if (!out.failures.empty() && out.failures.size() == answers.size()) return unexpected(out.failures.front().failure);
  // A group that moved while the brokers were asked is told by two of them.
  std::stable_sort(out.groups.begin(), out.groups.end(),
                   [](const auto& a, const auto& b) { return a.group < b.group; });
  out.groups.erase(std::unique(out.groups.begin(), out.groups.end(),
                               [](const auto& a, const auto& b) { return a.group == b.group; }),
                   out.groups.end());
  return out;
}

result<std::vector<deleted_group>> admin::delete_groups(std::span<const std::string> groups,
                                                        const delete_groups_options& how) {
  if (auto fine = each_once(groups); !fine) return unexpected(fine.error());
  coordinator_rounds rounds(cluster_, {groups.begin(), groups.end()}, how.timeout, how.if_exists);
  const auto make = [&](const std::vector<std::size_t>& indexes) {
    std::vector<std::string> names;
    for (const std::size_t i : indexes) names.push_back(rounds.group(i));
    return owned_request<DeleteGroupsRequest>(
        [names](DeleteGroupsRequest& message, std::int16_t, protocol::arena& memory) {
          auto* list = memory.make<std::string_view>(names.size());
          std::copy(names.begin(), names.end(), list);
          message.groups_names = {list, names.size()};
        });
  };
  rounds.run<DeleteGroupsRequest>(
      make, [&](std::size_t i, const answered<DeleteGroupsResponse>& answer) -> std::optional<error> {
        const std::string asked = "delete group " + rounds.group(i);
        const auto& told = answer.body->results;
        const auto* found =
            std::find_if(told.begin(), told.end(), [&](const auto& one) { return one.group_id == rounds.group(i); });
        if (found == told.end()) return not_mentioned(asked, answer.broker, persistence::possibly);
        const bool gone = how.if_exists && found->error_code == error_code::group_id_not_found;
        if (found->error_code == error_code::none || gone) return error();
        return refused(found->error_code, asked, answer.broker, found->error_message);
      });
  std::vector<deleted_group> out;
  for (std::size_t i = 0; i < groups.size(); ++i) out.push_back({groups[i], rounds.failure(i)});
  return out;
}

result<std::vector<removed_member>> admin::remove_members(const std::string& group,
                                                          std::span<const member_to_remove> members,
                                                          const std::string& reason,
                                                          std::chrono::milliseconds timeout) {
  // Not repeatable: a second answer would call those unknown that the first try removed.
  coordinator_rounds rounds(cluster_, {group}, timeout, false);
  const auto make = [&](const std::vector<std::size_t>&) {
    return within(owned_request<LeaveGroupRequest>(
                      [group, reason, who = std::vector(members.begin(), members.end())](
                          LeaveGroupRequest& message, std::int16_t version, protocol::arena& memory) {
                        auto* list = memory.make<LeaveGroupRequest::MemberIdentity>(who.size());
                        for (std::size_t i = 0; i < who.size(); ++i) {
                          list[i].member_id = who[i].member_id;
                          if (!who[i].instance_id.empty()) list[i].group_instance_id = who[i].instance_id;
                          if (version >= 5) list[i].reason = std::string_view(reason);
                        }
                        message.group_id = group;
                        message.members = {list, who.size()};
                      }),
                  3);
  };
  std::vector<removed_member> out;
  rounds.run<LeaveGroupRequest>(
      make, [&](std::size_t, const answered<LeaveGroupResponse>& answer) -> std::optional<error> {
        if (answer.body->error_code != error_code::none)
          return refused(answer.body->error_code, "remove members of group " + group, answer.broker);
        const auto& told = answer.body->members;
        for (const member_to_remove& one : members) {
          const bool by_instance = !one.instance_id.empty();
          const std::string asked = "remove member " + (by_instance ? one.instance_id : one.member_id);
          removed_member& added = out.emplace_back();
          added.member = one;
          const auto* found = std::find_if(told.begin(), told.end(), [&](const auto& each) {
            return by_instance ? each.group_instance_id == one.instance_id : each.member_id == one.member_id;
          });
          if (found == told.end()) {
            added.failure = not_mentioned(asked, answer.broker, persistence::possibly);
          } else if (found->error_code != error_code::none) {
            added.failure = refused(found->error_code, asked, answer.broker);
          }
        }
        return error();
      });
  if (error why = rounds.failure(0)) return unexpected(std::move(why));
  return out;
}

}  // namespace v0
}  // namespace ottla
