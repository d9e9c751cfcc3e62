// config_pair: NAME=VALUE as an option says it, for settings of topics.
#pragma once

#include <optional>
#include <string>

#include "ottla/admin/topics.hpp"

namespace ottla_tool {

/// Nothing if there is no name, or no equals sign. The value may be empty, and may have equals signs of its own.
inline std::optional<ottla::config_value> config_pair(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) return std::nullopt;
  return ottla::config_value{text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace ottla_tool
