// consumer_group_heartbeat: ConsumerGroupHeartbeat, with what the coordinator does not know yet, and what its answers
// change.
#include <algorithm>
#include <utility>

#include "consumer_group_member.hpp"
#include "partition_lists.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::error_code;

constexpr std::int32_t joining_epoch = 0;
constexpr std::int32_t leaving_epoch = -1;
constexpr std::int32_t static_leaving_epoch = -2;  // back before the session ends (KIP-345)
constexpr std::int16_t first_version_with_pattern = 1;

// Whatever a coordinator says of it, heartbeats come no faster.
constexpr std::chrono::milliseconds least_interval{100};
// A member that died with our instance id keeps it until its session ends. Brokers allow sessions of 60 s
// (group.consumer.max.session.timeout.ms), unless told otherwise.
constexpr std::chrono::seconds longest_session{75};

error with(const error& why, std::string detail, std::string advice) {
  error_context context = why.context();
  if (!detail.empty()) context.detail = std::move(detail);
  context.advice = std::move(advice);
  return why.client() == client_code::none ? error(why.broker_code(), std::move(context))
                                           : error(why.client(), std::move(context));
}

std::string advice_for(const error& why, const consumer_config& config) {
  if (why.is(client_code::unsupported_version) || why.is(error_code::unsupported_version))
    return "the brokers do not coordinate groups of the consumer protocol (KIP-848, Kafka 4.0): set "
           "group.protocol=classic";
  if (why.is(error_code::unsupported_assignor))
    return "set group.remote.assignor to one that the brokers have (group.consumer.assignors) instead of \"" +
           config.remote_assignor + "\", or leave it empty";
  if (why.is(error_code::invalid_regular_expression))
    return "write the pattern of topics as the brokers read it (RE2), or name the topics";
  if (why.is(error_code::group_max_size_reached))
    return "the group has as many members as it may have (group.consumer.max.size): let others leave, or poll again "
           "later";
  if (why.is(error_code::group_id_not_found) || why.is(error_code::inconsistent_group_protocol))
    return "a group of another kind has this name: use another name, or set group.protocol=classic";
  return why.context().advice;
}

}  // namespace

// On the control lane: the coordinator answers at once, and offsets that are committed there come in order with it.
void consumer_group_member::step_heartbeat(instant now) {
  if (state_ != state::joining && state_ != state::stable) return;
  if (under_way_ || coordinator_.known() == no_broker) return;
  const std::optional<subscription> reads = wanted();
  if (state_ == state::joining && !reads) return;
  if (now.mono < not_before_) {
    next_ = std::min(next_, not_before_);
    return;
  }
  const bool news = state_ == state::joining || !known_ || acknowledge_ || beat_now_ || (reads && *reads != *known_);
  if (!news && now.mono < beat_due_) {
    next_ = std::min(next_, beat_due_);
    return;
  }
  if (!core_->reachable(coordinator_.known(), lane::control, owner_id::shared)) {
    not_before_ = after(now.mono, wait_->next());
    next_ = std::min(next_, not_before_);
    return coordinator_failed(coordinator_.known(), "it cannot be reached");
  }
  send_heartbeat();
}

void consumer_group_member::send_heartbeat() {
  const bool joins = state_ == state::joining;
  if (auto reads = wanted()) said_ = std::move(*reads);
  std::vector<target_partition> owned = joins ? std::vector<target_partition>() : told_owned();
  const bool all = joins || !known_;
  const bool reads_news = all || said_ != *known_;
  const bool owned_news = all || acknowledge_;
  acknowledge_ = beat_now_ = false;
  asked_in_ = under_way_ = true;
  beat_due_ = after(now_.mono, interval_);
  tally_.heartbeats.fetch_add(1, std::memory_order_relaxed);
  request ask = make_request<ConsumerGroupHeartbeatRequest>(
      [who = who_, reads = said_, owned = std::move(owned), joins, all, reads_news, owned_news, &config = config_](
          ConsumerGroupHeartbeatRequest& message, std::int16_t version, protocol::arena& memory) {
        message.group_id = who.group;
        message.member_id = who.member_id;
        message.member_epoch = joins ? joining_epoch : who.generation;
        if (!who.instance_id.empty()) message.instance_id = who.instance_id;
        if (all) message.rebalance_timeout_ms = static_cast<std::int32_t>(config.max_poll_interval.count());
        if (all && !config.rack.empty()) message.rack_id = config.rack;
        if (all && !config.remote_assignor.empty()) message.server_assignor = config.remote_assignor;
        if (reads_news) {
          auto* topics = memory.make<std::string_view>(reads.topics.size());
          std::copy(reads.topics.begin(), reads.topics.end(), topics);
          message.subscribed_topic_names.emplace(topics, reads.topics.size());
          // Empty: there is none any more.
          if (version >= first_version_with_pattern) message.subscribed_topic_regex = reads.pattern;
        }
        if (!owned_news) return;
        auto* topics = memory.make<ConsumerGroupHeartbeatRequest::TopicPartitions>(owned.size());
        auto* numbers = memory.make<std::int32_t>(owned.size());
        std::size_t count = 0;
        for (std::size_t begin = 0, end = 0; begin < owned.size(); begin = end) {
          for (end = begin; end < owned.size() && owned[end].topic == owned[begin].topic; ++end)
            numbers[end] = owned[end].partition;
          topics[count].topic_id = owned[begin].topic;
          topics[count++].partitions = {numbers + begin, end - begin};
        }
        message.topic_partitions.emplace(topics, count);
      });
  if (!said_.pattern.empty()) ask.min_version = first_version_with_pattern;
  ask.done = [self = weak(), attempt = attempt_, from = coordinator_.known()](response&& answer) {
    if (auto me = self.lock()) me->on_heartbeat(attempt, from, answer);
  };
  core_->send(route{route::target::broker, coordinator_.known(), lane::control, owner_id::shared}, std::move(ask));
}

