// Settings of topics and brokers as the cluster reports them (KIP-133, KIP-226, KIP-569).
#pragma once

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

}  // namespace v0
}  // namespace ottla
