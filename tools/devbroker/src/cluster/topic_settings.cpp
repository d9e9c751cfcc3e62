// The settings of one topic.
#include "cluster/topic_settings.hpp"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "cluster/setting.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

topic_settings::topic_settings() { parse(); }

std::string topic_settings::set(std::string_view name, std::string_view value) {
  const setting* known = find_setting(topic_settings_table(), name);
  if (known == nullptr) return "Unknown topic config name: " + std::string(name);
  std::string tidy = canonical(*known, value);
  std::string why = why_invalid(*known, tidy);
  if (!why.empty()) return why;
  set_.insert_or_assign(std::string(name), std::move(tidy));
  parse();
  return {};
}

std::string topic_settings::assign(setting_values given) {
  topic_settings fresh;
  fresh.inherited_ = inherited_;
  for (const auto& [name, value] : given)
    if (std::string why = fresh.set(name, value); !why.empty()) return why;
  if (std::string why = fresh.why_contradictory(); !why.empty()) return why;
  *this = std::move(fresh);
  return {};
}

void topic_settings::inherit(std::shared_ptr<const setting_values> of_brokers) {
  inherited_ = std::move(of_brokers);
  parse();
}

std::string topic_settings::why_contradictory() const {
  if (min_compaction_lag_ms <= max_compaction_lag_ms) return {};
  return "min.compaction.lag.ms (" + std::to_string(min_compaction_lag_ms) +
         ") must not be above max.compaction.lag.ms (" + std::to_string(max_compaction_lag_ms) + ").";
}

std::string_view topic_settings::value(std::string_view name) const {
  const auto found = set_.find(name);
  if (found != set_.end()) return found->second;
  if (inherited_ != nullptr) {
    const auto general = inherited_->find(name);
    if (general != inherited_->end()) return general->second;
  }
  const setting* known = find_setting(topic_settings_table(), name);
  return known == nullptr ? std::string_view{} : known->initial;
}

std::int64_t topic_settings::number(std::string_view name) const {
  const std::string_view text = value(name);
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

void topic_settings::parse() {
  const std::string_view policy = value("cleanup.policy");
  compacts = policy.find("compact") != std::string_view::npos;
  deletes = policy.find("delete") != std::string_view::npos;
  log_append_time = value("message.timestamp.type") == "LogAppendTime";
  elects_unclean = value("unclean.leader.election.enable") == "true";
  max_message_bytes = static_cast<std::int32_t>(number("max.message.bytes"));
  min_insync_replicas = static_cast<std::int32_t>(number("min.insync.replicas"));
  after_max_ms = number("message.timestamp.after.max.ms");
  before_max_ms = number("message.timestamp.before.max.ms");
  retention_bytes = number("retention.bytes");
  retention_ms = number("retention.ms");
  flush_messages = number("flush.messages");
  segment_bytes = number("segment.bytes");
  segment_ms = number("segment.ms");
  delete_retention_ms = number("delete.retention.ms");
  min_compaction_lag_ms = number("min.compaction.lag.ms");
  max_compaction_lag_ms = number("max.compaction.lag.ms");
  min_cleanable_dirty_ratio = std::strtod(std::string(value("min.cleanable.dirty.ratio")).c_str(), nullptr);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
