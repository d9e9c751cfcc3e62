// All messages by name and kind, and what can be done with one without knowing its type: JSON, round trip, random
// bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/types.hpp"
#include "ottla/protocol/writer.hpp"
#include "ottla/protocol_text/json_value.hpp"
#include "ottla/protocol_text/json_writer.hpp"
#include "ottla/protocol_text/seeded_random.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

enum class message_kind : std::uint8_t { request, response, header, data };
std::string_view name(message_kind kind);
std::optional<message_kind> parse_message_kind(std::string_view name);

/// nullopt: it worked. Otherwise a sentence for people.
using failure = std::optional<std::string>;

/// Decoded values live in the arena given; nothing is kept afterwards. Thread-safe as long as arenas are not shared.
struct message_operations {
  /// Decodes a whole body (no byte may be left over) and writes it as a JSON object; writes nothing when it fails.
  failure (*to_json)(protocol::bytes_view body, std::int16_t version, protocol::arena& memory, json_writer& out);
  /// Appends the canonical bytes of a JSON object. Marks the object's nodes.
  failure (*from_json)(json_value& object, std::int16_t version, protocol::arena& memory, protocol::writer& out);
  /// Decodes and encodes again.
  failure (*round_trip)(protocol::bytes_view body, std::int16_t version, protocol::arena& memory,
                        protocol::writer& out);
  /// Appends a body with random values, edges more often than chance would have them; unknown tagged fields too.
  failure (*random_bytes)(seeded_random& source, std::int16_t version, protocol::arena& memory, protocol::writer& out);
};

struct message_type {
  std::string_view api;   ///< "Fetch"; the whole name for header and data
  std::string_view name;  ///< "FetchRequest"
  message_kind kind;
  std::optional<protocol::api_key> key;  ///< none for header and data
  std::int16_t min_version;
  std::int16_t max_version;           ///< the highest stable one, below min_version if there is none
  std::int16_t max_unstable_version;  ///< the highest there is
  std::int16_t first_ahead_version;   ///< from here on, of a Kafka newer than the one that Ottla speaks (4.3)
  std::int16_t first_flexible_version;
  std::int16_t (*header_version)(std::int16_t version);  ///< nullptr for header and data
  const message_operations& (*operations)();

  [[nodiscard]] bool has(std::int64_t version) const {
    return version >= min_version && version <= max_unstable_version;
  }
};

/// Sorted by name.
std::span<const message_type> all_messages();
/// nullptr if there is none.
const message_type* find_message(std::string_view api, message_kind kind);
/// The name that looks most like `api`, empty if none does.
std::string_view nearest_message(std::string_view api);
/// The candidate with the fewest edits, empty if all of them are far off.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
