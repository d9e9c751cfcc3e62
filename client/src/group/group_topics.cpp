// group_topics: which topics are subscribed to, and how many partitions those of the group have.
#include <algorithm>
#include <utility>

#include "group_member.hpp"
#include "ottla/protocol/metadata.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A topic that was just created takes a moment to be known everywhere; after so many answers it is taken as missing
// (C-14).
constexpr int unknown_answers_bound = 5;

}  // namespace

void group_member::want(std::set<std::string>& held, std::set<std::string> names) {
  for (const std::string& one : names) {
    if (!held.contains(one)) core_->meta().want_topic(one, now_.mono);
  }
  for (const std::string& one : held) {
    if (!names.contains(one)) core_->meta().release_topic(one);
  }
  held = std::move(names);
}

void group_member::set_topics(std::set<std::string> names) {
  if (names == topics_) return;
  want(topics_, std::move(names));
  if (is_member() || under_way_) rejoin("the subscription changed");
  dirty_ = true;
}

void group_member::sync_topics() {
  for (const std::string& name : topics_) {
    const topic_metadata* known = core_->meta().find(name);
    if (known == nullptr) continue;
    const bool missing = known->error == protocol::error_code::unknown_topic_or_partition &&
                         known->unknown_answers >= unknown_answers_bound;
    const bool refused = known->error != protocol::error_code::none && !protocol::retriable(known->error);
    if (!missing && !refused) {
      if (known->error == protocol::error_code::none) reported_.erase(name);
      continue;
    }
    if (!reported_.insert(name).second) continue;
    error_context context;
    context.asked = "Metadata of topic " + name;
    context.attempts = known->unknown_answers;
    if (missing) context.detail = "the cluster has no topic " + name;
    if (missing) context.advice = "check the name, or create it: the group takes it up when it is there";
    queue_->report(
        {{name, -1},
         missing ? error(client_code::unknown_topic, std::move(context)) : error(known->error, std::move(context))});
  }
  // What the last assignment was made from may not be true any more: new partitions want an owner.
  if (state_ != state::stable || !leader_ || assigned_sizes_.empty()) return;
  const auto now = sizes_of(group_topics_, true);
  const auto same = [](const topic_size& a, const topic_size& b) {
    return a.topic == b.topic && a.partitions == b.partitions;
  };
  if (now && !std::equal(now->begin(), now->end(), assigned_sizes_.begin(), assigned_sizes_.end(), same))
    rejoin("topics of the group have other partitions than they had");
}

// Nothing while a topic is not known yet, unless it is `late`: then it counts as empty.
std::optional<std::vector<topic_size>> group_member::sizes_of(const std::set<std::string>& names, bool late) const {
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

// A pattern is held against the names of all topics, as often as metadata grows old.
void group_member::step_pattern(instant now) {
  if (!pattern_ || pattern_asked_ || state_ == state::fenced || state_ == state::closed) return;
  if (now.mono < pattern_due_) {
    next_ = std::min(next_, pattern_due_);
    return;
  }
  pattern_asked_ = true;
  request ask = make_request<protocol::MetadataRequest>(
      [](protocol::MetadataRequest& message, std::int16_t version, protocol::arena&) {
        // All topics: null, or an empty list in the version that knows no null.
        if (version >= 1) message.topics = std::nullopt;
        if (version >= 4) message.allow_auto_topic_creation = false;
      });
  ask.done = [self = weak_from_this()](response&& answer) {
    if (auto me = self.lock()) me->on_all_topics(answer);
  };
  core_->send(route{}, std::move(ask));
}

void group_member::on_all_topics(const response& answer) {
  pattern_asked_ = false;
  dirty_ = true;
  if (!attached_ || !pattern_) return;
  now_ = core_->now();
  const auto message = decode<protocol::MetadataResponse>(answer);
  if (!message) {
    pattern_due_ = after(now_.mono, wait_->next());
    core_->log(log_level::info, "group", message.error().message());
    return;
  }
  pattern_due_ = after(now_.mono, core_->config().metadata_max_age);
  std::set<std::string> names;
  for (const auto& topic : (*message)->topics) {
    if (!topic.name || topic.is_internal || topic.error_code != protocol::error_code::none) continue;
    std::string name(*topic.name);
    if (pattern_->matches(name)) names.insert(std::move(name));
  }
  pattern_known_ = true;
  set_topics(std::move(names));
}

}  // namespace v0
}  // namespace ottla
