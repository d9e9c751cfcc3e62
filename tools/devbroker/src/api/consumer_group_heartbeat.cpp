// ConsumerGroupHeartbeat: joining, being there and leaving, in one request (KIP-848).
#include <algorithm>

#include "api/answers.hpp"
#include "api/catalog_topics.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
constexpr std::int16_t first_version_with_own_id = 1;  // clients choose their member ids

struct objection {
  error_code error = error_code::none;
  std::string_view why = {};
};

bool is_empty(const std::optional<std::string_view>& text) { return text && text->empty(); }

/// What is wrong with the request, whatever the group.
objection why_invalid(const call& c, const ConsumerGroupHeartbeatRequest& r) {
  const auto invalid = [](std::string_view why) { return objection{error_code::invalid_request, why}; };
  const bool joins = r.member_epoch == joining_epoch;
  const bool needs_id = c.version >= first_version_with_own_id || r.member_epoch > 0 || r.member_epoch == leaving_epoch;
  if (needs_id && r.member_id.empty()) return invalid("The member id must not be empty.");
  if (r.group_id.empty()) return invalid("The group id must not be empty.");
  if (is_empty(r.instance_id)) return invalid("The instance id must not be empty.");
  if (is_empty(r.rack_id)) return invalid("The rack must not be empty.");
  if (joins && r.rebalance_timeout_ms == -1) return invalid("Who joins has to say its rebalance timeout.");
  if (joins && (!r.topic_partitions || !r.topic_partitions->empty()))
    return invalid("Who joins must not have partitions.");
  if (joins && !r.subscribed_topic_names && !r.subscribed_topic_regex)
    return invalid("Who joins has to say what it reads.");
  if (r.member_epoch == static_leaving_epoch && !r.instance_id)
    return invalid("Only a static member leaves for a while.");
  if (r.member_epoch < static_leaving_epoch) return invalid("There is no such member epoch.");
  if (r.server_assignor && find_assignor(*r.server_assignor) == nullptr)
    return {error_code::unsupported_assignor, "The assignors here are uniform and range."};
  return {};
}

bool names_hidden_topic(const call& c, const ConsumerGroupHeartbeatRequest& r) {
  if (!r.subscribed_topic_names) return false;
  return std::any_of(r.subscribed_topic_names->begin(), r.subscribed_topic_names->end(),
                     [&](std::string_view name) { return !may_topic(c, acl_operation::describe, name); });
}

std::size_t cost(const ConsumerGroupHeartbeatRequest& request) {
  constexpr std::size_t name_cost = 160;
  std::size_t sum = sizeof(group) + sizeof(consumer_group) + sizeof(consumer_member) + 3 * request.group_id.size();
  if (!request.subscribed_topic_names) return request.member_epoch == joining_epoch ? sum : 0;
  for (const std::string_view name : *request.subscribed_topic_names) sum += name_cost + 2 * name.size();
  return sum;
}

template <class To>
void take(const std::optional<std::string_view>& from, std::optional<To>& to) {
  if (from) to.emplace(*from);
}

consumer_heartbeat for_the_group(const call& c, const ConsumerGroupHeartbeatRequest& r) {
  consumer_heartbeat out{
      .member_id = std::string(r.member_id), .epoch = r.member_epoch, .client_id = std::string(c.client_id)};
  take(r.instance_id, out.instance_id);
  take(r.rack_id, out.rack_id);
  take(r.subscribed_topic_regex, out.pattern);
  take(r.server_assignor, out.assignor);
  if (r.rebalance_timeout_ms != -1)
    out.rebalance_timeout = std::chrono::milliseconds(std::max(r.rebalance_timeout_ms, 0));
  if (r.subscribed_topic_names) {
    auto& names = out.topics.emplace();
    for (const std::string_view name : *r.subscribed_topic_names) names.emplace(name);
  }
  if (r.topic_partitions) {
    auto& owned = out.owned.emplace();
    for (const auto& t : *r.topic_partitions) owned[t.topic_id].insert(t.partitions.begin(), t.partitions.end());
  }
  return out;
}

void tell(call& c, const heartbeat_result& result, ConsumerGroupHeartbeatResponse& response) {
  response.error_code = result.error;
  if (result.error != error_code::none) {
    response.error_message = c.copy(result.why);
    return;
  }
  response.member_id = c.copy(result.member_id);
  response.member_epoch = result.epoch;
  // Who leaves needs no interval.
  if (result.epoch >= 0)
    response.heartbeat_interval_ms =
        static_cast<std::int32_t>(c.cluster.options.groups.consumer_heartbeat_interval.count());
  if (!result.assigned) return;
  auto& told = response.assignment.emplace();
  told.topic_partitions = c.make<ConsumerGroupHeartbeatResponse::TopicPartitions>(result.assigned->size());
  auto at = told.topic_partitions.begin();
  for (const auto& [topic, partitions] : *result.assigned) {
    at->topic_id = topic;
    at->partitions = c.make<std::int32_t>(partitions.size());
    std::copy(partitions.begin(), partitions.end(), at->partitions.begin());
    ++at;
  }
}

}  // namespace

verdict answer(call& c, const ConsumerGroupHeartbeatRequest& request, ConsumerGroupHeartbeatResponse& response) {
  const auto refuse = [&](error_code error, std::string_view why) {
    response.error_code = error;
    response.error_message = why;
    return verdict::answer;
  };
  if (!may_group(c, acl_operation::read, request.group_id))
    return refuse(error_code::group_authorization_failed, "This group is not for this client.");
  if (names_hidden_topic(c, request))
    return refuse(error_code::topic_authorization_failed, "The client may not see all of these topics.");
  if (const objection why = why_invalid(c, request); why.error != error_code::none) return refuse(why.error, why.why);
  if (wrong_coordinator(c, request.group_id) != error_code::none)
    return refuse(error_code::not_coordinator, "Another node coordinates this group.");
  const catalog_topics topics(c);
  group* in = c.cluster.groups.find(request.group_id);
  const bool joins = request.member_epoch == joining_epoch;
  if (joins && (in == nullptr || in->consumer() == nullptr)) {
    // What is refused makes no group, and converts none.
    const std::string_view pattern = request.subscribed_topic_regex.value_or("");
    if (!pattern.empty() && !topics.is_pattern(pattern))
      return refuse(error_code::invalid_regular_expression,
                    "The pattern of topics is no regular expression known here.");
    in = c.cluster.groups.find_or_make(request.group_id, c.node_index);
    if (in == nullptr) return refuse(error_code::coordinator_not_available, "There are too many groups.");
    in->become_consumer();
  }
  consumer_group* to = in == nullptr ? nullptr : in->consumer();
  if (to == nullptr) return refuse(error_code::group_id_not_found, "There is no such group of the consumer protocol.");
  if (!c.cluster.groups.has_room(cost(request))) {
    c.cluster.log("the memory bound for groups is reached: a heartbeat is refused");
    return refuse(error_code::unknown_server_error, "The memory for groups is used up.");
  }
  const consumer_heartbeat said = for_the_group(c, request);
  tell(c, said.epoch < 0 ? to->leave(said) : to->heartbeat(said, topics, c.now.mono), response);
  c.cluster.touched(*in);
  return verdict::answer;
}

void answer_error(call&, const ConsumerGroupHeartbeatRequest&, ConsumerGroupHeartbeatResponse& response,
                  error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
