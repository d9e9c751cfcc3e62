// service_consumer_state: with an order of keys over retry topics: who has which partitions, and what is outstanding.
#include <algorithm>

#include "service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// How long one round looks ahead, and how soon the next one comes while there is more to see.
constexpr std::chrono::milliseconds look_time{5};
// How soon a partition that waits for room for keys is looked at again.
constexpr std::chrono::milliseconds room_time{50};

error not_together(const topic_partition& where, const std::string& missing) {
  const std::string number = "-" + std::to_string(where.partition);
  error_context context;
  context.asked = "keeping the order of keys in " + where.topic + number;
  context.detail = "this member does not have " + missing + number;
  context.advice =
      "give each retry topic as many partitions as its source, and all members of the group the same topics and tiers";
  return error(client_code::invalid_config, std::move(context));
}

}  // namespace

// The range assignor gives equal numbers of all topics to one member, where all subscribe to the same topics and these
// have as many partitions. Where that is not so, order cannot be kept, and the partition stops.
void service_consumer_state::watch_tiers(consumer& in, std::span<const topic_partition> which) {
  if (!scan_) return;
  const retry_levels levels(options_);
  const std::vector<topic_partition> mine = in.assignment();
  const auto has = [&](const std::string& topic, std::int32_t partition) {
    return std::find(mine.begin(), mine.end(), topic_partition{topic, partition}) != mine.end();
  };
  const std::lock_guard lock(mutex_);
  for (const topic_partition& where : mine) {
    const std::string source = levels.of(where.topic).source;
    std::string missing = has(source, where.partition) ? std::string() : source;
    for (std::size_t level = 1; level <= levels.count() && missing.empty(); ++level) {
      if (std::string topic = levels.topic(source, level); !has(topic, where.partition)) missing = std::move(topic);
    }
    flow_.hold(where, missing.empty() ? error() : not_together(where, missing));
  }
  for (const topic_partition& where : which) {
    const auto keys = flow_.keys_of(where);
    if (const std::size_t level = levels.of(where.topic).level; level > 0 && keys) scan_->assigned(where, level, keys);
  }
}

void service_consumer_state::forget_tiers(std::span<const topic_partition> which) {
  if (scan_) scan_->gone(which);
}

/// How soon the next round is to come; nothing: whenever.
std::optional<std::chrono::milliseconds> service_consumer_state::look_ahead(steady_ns now) {
  if (!scan_ || ended()) return std::nullopt;
  const bool busy = scan_->busy();
  if (busy) scan_->step(*in_, now, look_time);
  bool waits = false;
  {
    const std::lock_guard lock(mutex_);
    waits = flow_.recheck();
    scan_trouble_ = busy ? scan_->trouble() : error();
  }
  work_.notify_all();
  if (busy) return look_time;
  return waits ? std::optional(room_time) : std::nullopt;
}

}  // namespace v0
}  // namespace ottla
