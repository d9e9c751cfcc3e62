// retry_topics: names, what is out of its range, and making the topics.
#include "ottla/service/retry_topics.hpp"

#include <algorithm>

#include "../checked_config.hpp"
#include "ottla/admin.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t most_tiers = 16;
constexpr std::size_t longest_name = 249;
constexpr std::chrono::hours longest_time{7 * 24};

void replace(std::string& in, std::string_view what, std::string_view with) {
  for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + with.size()))
    in.replace(at, what.size(), with);
}

bool is_legal(std::string_view topic) {
  if (topic.empty() || topic.size() > longest_name || topic == "." || topic == "..") return false;
  return std::all_of(topic.begin(), topic.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace

std::string tier_text(std::chrono::milliseconds time) {
  struct unit {
    std::chrono::milliseconds length;
    std::string_view sign;
  };
  static constexpr unit units[] = {
      {std::chrono::hours(1), "h"}, {std::chrono::minutes(1), "m"}, {std::chrono::seconds(1), "s"}};
  for (const unit& one : units) {
    if (time >= one.length && time % one.length == std::chrono::milliseconds(0))
      return std::to_string(time / one.length) + std::string(one.sign);
  }
  return std::to_string(time.count()) + "ms";
}

std::string retry_topics::topic_of(std::string_view source, std::size_t tier) const {
  std::string out = name;
  replace(out, "{tier}", tier_text(tiers[tier - 1]));
  replace(out, "{topic}", source);
  return out;
}

result<void> retry_topics::validate(std::span<const std::string> read) const {
  const auto bad = [](std::string detail) { return bad_config("retry_topics", std::move(detail)); };
  if (tiers.empty() || tiers.size() > most_tiers) return bad("tiers must be 1 to 16");
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (tiers[i] < std::chrono::milliseconds(1) || tiers[i] > longest_time)
      return bad("tiers must be between 1 ms and 7 days");
    if (i > 0 && tiers[i] <= tiers[i - 1]) return bad("tiers must each be longer than the one before");
  }
  if (max_keys < 1) return bad("max_keys must be 1 or more");
  if (create) {
    if (auto valid = create->validate(); !valid) return valid;
    if (create->partitions > 0 && keep_key_order)
      return bad("create.partitions contradicts keep_key_order, which needs as many as the source has");
  }
  std::vector<std::string> all(read.begin(), read.end());
  for (const std::string& source : read) {
    for (std::size_t tier = 1; tier <= tiers.size(); ++tier) {
      std::string topic = topic_of(source, tier);
      if (!is_legal(topic)) return bad("name makes \"" + topic + "\", which is no legal name of a topic");
      if (std::find(all.begin(), all.end(), topic) != all.end())
        return bad("name makes \"" + topic + "\" twice, or of a topic that is read: it needs {topic} and {tier}");
      all.push_back(std::move(topic));
    }
  }
  return {};
}

result<void> ensure_retry_topics(cluster& on, std::span<const std::string> sources, const retry_topics& how,
                                 std::chrono::milliseconds timeout, const json_log* log) {
  if (auto valid = how.validate(sources); !valid) return valid;
  host& runner = on.state()->runner();
  const steady_ns deadline = after(runner.mono_now(), timeout);
  const auto left = [&] {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - runner.mono_now());
    return std::max(time, std::chrono::milliseconds(1));
  };
  const auto described = admin(on).describe_topics(sources, left());
  if (!described) return described.error();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const topic_description& source = (*described)[i];
    if (source.failure) return source.failure;
    topic_create with = how.create.value_or(topic_create{});
    if (with.partitions <= 0) with.partitions = static_cast<std::int32_t>(source.partitions.size());
    for (std::size_t tier = 1; tier <= how.tiers.size(); ++tier) {
      if (auto made = ensure_topic(on, how.topic_of(sources[i], tier), with, left(), log); !made) return made.error();
    }
  }
  return {};
}

}  // namespace v0
}  // namespace ottla
