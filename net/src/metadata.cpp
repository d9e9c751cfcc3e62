// metadata: what an answer changes, and when the next question is due.
#include "ottla/net/metadata.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

void metadata::want_topic(std::string_view name, steady_ns) {
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    found = topics_.emplace(std::string(name), topic_metadata{}).first;
    found->second.error = protocol::error_code::leader_not_available;
    request_refresh();
  }
  ++found->second.wanted;
}

void metadata::release_topic(std::string_view name) {
  auto found = topics_.find(name);
  if (found == topics_.end() || --found->second.wanted > 0) return;
  names_.erase(found->second.id);
  topics_.erase(found);
}

const topic_metadata* metadata::find(std::string_view name) const {
  auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

std::string_view metadata::name_of(const protocol::uuid& id) const {
  auto found = names_.find(id);
  return found == names_.end() ? std::string_view{} : std::string_view(found->second);
}

namespace {

// Numbers below 0 are not those of brokers: the core has some of them for bootstrap addresses.
bool may_be_broker(broker_id id, const host_port& address) {
  return static_cast<std::int32_t>(id) >= 0 && !address.host.empty();
}

}  // namespace

bool metadata::apply_leader_hint(std::string_view topic, std::int32_t partition, broker_id leader, std::int32_t epoch) {
  auto found = topics_.find(topic);
  if (found == topics_.end() || partition < 0 ||
      static_cast<std::size_t>(partition) >= found->second.partitions.size()) {
    return false;
  }
  partition_metadata& known = found->second.partitions[static_cast<std::size_t>(partition)];
  if (leader == no_broker || epoch <= known.leader_epoch || !brokers_.contains(leader)) return false;
  known.leader = leader;
  known.leader_epoch = epoch;
  known.error = protocol::error_code::none;
  ++generation_;
  return true;
}

void metadata::apply_broker_hint(broker_id id, host_port address) {
  if (may_be_broker(id, address)) brokers_[id] = std::move(address);
}

bool metadata::due(steady_ns now) const {
  if (under_way_) return false;
  if (now < not_before_) return false;
  return refresh_wanted_ || now >= expires_;
}

steady_ns metadata::next_deadline() const {
  if (under_way_) return never;
  return refresh_wanted_ ? not_before_ : std::max(expires_, not_before_);
}

void metadata::started() {
  under_way_ = true;
  refresh_wanted_ = false;
}

std::vector<std::string> metadata::wanted_topics() const {
  std::vector<std::string> out;
  for (const auto& [name, topic] : topics_) out.push_back(name);
  return out;
}

void metadata::applied(const protocol::MetadataResponse& answer, steady_ns now, random_stream& rng) {
  under_way_ = false;
  failing_since_ = never;
  ever_applied_ = true;
  last_failure_ = {};
  ++generation_;
  std::map<broker_id, host_port> brokers;
  for (const auto& broker : answer.brokers) {
    host_port address{std::string(broker.host), static_cast<std::uint16_t>(broker.port)};
    if (may_be_broker(broker.node_id, address)) brokers[broker.node_id] = std::move(address);
  }
  // An answer without brokers comes from a node that just started: what is known stays.
  if (!brokers.empty()) {
    brokers_ = std::move(brokers);
    controller_ = answer.controller_id;
  }
  if (answer.cluster_id) cluster_id_ = *answer.cluster_id;
  bool incomplete = false;
  for (const auto& topic : answer.topics) {
    apply_topic(topic);
    auto found = topic.name ? topics_.find(*topic.name) : topics_.end();
    if (found == topics_.end()) continue;
    incomplete = incomplete || found->second.error != protocol::error_code::none;
    for (const auto& one : found->second.partitions) incomplete = incomplete || one.leader == no_broker;
  }
  for (const auto& [name, topic] : topics_) {
    incomplete = incomplete || (topic.partitions.empty() && topic.error != protocol::error_code::none);
  }
  // Jitter: many clients started together do not ask together for ever.
  const auto jitter = static_cast<std::uint64_t>(max_age_.count()) / 5;
  expires_ = after(now, max_age_ - std::chrono::nanoseconds(rng.below(jitter + 1)));
  if (incomplete) {
    refresh_wanted_ = true;
    not_before_ = after(now, retry_.next());
  } else {
    retry_.reset();
    not_before_ = after(now, std::chrono::milliseconds(20));
  }
}

void metadata::apply_topic(const protocol::MetadataResponse::MetadataResponseTopic& topic) {
  if (!topic.name) return;
  auto found = topics_.find(*topic.name);
  if (found == topics_.end()) return;
  topic_metadata& known = found->second;
  known.error = topic.error_code;
  const bool unknown = known.error == protocol::error_code::unknown_topic_or_partition;
  known.unknown_answers = unknown ? known.unknown_answers + 1 : 0;
  if (known.error != protocol::error_code::none) return;
  if (known.id != topic.topic_id) {
    // Created anew under the same name: epochs and partitions start over (KIP-516).
    if (!known.id.is_zero() && !topic.topic_id.is_zero()) known.partitions.clear();
    names_.erase(known.id);
    known.id = topic.topic_id;
    if (!known.id.is_zero()) names_[known.id] = found->first;
  }
  for (const auto& heard : topic.partitions) {
    if (heard.partition_index < 0 || heard.partition_index >= (1 << 20)) continue;
    const auto index = static_cast<std::size_t>(heard.partition_index);
    // A count never shrinks on a partial answer (C-17).
    if (index >= known.partitions.size()) known.partitions.resize(index + 1);
    partition_metadata& mine = known.partitions[index];
    // An older epoch is an old view: what is known is newer (C-34). -1 means that there is no leader or that the broker
    // knows no epochs.
    if (heard.leader_epoch >= 0 && heard.leader_epoch < mine.leader_epoch) continue;
    mine.leader = heard.leader_id;
    mine.error = heard.error_code;
    mine.leader_epoch = std::max(mine.leader_epoch, heard.leader_epoch);
  }
}

void metadata::failed(error why, steady_ns now) {
  last_failure_ = std::move(why);
  under_way_ = false;
  refresh_wanted_ = true;
  not_before_ = after(now, retry_.next());
  stumbled(now);
  ++generation_;
}

// The backoff of the refresh that failed holds: a cluster that asks for this again and again is not asked in a loop.
void metadata::rebootstrap() {
  brokers_.clear();
  controller_ = no_broker;
  failing_since_ = never;
  under_way_ = false;
  refresh_wanted_ = true;
  ++generation_;
}

}  // namespace v0
}  // namespace ottla
