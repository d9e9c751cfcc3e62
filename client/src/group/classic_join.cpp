// classic_join: the two questions of a rebalance, JoinGroup and SyncGroup, and between them the leader's assignment.
#include <algorithm>
#include <utility>

#include "classic_group_member.hpp"
#include "consumer_protocol.hpp"
#include "ottla/protocol/join_group.hpp"
#include "ottla/protocol/sync_group.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

// A coordinator answers JoinGroup when all members came or the rebalance is over; a little more for the way.
constexpr std::chrono::seconds join_grace{5};

}  // namespace

void classic_group_member::step_join(instant now) {
  const bool due = state_ == state::joining || state_ == state::syncing;
  if (!due || under_way_ || coordinator_.known() == no_broker) return;
  if (pattern_ && !pattern_known_) return;
  if (now.mono < not_before_) {
    next_ = std::min(next_, not_before_);
    return;
  }
  // The lane of this owner: what waits for the slowest member of the group must hold up nothing else.
  if (!core_->reachable(coordinator_.known(), lane::group, owner_)) {
    not_before_ = after(now.mono, wait_->next());
    next_ = std::min(next_, not_before_);
    return coordinator_failed(coordinator_.known(), "it cannot be reached");
  }
  under_way_ = true;
  if (state_ == state::joining) {
    send_join();
  } else {
    send_sync();
  }
}

void classic_group_member::send_join() {
  struct offer {
    std::string name;
    std::vector<std::byte> metadata;
  };
  // The sticky assignors keep what a member had: the cooperative one what it has, the eager one what it gave up.
  subscription_of_member mine;
  if (!config_.rack.empty()) mine.rack = config_.rack;  // of use to leaders that assign by racks (KIP-881)
  mine.topics.assign(topics_.begin(), topics_.end());
  std::vector<offer> offers;
  for (const assignor one : config_.assignors) {
    mine.owned = cooperative_ ? owned_ : one == assignor::sticky ? claims_ : std::vector<topic_partition>();
    mine.generation = mine.owned.empty() ? -1 : claims_generation_;
    auto encoded = encode_subscription(one, mine);
    if (!encoded) {
      under_way_ = false;
      return refuse(encoded.error());
    }
    offers.push_back({std::string(name_of(one)), std::move(*encoded)});
  }
  joined_topics_ = topics_;
  request ask = make_request<JoinGroupRequest>(
      [who = who_, offers = std::move(offers), reason = std::exchange(reason_, {}), &config = config_](
          JoinGroupRequest& message, std::int16_t version, protocol::arena& memory) {
        message.group_id = who.group;
        message.member_id = who.member_id;
        message.session_timeout_ms = static_cast<std::int32_t>(config.session_timeout.count());
        if (version >= 1) message.rebalance_timeout_ms = static_cast<std::int32_t>(config.max_poll_interval.count());
        if (version >= 5 && !who.instance_id.empty()) message.group_instance_id = who.instance_id;
        if (version >= 8 && !reason.empty()) message.reason = reason;
        message.protocol_type = "consumer";
        auto* protocols = memory.make<JoinGroupRequest::JoinGroupRequestProtocol>(offers.size());
        for (std::size_t i = 0; i < offers.size(); ++i) {
          protocols[i].name = offers[i].name;
          protocols[i].metadata = offers[i].metadata;
        }
        message.protocols = {protocols, offers.size()};
      });
  if (!who_.instance_id.empty()) ask.min_version = 5;
  ask.timeout =
      std::max<std::chrono::nanoseconds>(core_->config().request_timeout, config_.max_poll_interval + join_grace);
  ask.done = [self = weak(), attempt = attempt_, from = coordinator_.known()](response&& answer) {
    if (auto me = self.lock()) me->on_join(attempt, from, answer);
  };
  core_->send(route{route::target::broker, coordinator_.known(), lane::group, owner_}, std::move(ask));
}

void classic_group_member::on_join(std::uint64_t attempt, broker_id from, const response& answer) {
  if (!attached_ || attempt != attempt_ || state_ != state::joining) return;
  under_way_ = false;
  dirty_ = true;
  now_ = core_->now();
  const auto message = decode<JoinGroupResponse>(answer);
  if (message && (**message).error_code == protocol::error_code::none) return joined(**message, answer);
  error why;
  if (message) {
    error_context context;
    context.asked = "JoinGroup of group " + config_.group;
    context.broker = answer.broker;
    why = error((**message).error_code, std::move(context));
  } else {
    why = message.error();
  }
  const group_verdict verdict = verdict_of(why);
  if (message && !(**message).member_id.empty() && verdict == group_verdict::needs_id) {
    who_.member_id = (**message).member_id;  // and at once again (KIP-394)
    return;
  }
  again_later(verdict, from, why);
}

