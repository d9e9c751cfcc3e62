// Incremental fetch sessions (KIP-227).
#include "cluster/fetch_sessions.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr auto evictable_after = std::chrono::seconds(120);

}  // namespace

void fetch_session::want(const fetch_target& target) {
  const auto [place, is_new] = places_.try_emplace(target.name);
  if (is_new) {
    place->second = targets_.insert(targets_.end(), target);
    return;
  }
  fetch_target& known = *place->second;
  known.current_leader_epoch = target.current_leader_epoch;
  known.fetch_offset = target.fetch_offset;
  known.last_fetched_epoch = target.last_fetched_epoch;
  known.max_bytes = target.max_bytes;
}

void fetch_session::forget(const partition_name& name) {
  const auto place = places_.find(name);
  if (place == places_.end()) return;
  targets_.erase(place->second);
  places_.erase(place);
}

std::shared_ptr<fetch_session> fetch_session_cache::find(std::int32_t id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

bool fetch_session_cache::make_room(instant now) {
  if (sessions_.size() < slots_) return true;
  const auto oldest = std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
    return a.second->last_used < b.second->last_used;
  });
  if (oldest == sessions_.end() || now.mono - oldest->second->last_used < evictable_after) return false;
  sessions_.erase(oldest);
  return true;
}

void fetch_session_cache::admit(const std::shared_ptr<fetch_session>& session, instant now) {
  session->last_used = now.mono;
  if (!make_room(now)) return;
  do {
    session->id = static_cast<std::int32_t>(random_.next() >> 33);
  } while (session->id == fetch_session::no_session || sessions_.contains(session->id));
  sessions_.emplace(session->id, session);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
