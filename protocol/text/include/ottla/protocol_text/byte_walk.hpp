// Walks the bytes of a message by its schema and names every one of them: what a hexdump with notes is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/protocol/types.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "ottla/protocol_text/schema_table.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

enum class part_kind : std::uint8_t {
  value,        ///< a number, or the bytes of a string, bytes or records: of no length where those are empty
  null,         ///< the length, count or mark that says null
  length,       ///< in front of a string, bytes or records
  count,        ///< in front of an array's elements
  present,      ///< the mark in front of a nullable struct that is there
  tag_count,    ///< in front of a struct's tagged fields
  tag,          ///< a tag's number
  tag_size,     ///< of the tag's value in bytes
  unknown_tag,  ///< the value of a tag that this version does not know
};
/// "value", "length", "tag count".
std::string_view name(part_kind kind);

/// Borrows from the body and, the path, from the walk: valid inside the call only.
struct message_part {
  part_kind kind;
  std::size_t offset;          ///< in the body
  protocol::bytes_view bytes;  ///< may be empty
  /// "responses[0].partitions[1].records". What belongs to a tagged section as a whole ends in "_tags", a tag that is
  /// not known in "_tags[1000]".
  std::string_view path;
  int depth;                  ///< 0 for the fields of the message itself
  const field_schema* field;  ///< nullptr for tag counts and unknown tags
  version_range versions;     ///< since when, and until when, this stands here
  /// How the bytes are to be read: "int32", "string", "uvarint", "uvarint (n+1)".
  std::string_view encoding;
  /// Of a number: itself, a boolean as 0 or 1, a float64 as its bits. Of a length, count, tag or size: what it means.
  std::int64_t number;
};

struct walk_error {
  std::size_t offset;  ///< of the first byte that is wrong or missing
  std::string path;    ///< of the field that was being read; empty after the last
  std::string what;    ///< "a string of 40 bytes expected, 5 are left"
  /// "byte 17 (topics[0].name): a string of 40 bytes expected, 5 are left"
  [[nodiscard]] std::string message() const;
};

/// Tells every part of a body of `message` in `version`, in the order of the bytes; nullopt if the whole body was used.
///
/// Reads by the tables of schema_table.hpp alone, and shares no code with the generated reader; it accepts exactly what
/// that one accepts. Until an error the parts cover the body from its first byte on without gap and overlap. Takes no
/// memory but for the path, and looks into no records. A version that the message does not have is an error at byte 0.
std::optional<walk_error> walk_bytes(const message_type& message, std::int16_t version, protocol::bytes_view body,
                                     const std::function<void(const message_part&)>& each);

/// The same for a message with something else behind it, as a header has: `used` is where the message ends, or where
/// the walk did.
std::optional<walk_error> walk_front(const message_type& message, std::int16_t version, protocol::bytes_view bytes,
                                     const std::function<void(const message_part&)>& each, std::size_t& used);

/// A part for people: numbers, error codes with their name, text quoted and escaped, bytes in hex. Cut off with "..."
/// after `most` bytes of the value.
std::string value_text(const message_part& part, std::size_t most = 64);

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