// A join or a sync that came to nothing; both are begun again with a JoinGroup.
void classic_group_member::again_later(group_verdict verdict, broker_id from, const error& why) {
  switch (verdict) {
    case group_verdict::rejoin:
      break;
    case group_verdict::find_again:
      coordinator_failed(from, std::string(why.name()));
      break;
    case group_verdict::forgotten:
      lose(true, std::string(why.name()));
      break;
    case group_verdict::outdated:
      lose(false, std::string(why.name()));
      break;
    case group_verdict::fenced:
      return fence(why);
    case group_verdict::refused: {
      if (why.is(client_code::closed)) return;
      if (owned_.empty()) {
        who_.generation = -1;
      } else {
        lose(false, std::string(why.name()));  // the group goes on without us
      }
      return refuse(why);
    }
    default:
      break;
  }
  if (state_ == state::syncing || state_ == state::assigning) move(state::joining);
  not_before_ = after(now_.mono, wait_->next());
}

void classic_group_member::joined(const JoinGroupResponse& told, const response& answer) {
  who_.member_id = told.member_id;
  who_.generation = told.generation_id;
  leader_ = told.leader == told.member_id;
  protocol_ = told.protocol_name ? std::string(*told.protocol_name) : std::string();
  beat_due_ = after(now_.mono, config_.heartbeat_interval);
  assignments_.clear();
  members_.clear();
  assigned_sizes_.clear();
  tell();
  const auto chosen = assignor_named(protocol_);
  const auto malformed_by = [&](std::string detail) {
    error_context context;
    context.asked = "JoinGroup of group " + config_.group;
    context.broker = answer.broker;
    context.detail = std::move(detail);
    return error(client_code::malformed_response, std::move(context));
  };
  if (told.generation_id < 0 || told.member_id.empty() || !chosen ||
      std::find(config_.assignors.begin(), config_.assignors.end(), *chosen) == config_.assignors.end()) {
    who_.generation = -1;
    return refuse(malformed_by("it names assignor \"" + protocol_ + "\", generation " +
                               std::to_string(told.generation_id) + ", which we never offered or cannot be"));
  }
  if (!leader_) return move(state::syncing);
  for (const auto& one : told.members) {
    auto decoded = decode_subscription(*chosen, one.metadata);
    if (!decoded) {
      // One member's nonsense must not stop the group: it gets nothing.
      core_->log(log_level::warning, "group",
                 config_.group + ": member " + std::string(one.member_id) + ": " + decoded.error().message());
      decoded = subscription_of_member{};
    }
    decoded->member_id = one.member_id;
    if (one.group_instance_id) decoded->instance_id = std::string(*one.group_instance_id);
    members_.push_back(std::move(*decoded));
  }
  std::set<std::string> names;
  for (const subscription_of_member& one : members_) names.insert(one.topics.begin(), one.topics.end());
  want(group_topics_, std::move(names));
  if (told.skip_assignment) {  // a leader that came back: the assignment stands (KIP-814)
    if (const auto sizes = sizes_of(group_topics_, true)) assigned_sizes_ = *sizes;
    return move(state::syncing);
  }
  // Long before the others' patience ends.
  sizes_deadline_ = after(
      now_.mono, std::min<std::chrono::nanoseconds>(core_->config().request_timeout, config_.session_timeout / 2));
  move(state::assigning);
}

// Nothing while a topic is not known yet, unless it is `late`: then it counts as empty.
std::optional<std::vector<topic_size>> classic_group_member::sizes_of(const std::set<std::string>& names,
                                                                      bool late) const {
  std::vector<topic_size> out;
  for (const std::string& name : names) {
    const topic_metadata* known = core_->meta().find(name);
    const bool settled =
        known != nullptr && (known->error == protocol::error_code::none ||
                             known->unknown_answers >= unknown_answers_bound || !protocol::retriable(known->error));
    if (!settled && !late) return std::nullopt;
    const bool there = known != nullptr && known->error == protocol::error_code::none;
    if (there) out.push_back({name, static_cast<std::int32_t>(known->partitions.size())});
  }
  return out;
}