void consumer_group_member::on_heartbeat(std::uint64_t attempt, broker_id from, const response& answer) {
  if (!attached_ || attempt != attempt_) return;
  under_way_ = false;
  dirty_ = true;
  now_ = core_->now();
  const auto message = decode<ConsumerGroupHeartbeatResponse>(answer);
  if (message && (**message).error_code == error_code::none) return heard_epoch(**message, answer);
  if (!message) return heartbeat_failed(from, message.error());
  error_context context;
  context.asked = "ConsumerGroupHeartbeat of group " + config_.group;
  context.broker = answer.broker;
  if ((**message).error_message) context.detail = std::string(*(**message).error_message);
  heartbeat_failed(from, error((**message).error_code, std::move(context)));
}

void consumer_group_member::heard_epoch(const ConsumerGroupHeartbeatResponse& told, const response& answer) {
  if (told.member_epoch <= 0) {
    error_context context;
    context.asked = "ConsumerGroupHeartbeat of group " + config_.group;
    context.broker = answer.broker;
    context.detail = "member epoch " + std::to_string(told.member_epoch) + " is none that a member can have";
    return heartbeat_failed(no_broker, error(client_code::malformed_response, std::move(context)));
  }
  wait_->reset();
  not_before_ = {};
  unreleased_until_ = never;
  known_ = said_;
  if (told.heartbeat_interval_ms > 0)
    interval_ = std::max(least_interval, std::chrono::milliseconds(told.heartbeat_interval_ms));
  beat_due_ = std::min(beat_due_, after(now_.mono, interval_));
  const bool joined = state_ == state::joining;
  // In the first version it was the coordinator who chose; the same one, unless it knows no better.
  const bool renamed = told.member_id && !told.member_id->empty() && *told.member_id != who_.member_id;
  if (renamed) who_.member_id = *told.member_id;
  if (std::exchange(who_.generation, told.member_epoch) != told.member_epoch || renamed) tell();
  if (joined) {
    move(state::stable);
    reconcile_due_ = true;
  }
  if (told.assignment) take_target(*told.assignment);
}

// The same is told again whenever we have said everything: that is no news.
void consumer_group_member::take_target(const ConsumerGroupHeartbeatResponse::Assignment& told) {
  std::vector<target_partition> target;
  for (const auto& topic : told.topic_partitions) {
    for (const std::int32_t one : topic.partitions) target.push_back({topic.topic_id, one});
  }
  std::sort(target.begin(), target.end());
  target.erase(std::unique(target.begin(), target.end()), target.end());
  if (target == target_) return;
  target_ = std::move(target);
  reconcile_due_ = true;
}

// Whatever was said may have been heard or not: the next heartbeat says everything.
void consumer_group_member::heartbeat_failed(broker_id from, const error& why) {
  known_.reset();
  not_before_ = after(now_.mono, wait_->next());
  if (why.is(client_code::closed)) return;
  if (why.is(error_code::unreleased_instance_id)) return still_in_use(why);
  // The group went with all its members, as when its offsets are gone and nobody was heard for long.
  if (why.is(error_code::group_id_not_found) && is_member()) return lose(true, std::string(why.name()));
  switch (verdict_of(why)) {
    case group_verdict::find_again:
      return coordinator_failed(from, std::string(why.name()));
    case group_verdict::forgotten:
    case group_verdict::outdated:
      return lose(true, std::string(why.name()));
    case group_verdict::fenced:
      return fence(why);
    case group_verdict::refused:
      if (is_member()) not_before_ = after(now_.mono, interval_);
      return refuse(with(why, {}, advice_for(why, config_)));
    default:
      return;
  }
}

// Whoever has our instance id left without saying so, or is still there. The one ends with its session.
void consumer_group_member::still_in_use(const error& why) {
  if (unreleased_until_ == never) {
    unreleased_until_ = after(now_.mono, longest_session);
    core_->log(log_level::warning, "group",
               config_.group + ": a member with the instance id " + config_.group_instance_id +
                   " has not left; this one joins when it does, or when its session ends");
  }
  if (now_.mono < unreleased_until_) return;
  unreleased_until_ = never;
  refuse(with(why, {},
              "another process runs with group_instance_id " + config_.group_instance_id + "; give each its own"));
}

void consumer_group_member::leave(steady_ns deadline, std::string, unique_function<void()> done) {
  if (coordinator_.known() == no_broker || !std::exchange(asked_in_, false)) return done();
  request ask = make_request<ConsumerGroupHeartbeatRequest>(
      [who = who_](ConsumerGroupHeartbeatRequest& message, std::int16_t, protocol::arena&) {
        message.group_id = who.group;
        message.member_id = who.member_id;
        message.member_epoch = who.instance_id.empty() ? leaving_epoch : static_leaving_epoch;
        if (!who.instance_id.empty()) message.instance_id = who.instance_id;
      });
  ask.deadline = deadline;
  const auto last = std::make_shared<unique_function<void()>>(std::move(done));
  ask.done = [last](response&&) { (*last)(); };
  core_->send(route{route::target::broker, coordinator_.known(), lane::control, owner_id::shared}, std::move(ask));
}

}  // namespace v0
}  // namespace ottla
