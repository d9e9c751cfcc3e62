// DeleteTopics, by name or by id (KIP-516).
#include <map>
#include <set>
#include <vector>

#include "api/answers.hpp"
#include "api/permission_by_cluster.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using deleted_topic = DeleteTopicsResponse::DeletableTopicResult;
constexpr std::int16_t first_delete_with_ids = 6;

void refuse(deleted_topic& out, error_code error, std::string_view why) {
  out.error_code = error;
  out.error_message = why;
}

constexpr std::string_view may_not_delete = "This client may not delete this topic.";

bool may_delete(const call& c, std::string_view name) {
  return may_by_topic_or_cluster(c, acl_operation::remove, name);
}

void remove(call& c, topic* t, deleted_topic& out) {
  if (t == nullptr) return refuse(out, error_code::unknown_topic_or_partition, "This server does not host this topic.");
  out.topic_id = t->id;
  if (out.name) out.name = c.copy(*out.name);
  c.cluster.remove(*t);
}

void remove(call& c, const DeleteTopicsRequest::DeleteTopicState& asked, deleted_topic& out) {
  if (asked.name && !asked.topic_id.is_zero())
    return refuse(out, error_code::invalid_request, "A topic is named by its name or by its id, not by both.");
  if (asked.name && !may_delete(c, *asked.name))
    return refuse(out, error_code::topic_authorization_failed, may_not_delete);
  if (asked.name) return remove(c, c.cluster.topics.find(*asked.name), out);
  if (asked.topic_id.is_zero()) return refuse(out, error_code::invalid_request, "A topic has neither name nor id.");
  topic* t = c.cluster.topics.find(asked.topic_id);
  if (t == nullptr) return refuse(out, error_code::unknown_topic_id, "This server does not host this topic ID.");
  // The name is for those who may see the topic.
  if (may_topic(c, acl_operation::describe, t->name)) out.name = c.copy(t->name);
  if (!may_delete(c, t->name)) return refuse(out, error_code::topic_authorization_failed, may_not_delete);
  out.name = c.copy(t->name);
  remove(c, t, out);
}

/// The topics as newer versions name them.
std::vector<DeleteTopicsRequest::DeleteTopicState> states_of(const call& c, const DeleteTopicsRequest& request) {
  if (c.version >= first_delete_with_ids) return {request.topics.begin(), request.topics.end()};
  std::vector<DeleteTopicsRequest::DeleteTopicState> out;
  for (const std::string_view name : request.topic_names) out.push_back({name, {}, {}});
  return out;
}

}  // namespace

verdict answer(call& c, const DeleteTopicsRequest& request, DeleteTopicsResponse& response) {
  const auto states = states_of(c, request);
  using topic_name = std::pair<std::optional<std::string_view>, protocol::uuid>;
  std::map<topic_name, int> times;
  std::set<protocol::uuid> by_both;
  for (const auto& asked : states) ++times[{asked.name, asked.topic_id}];
  // A topic that is named by its id as well as by its name is told of once, by both.
  for (const auto& asked : states) {
    const topic* t = asked.name ? nullptr : c.cluster.topics.find(asked.topic_id);
    if (t == nullptr || times.erase({std::string_view(t->name), protocol::uuid{}}) == 0) continue;
    times[{asked.name, asked.topic_id}] = 2;
    by_both.insert(t->id);
  }
  // What comes twice is answered once, and stays.
  response.responses = c.make<deleted_topic>(times.size());
  std::size_t at = 0;
  for (const auto& asked : states) {
    const auto count = times.find({asked.name, asked.topic_id});
    if (count == times.end()) continue;
    deleted_topic& told = response.responses[at++];
    told.name = asked.name;
    told.topic_id = asked.topic_id;
    if (count->second > 1) {
      refuse(told, error_code::invalid_request, "The request names this topic more than once.");
      if (by_both.contains(asked.topic_id)) told.name = c.copy(c.cluster.topics.find(asked.topic_id)->name);
    } else {
      remove(c, asked, told);
    }
    times.erase(count);
  }
  return verdict::answer;
}

void answer_error(call& c, const DeleteTopicsRequest& request, DeleteTopicsResponse& response, error_code error) {
  const auto states = states_of(c, request);
  response.responses = c.make<deleted_topic>(states.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    response.responses[i].error_code = error;
    response.responses[i].name = states[i].name;
    response.responses[i].topic_id = states[i].topic_id;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
