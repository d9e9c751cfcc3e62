// Settings of topics and brokers as the cluster reports them (KIP-133, KIP-226, KIP-569),
// and changes to them (KIP-339).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

enum class config_resource_type : std::int8_t { topic = 2, broker = 4 };
struct config_resource {
  config_resource_type type = config_resource_type::topic;
  std::string name;               ///< of the topic, or the broker's id in digits
  std::vector<std::string> keys;  ///< empty: all
};

enum class config_source : std::int8_t {
  unknown = 0,
  topic = 1,            ///< set on the topic
  dynamic_broker = 2,   ///< set on this broker at run time
  dynamic_default = 3,  ///< set for all brokers at run time
  static_broker = 4,    ///< in the broker's file
  built_in = 5,         ///< nobody set it
};
/// "TOPIC", "DEFAULT", ...
std::string_view name(config_source source);

struct config_entry {
  std::string name;
  std::optional<std::string> value;  ///< null: not set, or sensitive
  config_source source = config_source::unknown;
  bool read_only = false;
  bool sensitive = false;
};
struct config_description {
  config_resource resource;
  std::vector<config_entry> entries;
  error failure;
};

enum class config_operation : std::int8_t {
  set = 0,
  remove = 1,    ///< what is configured above it is in force again
  append = 2,    ///< to a setting that is a list
  subtract = 3,  ///< from a list
};
struct config_change {
  std::string name;
  std::optional<std::string> value;  ///< null with `remove`
  config_operation operation = config_operation::set;
};
/// Changes to one topic or broker, done together or not at all. A broker without a name: all of them, but for what is
/// set on one alone.
struct config_changes {
  config_resource_type type = config_resource_type::topic;
  std::string name;
  std::vector<config_change> changes;
};
struct alter_configs_options {
  std::chrono::milliseconds timeout{30'000};
  /// Nothing is changed: the cluster only says whether it would be.
  bool validate_only = false;
};
struct altered_configs {
  config_resource_type type = config_resource_type::topic;
  std::string name;
  error failure;  ///< e.g. INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION
};

}  // namespace v0
}  // namespace ottla
