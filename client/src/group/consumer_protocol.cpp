// consumer_protocol: from the members' own words to generated messages, and back within a bound.
#include "consumer_protocol.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ottla/protocol/consumer_protocol_assignment.hpp"
#include "ottla/protocol/consumer_protocol_subscription.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"
#include "partition_lists.hpp"
#include "sticky_user_data.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::ConsumerProtocolAssignment;
using protocol::ConsumerProtocolSubscription;

template <class Message>
result<std::vector<std::byte>> with_version(const Message& message) {
  protocol::writer out;
  out.int16(Message::max_version);
  protocol::write(out, message, Message::max_version);
  if (!out.ok()) {
    error_context context;
    context.asked = std::string(Message::name);
    context.detail = std::string(out.error_field()) + ": " + std::string(describe(out.error()));
    return error(client_code::invalid_argument, std::move(context));
  }
  return std::vector<std::byte>(out.view().begin(), out.view().end());
}

error malformed_member(std::string_view message_name, std::string_view why) {
  error_context context;
  context.asked = std::string(message_name);
  context.detail = "what another member of the group sent cannot be decoded: " + std::string(why);
  context.advice = "all members must use the consumer protocol";
  return error(client_code::malformed_response, std::move(context));
}

/// Newer versions add fields at the end, so that what we know of them reads as before.
template <class Message>
error read_versioned(protocol::reader& in, Message& out) {
  const std::int16_t version = in.int16();
  if (in.ok() && version < 0) return malformed_member(Message::name, "negative version");
  if (in.ok()) protocol::read(in, out, std::min(version, Message::max_version));
  return in.ok() ? error() : malformed_member(Message::name, describe(in.error()));
}

template <class Lists>
bool copy_lists(const Lists& lists, partition_copier& within, std::vector<topic_partition>& out) {
  return std::all_of(lists.begin(), lists.end(),
                     [&](const auto& one) { return within.copy(one.topic, one.partitions, out); });
}

}  // namespace

result<std::vector<std::byte>> encode_subscription(assignor which, const subscription_of_member& said) {
  std::vector<std::string_view> topics(said.topics.begin(), said.topics.end());
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  partitions_by_topic owned(which == assignor::sticky ? std::span<const topic_partition>() : said.owned);
  auto lists = owned.wire<ConsumerProtocolSubscription::TopicPartition>();
  std::vector<std::byte> user_data;
  ConsumerProtocolSubscription message;
  const bool had_any = !said.owned.empty() || said.generation >= 0;
  if (which == assignor::sticky && had_any) user_data = encode_sticky_history(said.owned, said.generation);
  if (which == assignor::cooperative_sticky) user_data = encode_cooperative_generation(said.generation);
  if (!user_data.empty()) message.user_data = user_data;
  message.topics = topics;
  message.owned_partitions = lists;
  message.generation_id = said.generation;
  if (said.rack) message.rack_id = *said.rack;
  return with_version(message);
}

result<subscription_of_member> decode_subscription(assignor which, protocol::bytes_view metadata) {
  protocol::arena memory(max_decoded_member);
  protocol::reader in(metadata, memory);
  ConsumerProtocolSubscription message;
  if (error why = read_versioned(in, message)) return why;
  subscription_of_member out;
  partition_copier within(max_decoded_member);
  bool fits = within.charge(message.topics.size() * sizeof(std::string));
  for (const std::string_view topic : message.topics) fits = fits && within.charge(topic.size());
  if (!fits) return malformed_member(ConsumerProtocolSubscription::name, "too many topics");
  out.topics.assign(message.topics.begin(), message.topics.end());
  out.generation = std::max(message.generation_id, -1);
  if (message.rack_id) out.rack = std::string(*message.rack_id);
  const protocol::bytes_view user_data = message.user_data.value_or(protocol::bytes_view());
  if (which == assignor::sticky) {
    // Eager: what the member says it owns is what it has not given up yet. What it had stands in the user data.
    auto had = decode_sticky_history(user_data, within);
    out.generation = had ? std::max(had->generation, -1) : -1;
    if (had) out.owned = std::move(had->owned);
    return out;
  }
  if (!copy_lists(message.owned_partitions, within, out.owned)) {
    return malformed_member(ConsumerProtocolSubscription::name, "too many partitions");
  }
  if (which == assignor::cooperative_sticky && out.generation < 0) {
    out.generation = std::max(decode_cooperative_generation(user_data), -1);
  }
  return out;
}

result<std::vector<std::byte>> encode_assignment(std::span<const topic_partition> partitions) {
  partitions_by_topic assigned(partitions);
  auto lists = assigned.wire<ConsumerProtocolAssignment::TopicPartition>();
  ConsumerProtocolAssignment message;
  message.assigned_partitions = lists;
  return with_version(message);
}

result<std::vector<topic_partition>> decode_assignment(protocol::bytes_view assignment) {
  std::vector<topic_partition> out;
  if (assignment.empty()) return out;
  protocol::arena memory(max_decoded_member);
  protocol::reader in(assignment, memory);
  ConsumerProtocolAssignment message;
  if (error why = read_versioned(in, message)) return why;
  partition_copier within(max_decoded_member);
  if (!copy_lists(message.assigned_partitions, within, out)) {
    return malformed_member(ConsumerProtocolAssignment::name, "too many partitions");
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (std::any_of(out.begin(), out.end(), [](const auto& where) { return where.partition < 0; })) {
    return malformed_member(ConsumerProtocolAssignment::name, "a negative partition");
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
