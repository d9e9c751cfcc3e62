// retry_levels: which topic is which: 0 what is read, 1 and up the tiers of it; and where a message goes that failed.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/service/consumer_options.hpp"

namespace ottla {
inline namespace v0 {

/// Made once, never changed: any thread.
class retry_levels {
 public:
  struct place {
    std::string source;
    std::size_t level = 0;
  };

  explicit retry_levels(const service_consumer_options& options);

  /// How many tiers there are.
  std::size_t count() const { return tiers_.size(); }
  /// A topic that is no retry topic is its own source.
  place of(const std::string& topic) const;
  /// `level`: 1 and up.
  std::string topic(std::string_view source, std::size_t level) const { return how_.topic_of(source, level); }
  std::chrono::milliseconds time(std::size_t level) const { return tiers_[level - 1]; }
  /// Behind `level`, for a verdict with such a pause of its own; nothing: to the dead letters.
  std::optional<std::size_t> next(std::size_t level, std::optional<std::chrono::milliseconds> pause) const;
  /// All retry topics.
  std::vector<std::string> topics() const;

 private:
  retry_topics how_;
  std::vector<std::chrono::milliseconds> tiers_;  // empty: no retry topics
  std::map<std::string, place> places_;
};

}  // namespace v0
}  // namespace ottla
