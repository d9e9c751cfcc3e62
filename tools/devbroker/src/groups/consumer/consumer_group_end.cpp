// Members of a group of the consumer protocol go: by their own will, by an administrator, or because they are silent.
#include <algorithm>
#include <utility>
#include <vector>

#include "groups/consumer/consumer_group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// The others hear of it with their next heartbeats.
void consumer_group::fence(const std::string& member_id) {
  const auto at = members_.find(member_id);
  release(at->second);
  members_.erase(at);
  std::erase_if(topics_, [&](const auto& known) { return !is_subscribed(known.first); });
}

heartbeat_result consumer_group::leave(const consumer_heartbeat& request) {
  const auto named = members_.find(request.member_id);
  const consumer_member* known = named == members_.end() ? nullptr : &named->second;
  if (request.instance_id) known = static_member(*request.instance_id);
  if (known == nullptr) return {.error = error_code::unknown_member_id, .why = "There is no such member."};
  if (known->id != request.member_id)
    return {.error = error_code::fenced_instance_id, .why = "Another member has this instance id by now."};
  heartbeat_result out{.member_id = known->id, .epoch = request.epoch};
  if (!request.instance_id || request.epoch != static_leaving_epoch) {
    fence(out.member_id);
    bump();
    return out;
  }
  // It keeps what it has until it is back or its session ends.
  consumer_member& m = members_.find(out.member_id)->second;
  release(m);
  m.epoch = static_leaving_epoch;
  m.revoking.clear();
  m.revoke_end = no_deadline;
  hold(m);
  ++changes_;
  return out;
}

error_code consumer_group::remove(std::string_view member_id, const std::optional<std::string_view>& instance_id) {
  const auto named = members_.find(member_id);
  const consumer_member* known = named == members_.end() ? nullptr : &named->second;
  if (instance_id) known = static_member(*instance_id);
  if (known == nullptr) return error_code::unknown_member_id;
  if (!member_id.empty() && known->id != member_id) return error_code::fenced_instance_id;
  fence(std::string(known->id));
  bump();
  return error_code::none;
}

bool consumer_group::expire(time_point now) {
  if (std::exchange(sessions_restart_, false)) {
    for (auto& [id, m] : members_) {
      m.session_end = now + options_.consumer_session_timeout;
      if (m.state == member_state::unrevoked) m.revoke_end = now + m.rebalance_timeout;
    }
    return true;
  }
  std::vector<std::string> gone;
  for (const auto& [id, m] : members_)
    if (std::min(m.session_end, m.revoke_end) <= now) gone.push_back(id);
  for (const std::string& id : gone) {
    fence(id);
    bump();
  }
  return !gone.empty();
}

std::chrono::nanoseconds consumer_group::deadline() const {
  if (sessions_restart_) return {};
  time_point next = no_deadline;
  for (const auto& [id, m] : members_) next = std::min({next, m.session_end, m.revoke_end});
  return next;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
