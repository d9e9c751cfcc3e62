// The settings of one topic: what was set, and the few values that the data path looks at, parsed.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Settings by name, as they were given.
using setting_values = std::map<std::string, std::string, std::less<>>;

class topic_settings {
 public:
  topic_settings();

  /// Empty when done, else why the value or the name is refused; nothing has changed then.
  std::string set(std::string_view name, std::string_view value);
  /// These instead of all that was set. Empty when done, else why not; nothing has changed then.
  std::string assign(setting_values given);
  /// What brokers say of topics in general: it stands wherever the topic itself says nothing. Null: nothing.
  void inherit(std::shared_ptr<const setting_values> of_brokers);
  /// Empty, or which two of the values in force cannot both be.
  std::string why_contradictory() const;
  /// The value in force: what was set, else what is inherited, else the default. The name must be in the table.
  std::string_view value(std::string_view name) const;
  bool is_set(std::string_view name) const { return set_.contains(name); }
  const setting_values& given() const { return set_; }

  // The data path's copies.
  bool compacts = false;
  bool deletes = true;
  bool log_append_time = false;
  bool elects_unclean = false;
  std::int32_t max_message_bytes = 0;
  std::int32_t min_insync_replicas = 0;
  std::int64_t after_max_ms = 0;
  std::int64_t before_max_ms = 0;
  std::int64_t retention_bytes = 0;
  std::int64_t retention_ms = 0;
  std::int64_t flush_messages = 0;
  std::int64_t segment_bytes = 0;
  std::int64_t segment_ms = 0;
  std::int64_t delete_retention_ms = 0;
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_compaction_lag_ms = 0;
  double min_cleanable_dirty_ratio = 0;

 private:
  void parse();
  std::int64_t number(std::string_view name) const;

  setting_values set_;
  std::shared_ptr<const setting_values> inherited_;
};

/// How long a segment may grow. It is one piece of memory that doubles as it grows, so it is kept smaller than a file
/// would be.
inline std::size_t segment_bytes_of(const topic_settings& settings) {
  constexpr std::int64_t largest = std::int64_t{16} << 20;
  return static_cast<std::size_t>(std::min(settings.segment_bytes, largest));
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
