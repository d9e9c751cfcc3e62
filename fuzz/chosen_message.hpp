// How an input names the message and the version that the rest of it is: in its first three bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ottla/protocol_text/messages.hpp"

namespace ottla::fuzz {

inline constexpr std::size_t choice_size = 3;

/// FNV-1a, folded to 16 bits: a saved corpus keeps its meaning when messages are added.
constexpr std::uint16_t name_hash(std::string_view name) {
  std::uint32_t hash = 2166136261;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619;
  return static_cast<std::uint16_t>(hash ^ hash >> 16);
}

struct choice {
  const protocol_text::message_type* message;
  std::int16_t version;
};

/// The message whose hash comes next at or above the first two bytes; versions count from the highest down.
inline choice chosen_message(std::span<const std::uint8_t, choice_size> bytes) {
  const auto asked = static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
  const protocol_text::message_type* best = nullptr;
  for (const auto& message : protocol_text::all_messages()) {
    const auto distance = [&](const auto& m) { return static_cast<std::uint16_t>(name_hash(m.name) - asked); };
    if (best == nullptr || distance(message) < distance(*best)) best = &message;
  }
  const int versions = best->max_unstable_version - best->min_version + 1;
  return {best, static_cast<std::int16_t>(best->max_unstable_version - bytes[2] % versions)};
}

}  // namespace ottla::fuzz
