// retry_levels: a table of topics.
#include "retry_levels.hpp"

namespace ottla {
inline namespace v0 {

retry_levels::retry_levels(const service_consumer_options& options) {
  if (!options.tiers) return;
  how_ = *options.tiers;
  tiers_ = how_.tiers;
  for (const std::string& source : options.reading.topics) {
    for (std::size_t level = 1; level <= count(); ++level) places_[topic(source, level)] = {source, level};
  }
}

retry_levels::place retry_levels::of(const std::string& topic) const {
  const auto at = places_.find(topic);
  return at != places_.end() ? at->second : place{topic, 0};
}

std::optional<std::size_t> retry_levels::next(std::size_t level, std::optional<std::chrono::milliseconds> pause) const {
  if (level >= count()) return std::nullopt;
  std::size_t out = level + 1;
  while (pause && out < count() && time(out) < *pause) ++out;
  return out;
}

std::vector<std::string> retry_levels::topics() const {
  std::vector<std::string> out;
  for (const auto& [name, where] : places_) out.push_back(name);
  return out;
}

}  // namespace v0
}  // namespace ottla
