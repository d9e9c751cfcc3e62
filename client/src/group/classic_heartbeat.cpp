// classic_heartbeat: staying a member whatever the application does, and leaving when it does nothing any more.
#include <algorithm>
#include <utility>

#include "classic_group_member.hpp"
#include "ottla/protocol/heartbeat.hpp"
#include "ottla/protocol/leave_group.hpp"

namespace ottla {
inline namespace v0 {

// On the control lane: a JoinGroup or a long poll holds its own connection, never this one.
void classic_group_member::step_heartbeat(instant now) {
  if (!is_member() || beat_under_way_ || coordinator_.known() == no_broker) return;
  if (state_ == state::joining || state_ == state::idle || state_ >= state::away) return;
  if (now.mono < beat_due_) {
    next_ = std::min(next_, beat_due_);
    return;
  }
  beat_under_way_ = true;
  tally_.heartbeats.fetch_add(1, std::memory_order_relaxed);
  beat_due_ = after(now.mono, config_.heartbeat_interval);
  request ask = make_request<protocol::HeartbeatRequest>(
      [who = who_](protocol::HeartbeatRequest& message, std::int16_t version, protocol::arena&) {
        message.group_id = who.group;
        message.member_id = who.member_id;
        message.generation_id = who.generation;
        if (version >= 3 && !who.instance_id.empty()) message.group_instance_id = who.instance_id;
      });
  // An answer that comes after the session is over is of no use.
  ask.timeout = std::min<std::chrono::nanoseconds>(core_->config().request_timeout, config_.session_timeout);
  ask.done = [self = weak(), from = coordinator_.known(), as = who_](response&& answer) {
    if (auto me = self.lock()) me->on_heartbeat(from, as, answer);
  };
  core_->send(route{route::target::broker, coordinator_.known(), lane::control, owner_id::shared}, std::move(ask));
}

void classic_group_member::on_heartbeat(broker_id from, const group_identity& as, const response& answer) {
  beat_under_way_ = false;
  dirty_ = true;
  if (!attached_) return;
  now_ = core_->now();
  const auto message = decode<protocol::HeartbeatResponse>(answer);
  error why;
  if (!message) {
    why = message.error();
  } else if ((**message).error_code != protocol::error_code::none) {
    error_context context;
    context.asked = "Heartbeat of group " + config_.group;
    context.broker = answer.broker;
    why = error((**message).error_code, std::move(context));
  }
  if (!why) return;
  const group_verdict verdict = verdict_of(why);
  if (verdict == group_verdict::refused) {
    if (!why.is(client_code::closed)) seam_->fail(why, false);
    return;
  }
  // The session runs on while the coordinator is looked for: the next one goes out as soon as it is known.
  if (verdict == group_verdict::find_again) beat_due_ = after(now_.mono, wait_->next());
  heard(verdict, from, as, why);
}

// A static member stays: it is expected back before its session ends (C-44).
bool classic_group_member::has_to_leave() const { return who_.instance_id.empty() && !who_.member_id.empty(); }

void classic_group_member::leave(steady_ns deadline, std::string reason, unique_function<void()> done) {
  if (coordinator_.known() == no_broker || !has_to_leave()) return done();
  request ask = make_request<protocol::LeaveGroupRequest>(
      [who = who_, reason = std::move(reason)](protocol::LeaveGroupRequest& message, std::int16_t version,
                                               protocol::arena& memory) {
        message.group_id = who.group;
        if (version < 3) {
          message.member_id = who.member_id;
          return;
        }
        auto* one = memory.make<protocol::LeaveGroupRequest::MemberIdentity>(1);
        one->member_id = who.member_id;
        if (version >= 5) one->reason = reason;
        message.members = {one, 1};
      });
  ask.deadline = deadline;
  const auto last = std::make_shared<unique_function<void()>>(std::move(done));
  ask.done = [last](response&&) { (*last)(); };
  core_->send(route{route::target::broker, coordinator_.known(), lane::control, owner_id::shared}, std::move(ask));
}

}  // namespace v0
}  // namespace ottla
