// The schemas at run time: for every message its fields with types, versions, tags, defaults and our comments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ottla/protocol_text/messages.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

/// Text of the schemas: a place in one block of static storage, so that the tables need no relocation when a program
/// starts.
struct schema_text {
  std::uint16_t at = 0;  ///< 0 is the empty text
  [[nodiscard]] std::string_view view() const;
  [[nodiscard]] bool empty() const { return at == 0; }
};

/// Versions from first to last, both included; empty if first is above last. Never wider than the message's own.
struct version_range {
  std::int16_t first = 1;
  std::int16_t last = 0;
  [[nodiscard]] constexpr bool empty() const { return first > last; }
  [[nodiscard]] constexpr bool has(std::int16_t version) const { return version >= first && version <= last; }
  friend constexpr bool operator==(const version_range&, const version_range&) = default;
};

enum class field_type : std::uint8_t {
  boolean,
  int8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  float64,
  uuid,
  error_code,  ///< an int16 with a meaning
  string,
  bytes,
  records,  ///< bytes on the wire: batches, not looked into
  structure,
};
/// As in the definition: "int32", "string", "records". Error codes are "int16"; a structure is "struct".
std::string_view name(field_type type);
/// Bytes on the wire; 0 where it is not the same for all values.
std::size_t fixed_size(field_type type);

struct struct_schema;

struct field_schema {
  schema_text name;           ///< as in JSON: "maxWaitMs"
  schema_text default_value;  ///< as in the definition: "-1", "null", "true"; empty for the type's own zero
  schema_text entity;         ///< what it identifies: "topicName", "brokerId"; mostly empty
  schema_text comment;        ///< ours; mostly empty
  field_type type;            ///< of one element if it is an array
  bool is_array;
  bool never_compact;            ///< keeps the old length in flexible versions
  bool ignorable;                ///< a writer may leave it out of versions that do not have it
  bool secret;                   ///< must not be shown in logs
  std::int16_t tag;              ///< -1: not a tagged field
  std::int16_t structure_index;  ///< -1: not of structs
  version_range versions;
  version_range nullable;  ///< where null may stand

  [[nodiscard]] bool tagged() const { return tag >= 0; }
  /// nullptr unless the type is structure.
  [[nodiscard]] const struct_schema* structure() const;
};

struct struct_schema {
  schema_text name;  ///< "FetchPartition"; of a message "FetchRequest"
  std::uint16_t first_field;
  std::uint16_t field_count;
  version_range versions;

  /// In the order of the wire; tagged fields stand anywhere among them.
  [[nodiscard]] std::span<const field_schema> fields() const;
  /// The field of this name in this version: later versions may have another of the same name. nullptr if there is
  /// none.
  [[nodiscard]] const field_schema* find(std::string_view name, std::int16_t version) const;
  /// The field that carries this tag in this version; nullptr if the tag is unknown then.
  [[nodiscard]] const field_schema* find_tag(std::uint32_t tag, std::int16_t version) const;
};

/// What `message_type` does not say already: name, key, kind, versions and the first flexible version are there.
struct message_schema {
  schema_text comment;
  std::uint16_t root_index;
  version_range deprecated;

  [[nodiscard]] const struct_schema& root() const;
};

/// `message` is one of all_messages().
const message_schema& schema_of(const message_type& message);

/// The versions of a message, unstable ones too.
version_range versions_of(const message_type& message);
/// "3+" if it lasts to the newest version that the message has, else "4-12" or "7"; "none" if empty.
std::string range_text(version_range range, const message_type& message);
/// "[FetchPartition]", "string?": as a schema line has it, the question mark only if null may stand in this version.
std::string type_text(const field_schema& field, std::int16_t version);

/// The first member of a message as JSON that no field of the version has, with the nearest name; nullopt if there is
/// none. Says more than from_json does of a misspelt name: it stops at the field that is missing.
failure find_unknown_member(const json_value& object, const message_type& message, std::int16_t version);

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
