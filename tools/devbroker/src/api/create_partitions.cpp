// CreatePartitions: a topic grows (KIP-195).
#include <map>

#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using grown_topic = CreatePartitionsResponse::CreatePartitionsTopicResult;

void refuse(call& c, grown_topic& out, error_code error, std::string_view why) {
  out.error_code = error;
  out.error_message = c.copy(why);
}

std::optional<replica_lists> assigned(const CreatePartitionsRequest::CreatePartitionsTopic& asked) {
  if (!asked.assignments) return std::nullopt;
  replica_lists out;
  for (const auto& a : *asked.assignments) {
    auto& nodes = out.emplace_back();
    for (const auto id : a.broker_ids) nodes.push_back(static_cast<std::int32_t>(id));
  }
  return out;
}

void grow(call& c, const CreatePartitionsRequest::CreatePartitionsTopic& asked, bool validate_only, grown_topic& out) {
  if (!may_topic(c, acl_operation::alter, asked.name))
    return refuse(c, out, error_code::topic_authorization_failed, "This client may not alter this topic.");
  topic* t = c.cluster.topics.find(asked.name);
  if (t == nullptr)
    return refuse(c, out, error_code::unknown_topic_or_partition, "This server does not host this topic.");
  const std::optional<replica_lists> assignments = assigned(asked);
  const replica_lists* given = assignments ? &*assignments : nullptr;
  if (const auto error = c.cluster.check_growth(*t, asked.count, given))
    return refuse(c, out, error->error, error->why);
  if (!validate_only) c.cluster.grow(*t, asked.count, given);
}

}  // namespace

verdict answer(call& c, const CreatePartitionsRequest& request, CreatePartitionsResponse& response) {
  std::map<std::string_view, int> times;
  for (const auto& asked : request.topics) ++times[asked.name];
  // As with CreateTopics: what comes twice is answered once, with an error.
  response.results = c.make<grown_topic>(times.size());
  std::size_t at = 0;
  for (const auto& asked : request.topics) {
    const auto count = times.find(asked.name);
    if (count == times.end()) continue;
    grown_topic& told = response.results[at++];
    told.name = asked.name;
    if (count->second > 1) {
      refuse(c, told, error_code::invalid_request, "The request names this topic more than once.");
    } else {
      grow(c, asked, request.validate_only, told);
    }
    times.erase(count);
  }
  return verdict::answer;
}

void answer_error(call& c, const CreatePartitionsRequest& request, CreatePartitionsResponse& response,
                  error_code error) {
  response.results = c.make<grown_topic>(request.topics.size());
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    response.results[i].name = request.topics[i].name;
    response.results[i].error_code = error;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
