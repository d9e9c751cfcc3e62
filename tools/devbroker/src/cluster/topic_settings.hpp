// The settings of one topic: what was set, and the few values that the data path looks at, parsed.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

class topic_settings {
 public:
  topic_settings();

  /// Empty when done, else why the value or the name is refused; nothing has changed then.
  std::string set(std::string_view name, std::string_view value);
  /// The value in force: what was set, else the default. The name must be in the table.
  std::string_view value(std::string_view name) const;
  bool is_set(std::string_view name) const { return set_.contains(name); }
  const std::map<std::string, std::string, std::less<>>& given() const { return set_; }

  // The data path's copies.
  bool compacts = false;
  bool deletes = true;
  bool log_append_time = false;
  std::int32_t max_message_bytes = 0;
  std::int32_t min_insync_replicas = 0;
  std::int64_t after_max_ms = 0;
  std::int64_t before_max_ms = 0;
  std::int64_t retention_bytes = 0;
  std::int64_t retention_ms = 0;
  std::int64_t segment_bytes = 0;
  std::int64_t segment_ms = 0;
  std::int64_t delete_retention_ms = 0;
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_compaction_lag_ms = 0;
  double min_cleanable_dirty_ratio = 0;

 private:
  void parse();
  std::int64_t number(std::string_view name) const;

  std::map<std::string, std::string, std::less<>> set_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
