// config_owner: which broker answers for the settings of a resource.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "ottla/admin/configs.hpp"

namespace ottla {
inline namespace v0 {

/// The broker that has to be asked; none for topics, and for all brokers together.
inline std::optional<std::int32_t> owner_of(config_resource_type type, const std::string& name) {
  std::int32_t id = 0;
  const char* end = name.data() + name.size();
  if (type != config_resource_type::broker) return std::nullopt;
  const auto parsed = std::from_chars(name.data(), end, id);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(id) : std::nullopt;
}

}  // namespace v0
}  // namespace ottla
