// A coordinator of the consumer protocol (KIP-848) that is a function of the test, and a record of what members said.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ottla/protocol/consumer_group_heartbeat.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_fetch.hpp"
#include "scripted.hpp"

namespace ottla::test {

/// What one heartbeat said; nothing where it said nothing.
struct said {
  std::string member{};
  std::int32_t epoch = 0;
  std::optional<std::string> instance{};
  std::optional<std::vector<std::string>> topics{};
  std::optional<std::string> pattern{};
  std::optional<std::string> assignor{};
  std::optional<std::vector<topic_partition>> owned{};
  std::int32_t rebalance_timeout = -1;
  steady_ns at{};

  bool is_bare() const { return !topics && !pattern && !assignor && !owned && rebalance_timeout == -1; }
  bool is_full() const { return topics && owned && rebalance_timeout != -1; }
};

struct told {
  error_code error = error_code::none;
  std::int32_t epoch = 0;
  std::optional<std::vector<topic_partition>> assignment{};
  std::int32_t interval_ms = 5'000;
  std::optional<std::string> member{};
};

class scripted_group : public scripted {
 protected:
  using Beat = protocol::ConsumerGroupHeartbeatRequest;
  using Beaten = protocol::ConsumerGroupHeartbeatResponse;

  scripted_group() : scripted(1) {
    add_topic("orders", 4);
    acts->on<protocol::FindCoordinatorRequest>([](const auto& in, protocol::FindCoordinatorResponse& out, call& from) {
      auto* one = from.memory.make<protocol::FindCoordinatorResponse::Coordinator>(1);
      one->key = in.coordinator_keys[0];
      one->node_id = broker_id{1};
      one->host = "scripted";
      one->port = 9092;
      out.coordinators = {one, 1};
    });
    acts->on<Beat>([this](const Beat& in, Beaten& out, call& from) { serve_beat(in, out, from); });
    acts->on<protocol::OffsetFetchRequest>(
        [this](const auto& in, protocol::OffsetFetchResponse& out, call& from) { serve_committed(in, out, from); });
    acts->on<protocol::OffsetCommitRequest>(
        [this](const auto& in, protocol::OffsetCommitResponse& out, call& from) { serve_commit(in, out, from); });
    acts->limit(protocol::api_key::offset_fetch, 9);
    acts->limit(protocol::api_key::offset_commit, 9);
  }

  consumer_config by_broker() {
    consumer_config out;
    out.group = "billing";
    out.topics = {"orders"};
    out.group_protocol = group_protocol_kind::consumer;
    out.auto_commit = false;
    out.on_assigned = note('+');
    out.on_revoked = note('-');
    out.on_lost = note('!');
    return out;
  }

  /// What the caller hears and what heartbeats say, in one line of events.
  rebalance_handler note(char sign) {
    return [this, sign](consumer&, std::span<const topic_partition> which) {
      for (const topic_partition& one : which) events.push_back(sign + text(one));
    };
  }
  static std::string text(const topic_partition& one) { return one.topic + "-" + std::to_string(one.partition); }

  void serve_beat(const Beat& in, Beaten& out, call& from) {
    said what{.member = std::string(in.member_id), .epoch = in.member_epoch};
    what.at = host->now().mono;
    what.rebalance_timeout = in.rebalance_timeout_ms;
    if (in.instance_id) what.instance = std::string(*in.instance_id);
    if (in.subscribed_topic_regex) what.pattern = std::string(*in.subscribed_topic_regex);
    if (in.server_assignor) what.assignor = std::string(*in.server_assignor);
    if (in.subscribed_topic_names)
      what.topics.emplace(in.subscribed_topic_names->begin(), in.subscribed_topic_names->end());
    if (in.topic_partitions) {
      what.owned.emplace();
      std::string line = "owns";
      for (const auto& topic : *in.topic_partitions) {
        for (const std::int32_t one : topic.partitions) what.owned->push_back({name_of(topic.topic_id), one});
      }
      for (const topic_partition& one : *what.owned) line += " " + text(one);
      if (in.member_epoch > 0) events.push_back(line);
    }
    beats.push_back(what);
    told answer{.epoch = in.member_epoch == 0 ? 1 : in.member_epoch};
    if (in.member_epoch == 0) answer.assignment.emplace({topic_partition{"orders", 0}});
    if (on_beat) on_beat(what, answer, from);
    out.error_code = answer.error;
    if (answer.error != error_code::none) return;
    out.member_id = from.memory.copy(answer.member.value_or(what.member));
    out.member_epoch = answer.epoch;
    out.heartbeat_interval_ms = answer.interval_ms;
    if (!answer.assignment) return;
    auto* topics = from.memory.make<Beaten::TopicPartitions>(answer.assignment->size());
    auto* numbers = from.memory.make<std::int32_t>(answer.assignment->size());
    for (std::size_t i = 0; i < answer.assignment->size(); ++i) {
      const topic_partition& one = (*answer.assignment)[i];
      topics[i].topic_id = id_of(one.topic);
      numbers[i] = one.partition;
      topics[i].partitions = {numbers + i, 1};
    }
    out.assignment.emplace();
    out.assignment->topic_partitions = {topics, answer.assignment->size()};
  }

