// fetch_session: the difference between what a broker was told and what is wanted now.
#include "fetch_session.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

bool before(const fetch_entry& a, const fetch_entry& b) { return *a.where < *b.where; }

bool same_on_wire(const fetch_entry& a, const fetch_entry& b) {
  return a.offset == b.offset && a.leader_epoch == b.leader_epoch && a.max_bytes == b.max_bytes;
}

}  // namespace

fetch_session::plan fetch_session::next(std::vector<fetch_entry> wanted) {
  plan out;
  out.session_id = sessionless_ ? 0 : id_;
  out.session_epoch = sessionless_ ? -1 : epoch_;
  out.full = sessionless_ || epoch_ == 0;
  pending_ = std::move(wanted);
  out.all = pending_;
  // A broker fills an answer from the front of the list. In a session it rotates that itself.
  if (sessionless_ && !out.all.empty()) {
    std::rotate(out.all.begin(), out.all.begin() + static_cast<std::ptrdiff_t>(turn_++ % out.all.size()),
                out.all.end());
  }
  if (out.full) return out;
  auto old = told_.begin();
  for (const fetch_entry& now : pending_) {
    while (old != told_.end() && before(*old, now)) out.forgotten.push_back(*old++);
    if (old == told_.end() || before(now, *old)) {
      out.changed.push_back(now);
      continue;
    }
    const bool reborn = old->topic_id != now.topic_id;  // the same name, another topic
    if (reborn) out.forgotten.push_back(*old);
    if (reborn || !same_on_wire(*old, now)) out.changed.push_back(now);
    ++old;
  }
  out.forgotten.insert(out.forgotten.end(), old, told_.end());
  return out;
}

void fetch_session::accepted(std::int32_t session_id) {
  told_ = std::move(pending_);
  pending_.clear();
  if (sessionless_) return;
  if (session_id == 0) {  // no room for us: ask again with the next request
    id_ = epoch_ = 0;
    return;
  }
  id_ = session_id;
  epoch_ = epoch_ == std::numeric_limits<std::int32_t>::max() ? 1 : epoch_ + 1;
}

bool fetch_session::refused(protocol::error_code why) {
  using protocol::error_code;
  const bool at_start = epoch_ == 0;
  lost();
  if (why == error_code::fetch_session_id_not_found) {
    // The id is gone. If the broker says so of a request that asked for a new session, it has no use for sessions.
    if (at_start) sessionless_ = true;
    id_ = 0;
    return true;
  }
  return !at_start &&
         (why == error_code::invalid_fetch_session_epoch || why == error_code::fetch_session_topic_id_error);
}

void fetch_session::lost() {
  epoch_ = 0;
  told_.clear();
  pending_.clear();
}

void fetch_session::distrust() {
  epoch_ = 0;
  told_.clear();
}

const fetch_entry* fetch_session::asked(std::string_view topic, std::int32_t partition) const {
  const auto found =
      std::lower_bound(pending_.begin(), pending_.end(), partition, [&](const fetch_entry& one, std::int32_t wanted) {
        const int order = std::string_view(one.where->topic).compare(topic);
        return order < 0 || (order == 0 && one.where->partition < wanted);
      });
  if (found == pending_.end() || found->where->topic != topic || found->where->partition != partition) return nullptr;
  return &*found;
}

const fetch_entry* fetch_session::asked(const protocol::uuid& topic_id, std::int32_t partition) const {
  // Ids of one topic are the same for all its partitions: look for the topic first, then by name.
  for (const fetch_entry& one : pending_) {
    if (one.topic_id == topic_id) return asked(one.where->topic, partition);
  }
  return nullptr;
}

}  // namespace v0
}  // namespace ottla