void classic_group_member::step_assign(instant now) {
  if (state_ != state::assigning) return;
  const bool late = now.mono >= sizes_deadline_;
  const auto sizes = sizes_of(group_topics_, late);
  if (!sizes) {
    next_ = std::min(next_, sizes_deadline_);
    return;
  }
  assigned_sizes_ = *sizes;
  assignments_ = assign_partitions(*assignor_named(protocol_), std::move(members_), assigned_sizes_);
  members_.clear();
  std::size_t partitions = 0;
  for (const member_assignment& one : assignments_) partitions += one.partitions.size();
  core_->log(log_level::info, "group",
             config_.group + ": generation " + std::to_string(who_.generation) + ", " + protocol_ + ": " +
                 std::to_string(partitions) + " partitions for " + std::to_string(assignments_.size()) + " members");
  move(state::syncing);
  step_join(now);
}

void classic_group_member::send_sync() {
  struct share {
    std::string member_id;
    std::vector<std::byte> assignment;
  };
  std::vector<share> shares;
  for (const member_assignment& one : assignments_) {
    auto encoded = encode_assignment(one.partitions);
    if (!encoded) {
      under_way_ = false;
      who_.generation = -1;
      return refuse(encoded.error());
    }
    shares.push_back({one.member_id, std::move(*encoded)});
  }
  request ask =
      make_request<SyncGroupRequest>([who = who_, shares = std::move(shares), chosen = protocol_](
                                         SyncGroupRequest& message, std::int16_t version, protocol::arena& memory) {
        message.group_id = who.group;
        message.member_id = who.member_id;
        message.generation_id = who.generation;
        if (version >= 3 && !who.instance_id.empty()) message.group_instance_id = who.instance_id;
        if (version >= 5) message.protocol_type = "consumer";
        if (version >= 5) message.protocol_name = chosen;
        auto* out = memory.make<SyncGroupRequest::SyncGroupRequestAssignment>(shares.size());
        for (std::size_t i = 0; i < shares.size(); ++i) {
          out[i].member_id = shares[i].member_id;
          out[i].assignment = shares[i].assignment;
        }
        message.assignments = {out, shares.size()};
      });
  ask.timeout =
      std::max<std::chrono::nanoseconds>(core_->config().request_timeout, config_.max_poll_interval + join_grace);
  ask.done = [self = weak(), attempt = attempt_, from = coordinator_.known()](response&& answer) {
    if (auto me = self.lock()) me->on_sync(attempt, from, answer);
  };
  core_->send(route{route::target::broker, coordinator_.known(), lane::group, owner_}, std::move(ask));
}

void classic_group_member::on_sync(std::uint64_t attempt, broker_id from, const response& answer) {
  if (!attached_ || attempt != attempt_ || state_ != state::syncing) return;
  under_way_ = false;
  dirty_ = true;
  now_ = core_->now();
  const auto message = decode<SyncGroupResponse>(answer);
  error_context context;
  context.asked = "SyncGroup of group " + config_.group;
  context.broker = answer.broker;
  if (!message) return again_later(verdict_of(message.error()), from, message.error());
  if ((**message).error_code != protocol::error_code::none) {
    const error why((**message).error_code, std::move(context));
    return again_later(verdict_of(why), from, why);
  }
  auto assignment = decode_assignment((**message).assignment);
  if (!assignment) {
    core_->log(log_level::warning, "group",
               config_.group + ": what the leader assigned: " + assignment.error().message());
    return again_later(group_verdict::try_again, from, assignment.error());
  }
  synchronised(std::move(*assignment));
}

void classic_group_member::synchronised(std::vector<topic_partition> assignment) {
  std::sort(assignment.begin(), assignment.end());
  assignment.erase(std::unique(assignment.begin(), assignment.end()), assignment.end());
  claims_ = assignment;
  claims_generation_ = who_.generation;
  assignments_.clear();
  wait_->reset();
  tally_.rebalances.fetch_add(1, std::memory_order_relaxed);
  tell();
  move(state::stable);
  seam_->give(rebalance_task::kind::assign, std::move(assignment));
  // What changed while the others were waited for.
  if (joined_topics_ != topics_) rejoin("the subscription changed");
}

}  // namespace v0
}  // namespace ottla