  protocol::uuid id_of(const std::string& name) const {
    if (const auto known = acts->topics.find(name); known != acts->topics.end()) return known->second.id;
    for (const auto& [id, had] : retired) {
      if (had == name && !id.is_zero()) return id;
    }
    return {};
  }

  void serve_committed(const protocol::OffsetFetchRequest& in, protocol::OffsetFetchResponse& out, call& from) {
    using answered = protocol::OffsetFetchResponse;
    const auto& asked = in.groups[0];
    fetched_as.emplace_back(asked.member_id ? std::string(*asked.member_id) : std::string(), asked.member_epoch);
    auto* group = from.memory.make<answered::OffsetFetchResponseGroup>(1);
    group->group_id = from.memory.copy(asked.group_id);
    out.groups = {group, 1};
    if (on_committed && (group->error_code = on_committed()) != error_code::none) return;
    if (!asked.topics) return;
    auto* topics = from.memory.make<answered::OffsetFetchResponseTopics>(asked.topics->size());
    for (std::size_t t = 0; t < asked.topics->size(); ++t) {
      const auto& indexes = (*asked.topics)[t].partition_indexes;
      topics[t].name = from.memory.copy((*asked.topics)[t].name);
      auto* parts = from.memory.make<answered::OffsetFetchResponsePartitions>(indexes.size());
      for (std::size_t p = 0; p < indexes.size(); ++p) {
        parts[p].partition_index = indexes[p];
        parts[p].committed_offset = -1;
        parts[p].metadata = "";
      }
      topics[t].partitions = {parts, indexes.size()};
    }
    group->topics = {topics, asked.topics->size()};
  }

  void serve_commit(const protocol::OffsetCommitRequest& in, protocol::OffsetCommitResponse& out, call& from) {
    using answered = protocol::OffsetCommitResponse;
    committed_as.push_back(in.generation_id_or_member_epoch);
    const error_code code = on_commit ? on_commit(from) : error_code::none;
    auto* topics = from.memory.make<answered::OffsetCommitResponseTopic>(in.topics.size());
    for (std::size_t t = 0; t < in.topics.size(); ++t) {
      topics[t].name = from.memory.copy(in.topics[t].name);
      auto* parts = from.memory.make<answered::OffsetCommitResponsePartition>(in.topics[t].partitions.size());
      for (std::size_t p = 0; p < in.topics[t].partitions.size(); ++p) {
        parts[p].partition_index = in.topics[t].partitions[p].partition_index;
        parts[p].error_code = code;
      }
      topics[t].partitions = {parts, in.topics[t].partitions.size()};
    }
    out.topics = {topics, in.topics.size()};
  }

  std::vector<said> beats;
  std::vector<std::string> events;
  std::function<void(const said&, told&, call&)> on_beat;  // changes what is told
  std::function<error_code(call&)> on_commit;
  std::function<error_code()> on_committed;
  std::vector<std::int32_t> committed_as;                        // the epochs of commits
  std::vector<std::pair<std::string, std::int32_t>> fetched_as;  // member and epoch of look-ups
};

}  // namespace ottla::test
