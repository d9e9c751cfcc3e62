// group_topics: which topics are subscribed to, by name or by a pattern, and which of them do not exist.
#include <algorithm>
#include <utility>

#include "group_member.hpp"
#include "ottla/protocol/metadata.hpp"

namespace ottla {
inline namespace v0 {
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
  subscription_changed();
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
  topics_changed();
}

// A pattern is held against the names of all topics, as often as metadata grows old.
void group_member::step_pattern(instant now) {
  if (!pattern_ || !matches_here() || pattern_asked_ || state_ == state::fenced || state_ == state::closed) return;
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
  if (!attached_ || !pattern_ || !matches_here()) return;
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
