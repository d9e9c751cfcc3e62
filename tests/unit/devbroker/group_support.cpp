// Members of groups, scripted.
#include "group_support.hpp"

namespace ottla::test {
namespace {

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace

void member::send_join(std::int16_t version) {
  std::vector<protocol::JoinGroupRequest::JoinGroupRequestProtocol> protocols;
  for (const auto& [name, metadata] : offers) protocols.push_back({name, protocol::as_bytes(metadata), {}});
  protocol::JoinGroupRequest request;
  request.group_id = group_;
  request.session_timeout_ms = static_cast<std::int32_t>(session.count());
  request.rebalance_timeout_ms = static_cast<std::int32_t>(rebalance.count());
  request.member_id = id;
  request.group_instance_id = view(instance);
  request.protocol_type = type;
  request.protocols = protocols;
  client.send(request, version);
}

std::optional<joined> member::take_join(std::int16_t version) {
  const auto told = client.take<protocol::JoinGroupResponse>(version);
  if (!told) return std::nullopt;
  const auto& response = told->body;
  joined out{response.error_code,
             response.generation_id,
             std::string(response.protocol_name.value_or("")),
             std::string(response.leader),
             std::string(response.member_id),
             response.skip_assignment,
             {}};
  for (const auto& m : response.members) out.members.emplace_back(m.member_id);
  if (out.error == protocol::error_code::none) generation = out.generation;
  if (out.error == protocol::error_code::none || out.error == protocol::error_code::member_id_required)
    id = out.member_id;
  return out;
}

std::optional<joined> member::join(std::int16_t version) {
  send_join(version);
  auto told = take_join(version);
  if (!told || told->error != protocol::error_code::member_id_required) return told;
  send_join(version);
  return take_join(version);
}

void member::send_sync(const std::map<std::string, std::string>& assignments, std::int16_t version) {
  std::vector<protocol::SyncGroupRequest::SyncGroupRequestAssignment> given;
  for (const auto& [to, what] : assignments) given.push_back({to, protocol::as_bytes(what), {}});
  protocol::SyncGroupRequest request;
  request.group_id = group_;
  request.generation_id = generation;
  request.member_id = id;
  request.group_instance_id = view(instance);
  request.assignments = given;
  if (version >= 5) {
    request.protocol_type = type;
    request.protocol_name = offers.front().first;
  }
  client.send(request, version);
}

std::optional<synced> member::take_sync(std::int16_t version) {
  const auto told = client.take<protocol::SyncGroupResponse>(version);
  if (!told) return std::nullopt;
  return synced{told->body.error_code, std::string(protocol::as_text(told->body.assignment))};
}

protocol::error_code member::heartbeat() {
  protocol::HeartbeatRequest request;
  request.group_id = group_;
  request.generation_id = generation;
  request.member_id = id;
  request.group_instance_id = view(instance);
  return client.ask(request)->error_code;
}

protocol::error_code member::leave() {
  protocol::LeaveGroupRequest request;
  request.group_id = group_;
  request.member_id = id;
  return client.ask(request, 2)->error_code;
}

protocol::error_code member::commit(std::int64_t offset, std::string_view metadata, std::int16_t version) {
  protocol::OffsetCommitRequest::OffsetCommitRequestPartition partition;
  partition.committed_offset = offset;
  partition.committed_metadata = metadata;
  protocol::OffsetCommitRequest::OffsetCommitRequestTopic topic;
  topic.name = "t";
  topic.partitions = {&partition, 1};
  protocol::OffsetCommitRequest request;
  request.group_id = group_;
  request.generation_id_or_member_epoch = generation;
  request.member_id = id;
  request.group_instance_id = view(instance);
  request.topics = {&topic, 1};
  return client.ask(request, version)->topics[0].partitions[0].error_code;
}

std::int64_t member::committed() {
  std::int32_t index = 0;
  protocol::OffsetFetchRequest::OffsetFetchRequestTopic topic{"t", {&index, 1}, {}};
  protocol::OffsetFetchRequest request;
  request.group_id = group_;
  request.topics = protocol::array<protocol::OffsetFetchRequest::OffsetFetchRequestTopic>(&topic, 1);
  const auto told = client.ask(request, 7);
  EXPECT_EQ(told->error_code, protocol::error_code::none);
  return told->topics[0].partitions[0].committed_offset;
}

void pass(mock::broker& kafka, std::initializer_list<member*> members, std::chrono::milliseconds time) {
  mock::instant now = (*members.begin())->client.now;
  const mock::instant end = later(now, time);
  for (auto due = kafka.step(now); due <= end.mono; due = kafka.step(now)) now = {std::max(due, now.mono), now.wall};
  kafka.step(end);
  for (member* m : members) m->client.now = end;
}

}  // namespace ottla::test
