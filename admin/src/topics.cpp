// Making, enlarging and deleting topics: the requests of the controller.
#include <algorithm>

#include "ask.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/create_partitions.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/delete_topics.hpp"
#include "part_outcomes.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using protocol::error_code;

bool wants_default(const new_topic& topic) { return topic.partitions <= 0 || topic.replication_factor <= 0; }

created_topic made(const new_topic& asked, const CreateTopicsResponse& answer, const std::string& broker,
                   bool if_not_exists) {
  created_topic out;
  out.name = asked.name;
  const auto* found =
      std::find_if(answer.topics.begin(), answer.topics.end(), [&](const auto& one) { return one.name == asked.name; });
  if (found == answer.topics.end()) {
    out.failure = not_mentioned("create topic " + asked.name, broker, persistence::possibly);
    return out;
  }
  out.id = found->topic_id;
  out.partitions = found->num_partitions;
  out.replication_factor = found->replication_factor;
  if (found->error_code == error_code::topic_already_exists && if_not_exists) {
    out.existed = true;
  } else if (found->error_code != error_code::none) {
    out.failure = refused(found->error_code, "create topic " + asked.name, broker, found->error_message);
  }
  return out;
}

/// Version 6 names topics in another field than the versions before, so the message is filled when the version is
/// known.
borrowed_request delete_request(std::span<const std::string> names, std::chrono::milliseconds timeout) {
  return owned_request<DeleteTopicsRequest>(
      [names = std::vector<std::string>(names.begin(), names.end()), timeout](
          DeleteTopicsRequest& message, std::int16_t version, protocol::arena& memory) {
        message.timeout_ms = broker_timeout_ms(timeout);
        if (version >= 6) {
          auto* states = memory.make<DeleteTopicsRequest::DeleteTopicState>(names.size());
          for (std::size_t i = 0; i < names.size(); ++i) states[i].name = std::string_view(names[i]);
          message.topics = {states, names.size()};
        } else {
          auto* plain = memory.make<std::string_view>(names.size());
          for (std::size_t i = 0; i < names.size(); ++i) plain[i] = names[i];
          message.topic_names = {plain, names.size()};
        }
      });
}

}  // namespace

config_value cleanup_policy(cleanup what) {
  const auto bits = static_cast<std::uint8_t>(what);
  return {"cleanup.policy", bits == 3 ? "compact,delete" : bits == 2 ? "compact" : "delete"};
}

result<std::vector<created_topic>> admin::create_topics(std::span<const new_topic> topics,
                                                        const create_topics_options& how) {
  std::vector<CreateTopicsRequest::CreatableTopic> list(topics.size());
  std::vector<std::vector<CreateTopicsRequest::CreatableTopicConfig>> configs(topics.size());
  for (std::size_t i = 0; i < topics.size(); ++i) {
    list[i].name = topics[i].name;
    list[i].num_partitions = topics[i].partitions <= 0 ? -1 : topics[i].partitions;
    list[i].replication_factor = topics[i].replication_factor <= 0 ? std::int16_t{-1} : topics[i].replication_factor;
    for (const config_value& one : topics[i].configs) {
      auto& added = configs[i].emplace_back();
      added.name = one.name;
      added.value = one.value ? std::optional<std::string_view>(*one.value) : std::nullopt;
    }
    list[i].configs = configs[i];
  }
  CreateTopicsRequest message;
  message.topics = list;
  message.timeout_ms = broker_timeout_ms(how.timeout);
  message.validate_only = how.validate_only;
  ask_options options{.timeout = how.timeout, .repeatable = how.if_not_exists || how.validate_only};
  if (std::any_of(topics.begin(), topics.end(), wants_default)) options.min_version = 4;
  auto got = ask(cluster_, to_controller(), message, options,
                 [](const CreateTopicsResponse& answer, const std::string& broker) {
                   return nothing_done(answer.topics, broker, "CreateTopics");
                 });
  if (!got) return unexpected(got.error());
  std::vector<created_topic> out;
  for (const new_topic& asked : topics) out.push_back(made(asked, *got->body, got->broker, how.if_not_exists));
  return out;
}

result<std::vector<deleted_topic>> admin::delete_topics(std::span<const std::string> names,
                                                        const delete_topics_options& how) {
  auto got = ask<DeleteTopicsRequest>(cluster_, to_controller(), delete_request(names, how.timeout),
                                      {.timeout = how.timeout, .repeatable = how.if_exists},
                                      [](const DeleteTopicsResponse& answer, const std::string& broker) {
                                        return nothing_done(answer.responses, broker, "DeleteTopics");
                                      });
  if (!got) return unexpected(got.error());
  const DeleteTopicsResponse& answer = *got->body;
  std::vector<deleted_topic> out;
  for (const std::string& name : names) {
    deleted_topic& one = out.emplace_back();
    one.name = name;
    const auto* found = std::find_if(answer.responses.begin(), answer.responses.end(),
                                     [&](const auto& part) { return part.name == name; });
    if (found == answer.responses.end()) {
      one.failure = not_mentioned("delete topic " + name, got->broker, persistence::possibly);
    } else if (found->error_code != error_code::none &&
               !(how.if_exists && found->error_code == error_code::unknown_topic_or_partition)) {
      one.failure = refused(found->error_code, "delete topic " + name, got->broker, found->error_message);
    }
  }
  return out;
}

result<std::vector<enlarged_topic>> admin::create_partitions(std::span<const partition_count> topics,
                                                             const create_partitions_options& how) {
  std::vector<CreatePartitionsRequest::CreatePartitionsTopic> list(topics.size());
  for (std::size_t i = 0; i < topics.size(); ++i) {
    list[i].name = topics[i].name;
    list[i].count = topics[i].partitions;
    list[i].assignments = std::nullopt;
  }
  CreatePartitionsRequest message;
  message.topics = list;
  message.timeout_ms = broker_timeout_ms(how.timeout);
  message.validate_only = how.validate_only;
  auto got = ask(cluster_, to_controller(), message, {.timeout = how.timeout, .repeatable = how.validate_only},
                 [](const CreatePartitionsResponse& answer, const std::string& broker) {
                   return nothing_done(answer.results, broker, "CreatePartitions");
                 });
  if (!got) return unexpected(got.error());
  const CreatePartitionsResponse& answer = *got->body;
  std::vector<enlarged_topic> out;
  for (const partition_count& asked : topics) {
    const auto* found = std::find_if(answer.results.begin(), answer.results.end(),
                                     [&](const auto& part) { return part.name == asked.name; });
    const std::string what = "create partitions of topic " + asked.name;
    out.push_back({asked.name, outcome_of(found, answer.results.end(), what, got->broker)});
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
