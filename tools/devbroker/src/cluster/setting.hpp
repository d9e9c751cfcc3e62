// The table of settings that the dev broker knows, for topics and for brokers: names, types, defaults, ranges.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Numbers are the protocol's (DescribeConfigs' config_type).
enum class setting_type : std::int8_t { boolean = 1, string = 2, int32 = 3, int64 = 5, float64 = 6, list = 7 };

struct setting {
  std::string_view name = {};
  setting_type type = setting_type::string;
  std::string_view initial = {};
  std::string_view allowed = {};  // the permitted words, separated by '|'; empty: anything
  std::int64_t least = 0;         // of a number
  bool in_force = false;          // false: accepted and shown, without effect here
  std::string_view meaning = {};
  /// Of a topic's setting: the broker's that is its default, if there is one. Of a broker's: the topic's that it is the
  /// default of; these can be altered while the broker runs, the others cannot.
  std::string_view counterpart = {};
  std::int64_t most = INT64_MAX;  // of a number
};

/// Ordered by name.
std::span<const setting> topic_settings_table();
std::span<const setting> broker_settings_table();
const setting* find_setting(std::span<const setting> table, std::string_view name);

/// The value as it is kept: no blanks around it, true and false in small letters, no sign before a positive number,
/// each entry of a list once.
std::string canonical(const setting& which, std::string_view value);
/// Empty if the canonical value fits the setting, else one sentence that says why not.
std::string why_invalid(const setting& which, std::string_view value);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
