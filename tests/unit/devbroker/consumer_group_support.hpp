// A member of a group of the consumer protocol (KIP-848), scripted: its heartbeats, and what it is told.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ottla/protocol/consumer_group_describe.hpp"
#include "ottla/protocol/consumer_group_heartbeat.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "support.hpp"

namespace ottla::test {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::error_code;
using partitions = std::map<protocol::uuid, std::vector<std::int32_t>>;

/// One member with a connection of its own; what it is told it keeps.
class reader {
 public:
  reader(mock::broker& to, std::string name, std::vector<std::string_view> topics = {"t"})
      : client(to), id(std::move(name)), topics_(std::move(topics)) {}

  client_end client;
  std::string id;
  std::optional<std::string_view> instance;
  std::int32_t epoch = 0;
  std::optional<partitions> given;  // of the last answer

  error_code join(std::string_view assignor = "uniform") {
    epoch = 0;
    has.clear();
    ConsumerGroupHeartbeatRequest r = request();
    r.rebalance_timeout_ms = 30'000;
    r.subscribed_topic_names.emplace(topics_.data(), topics_.size());
    r.server_assignor = assignor;
    r.topic_partitions.emplace();
    return send(r);
  }
  error_code beat() { return send(request()); }
  /// With all that it was given.
  error_code own() {
    ConsumerGroupHeartbeatRequest r = request();
    std::vector<ConsumerGroupHeartbeatRequest::TopicPartitions> said;
    for (auto& [topic, indexes] : has) said.push_back({topic, {indexes.data(), indexes.size()}, {}});
    r.topic_partitions.emplace(said.data(), said.size());
    return send(r);
  }
  error_code leave(std::int32_t as = -1) {
    epoch = as;
    return send(request());
  }
  error_code commit(std::int32_t partition, std::int32_t with_epoch, std::int16_t version = 9) {
    protocol::OffsetCommitRequest r;
    protocol::OffsetCommitRequest::OffsetCommitRequestPartition p;
    p.partition_index = partition;
    p.committed_offset = 5;
    protocol::OffsetCommitRequest::OffsetCommitRequestTopic t;
    t.name = "t";
    t.partitions = {&p, 1};
    r.group_id = "g";
    r.member_id = id;
    r.generation_id_or_member_epoch = with_epoch;
    r.topics = {&t, 1};
    return client.ask(r, version)->topics[0].partitions[0].error_code;
  }
  std::size_t count() const {
    std::size_t sum = 0;
    for (const auto& [topic, indexes] : has) sum += indexes.size();
    return sum;
  }
  std::vector<std::int32_t> indexes() const { return has.empty() ? std::vector<std::int32_t>{} : has.begin()->second; }
  ConsumerGroupHeartbeatRequest request() {
    ConsumerGroupHeartbeatRequest r;
    r.group_id = "g";
    r.member_id = id;
    r.member_epoch = epoch;
    r.instance_id = instance;
    return r;
  }
  error_code send(const ConsumerGroupHeartbeatRequest& r) {
    const auto told = client.ask(r);
    given.reset();
    if (told->error_code != error_code::none) return told->error_code;
    epoch = told->member_epoch;
    if (!told->assignment) return error_code::none;
    given.emplace();
    for (const auto& t : told->assignment->topic_partitions)
      (*given)[t.topic_id].assign(t.partitions.begin(), t.partitions.end());
    has = *given;
    return error_code::none;
  }
  partitions has;

 private:
  std::vector<std::string_view> topics_;
};

class ConsumerGroups : public ::testing::Test {
 protected:
  ConsumerGroups() { kafka.create_topic("t", 4); }

  void pass(std::initializer_list<reader*> members, std::chrono::milliseconds by) {
    now = later(now, by);
    for (reader* m : members) m->client.now = now;
    kafka.step(now);
  }
  /// State, group epoch, assignment epoch.
  std::tuple<std::string, std::int32_t, std::int32_t> standing(mock::broker& of) {
    client_end by(of, 0, now);
    std::string_view group = "g";
    protocol::ConsumerGroupDescribeRequest r;
    r.group_ids = {&group, 1};
    const auto told = by.ask(r);
    const auto& g = told->groups[0];
    if (g.error_code != error_code::none) return {std::string(protocol::name(g.error_code)), 0, 0};
    return {std::string(g.group_state), g.group_epoch, g.assignment_epoch};
  }
  using stand = std::tuple<std::string, std::int32_t, std::int32_t>;

  mock::broker kafka{{}};
  mock::instant now = start;
};

}  // namespace ottla::test
