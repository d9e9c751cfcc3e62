// topic_places: where reading of a topic begins and goes on, which some topics have their own way of.
#pragma once

#include <algorithm>
#include <string_view>

#include "ottla/consumer_config.hpp"

namespace ottla {
inline namespace v0 {

inline bool reads_whole(const consumer_config& config, std::string_view topic) {
  return std::find(config.whole_topics.begin(), config.whole_topics.end(), topic) != config.whole_topics.end();
}

/// `otherwise`: what the consumer, or the call that assigned the topic, says.
inline start_position start_of(const consumer_config& config, std::string_view topic, start_position otherwise) {
  return reads_whole(config, topic) ? earliest : otherwise;
}

inline offset_reset reset_of(const consumer_config& config, std::string_view topic) {
  return reads_whole(config, topic) ? offset_reset::earliest : config.reset;
}

}  // namespace v0
}  // namespace ottla
