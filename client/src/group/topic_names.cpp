// topic_names: Metadata by id (KIP-516), repeated with backoff until each topic has its name.
#include "topic_names.hpp"

#include <utility>

#include "ottla/protocol/metadata.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::int16_t first_version_by_id = 12;

}  // namespace

void topic_names::want(const metadata& known, const std::vector<protocol::uuid>& ids) {
  std::map<protocol::uuid, std::string> before = std::exchange(names_, {});
  for (const protocol::uuid& id : ids) {
    std::string& name = names_[id];
    if (!name.empty()) continue;
    if (const auto had = before.find(id); had != before.end()) name = had->second;
    if (name.empty()) name = known.name_of(id);
  }
}

const std::string& topic_names::of(const protocol::uuid& id) const {
  static const std::string unknown;
  const auto found = names_.find(id);
  return found == names_.end() ? unknown : found->second;
}

steady_ns topic_names::step(core& on, const std::weak_ptr<void>& alive, const std::function<void()>& learned) {
  if (asking_) return never;
  std::vector<protocol::uuid> unknown;
  for (const auto& [id, name] : names_) {
    if (name.empty()) unknown.push_back(id);
  }
  if (unknown.empty()) return never;
  if (on.now().mono < not_before_) return not_before_;
  if (!wait_) wait_.emplace(on.config().retry_backoff, on.config().retry_backoff_max, on.stream("topic-names"));
  asking_ = true;
  request ask = make_request<protocol::MetadataRequest>(
      [unknown = std::move(unknown)](protocol::MetadataRequest& message, std::int16_t, protocol::arena& memory) {
        auto* topics = memory.make<protocol::MetadataRequest::MetadataRequestTopic>(unknown.size());
        for (std::size_t i = 0; i < unknown.size(); ++i) {
          topics[i].topic_id = unknown[i];
          topics[i].name = std::nullopt;
        }
        message.topics.emplace(topics, unknown.size());
        message.allow_auto_topic_creation = false;
      });
  ask.min_version = first_version_by_id;
  ask.done = [this, &on, alive, learned](response&& answer) {
    const auto held = alive.lock();  // its last other owner may let go on another thread, at any moment
    if (held && answered(on, answer)) learned();
  };
  on.send(route{}, std::move(ask));
  return never;
}

// What is still without a name was created a moment ago, or deleted: the next assignment tells.
bool topic_names::answered(core& on, const response& answer) {
  asking_ = false;
  bool news = false;
  error why;
  if (const auto message = decode<protocol::MetadataResponse>(answer); !message) {
    why = message.error();
  } else {
    for (const auto& topic : (*message)->topics) {
      const auto wanted = names_.find(topic.topic_id);
      if (wanted == names_.end() || !wanted->second.empty()) continue;
      if (topic.error_code != protocol::error_code::none || !topic.name || topic.name->empty()) {
        error_context context;
        context.asked = "Metadata of a topic by its id";
        context.broker = answer.broker;
        why = error(topic.error_code, std::move(context));
        continue;
      }
      wanted->second = *topic.name;
      news = true;
    }
  }
  if (why && !why.is(client_code::closed)) {
    on.log(log_level::info, "group", "what was assigned waits for the name of its topic: " + why.message());
    not_before_ = after(on.now().mono, wait_->next());
  } else {
    wait_->reset();
  }
  return news;
}

}  // namespace v0
}  // namespace ottla
