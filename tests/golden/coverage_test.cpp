// Which edges of which field, in which version, the vectors hold: counted by the schema tables, and none may be
// missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <map>
#include <string>

#include "ottla/protocol_text/byte_walk.hpp"
#include "ottla/protocol_text/schema_table.hpp"
#include "vectors.hpp"

namespace ottla {
namespace {

using namespace protocol_text;

enum edge : unsigned {
  is_there = 1,
  is_null = 2,
  is_empty = 4,
  is_filled = 8,
  is_long = 16,
  is_zero = 32,
  is_lowest = 64,
  is_highest = 128,
  is_beside_zero = 256,
  beyond_bmp = 512,
  has_unknown_tag = 1024,
};
constexpr const char* edge_names[] = {"there",       "null",   "empty",   "filled",      "127 or more",
                                      "zero",        "lowest", "highest", "beside zero", "text beyond the BMP",
                                      "unknown tags"};

/// By message, version and path without indices.
using edges_by_path = std::map<std::string, unsigned>;
std::map<std::pair<std::string_view, std::int16_t>, edges_by_path> seen_edges;

std::string without_indices(std::string_view path) {
  std::string out;
  for (bool inside = false; const char c : path) {
    if (c == '[') inside = true;
    if (!inside) out += c;
    if (c == ']') inside = false;
  }
  return out;
}

bool is_number(field_type type) {
  return fixed_size(type) != 0 && type != field_type::uuid && type != field_type::float64;
}

std::pair<std::int64_t, std::int64_t> range_of(field_type type) {
  if (type == field_type::boolean) return {0, 1};
  if (type == field_type::uint16) return {0, 0xffff};
  if (type == field_type::uint32) return {0, 0xffffffff};
  const std::int64_t lowest = std::numeric_limits<std::int64_t>::min() >> (64 - 8 * fixed_size(type));
  return {lowest, ~lowest};
}

unsigned edges_of_value(const message_part& part) {
  const field_type type = part.field->type;
  if (fixed_size(type) == 0) {
    unsigned out = part.bytes.empty() ? is_empty : part.bytes.size() >= 127 ? is_filled | is_long : unsigned{is_filled};
    const bool four_bytes = std::ranges::any_of(part.bytes, [](std::byte b) { return b >= std::byte{0xf0}; });
    if (type == field_type::string && four_bytes) out |= beyond_bmp;
    return out;
  }
  if (!is_number(type)) {
    const bool zero = std::ranges::all_of(part.bytes, [](std::byte b) { return b == std::byte{0}; });
    return zero ? is_zero : unsigned{is_filled};
  }
  const auto [lowest, highest] = range_of(type);
  const std::int64_t beside = lowest < 0 ? -1 : 1;
  return (part.number == 0 ? is_zero : 0u) | (part.number == lowest ? is_lowest : 0u) |
         (part.number == highest ? is_highest : 0u) | (part.number == beside ? is_beside_zero : 0u);
}

void note(const message_part& part, edges_by_path& into) {
  std::string path = without_indices(part.path);
  if (part.kind == part_kind::unknown_tag) {
    into[path.substr(0, path.rfind("_tags"))] |= has_unknown_tag;
  } else if (part.field != nullptr) {
    unsigned edges = is_there;
    if (part.kind == part_kind::null) edges |= is_null;
    if (part.kind == part_kind::count) edges |= part.number == 0 ? is_empty : is_filled;
    if (part.kind == part_kind::value) edges |= edges_of_value(part);
    into[path] |= edges;
  }
}

unsigned required_of_type(field_type type) {
  if (type == field_type::string) return is_empty | is_filled | is_long | beyond_bmp;
  if (fixed_size(type) == 0) return is_empty | is_filled | is_long;
  if (type == field_type::boolean) return is_lowest | is_highest;
  return is_number(type) ? is_zero | is_lowest | is_highest | is_beside_zero : unsigned{is_filled};
}

/// What a field of this version has to have been written as.
unsigned required(const field_schema& field, std::int16_t version, bool in_tagged) {
  // A tagged field at its default is not written: which of the edges that is, is not asked here.
  if (field.tagged()) return field.type == field_type::structure && !field.is_array ? 0u : unsigned{is_there};
  const unsigned null = field.nullable.has(version) ? is_there | is_null : 0u;
  if (field.type == field_type::structure && !field.is_array) return null;  // its bytes are those of its fields
  if (field.is_array) return is_there | null | is_empty | is_filled;
  return is_there | null | (required_of_type(field.type) & ~(in_tagged ? is_beside_zero : 0u));
}

struct tally {
  std::size_t fields = 0;
  std::map<unsigned, std::size_t> wanted, missing;
};

void compare(unsigned wanted, unsigned found, const std::string& where, tally& out) {
  for (unsigned bit = 0; bit < std::size(edge_names); ++bit) {
    if ((wanted >> bit & 1) == 0) continue;
    ++out.wanted[bit];
    if ((found >> bit & 1) != 0) continue;
    ++out.missing[bit];
    ADD_FAILURE() << where << " was never " << edge_names[bit];
  }
}

void check(const struct_schema& structure, const message_type& message, std::int16_t version, const std::string& prefix,
           bool in_tagged, edges_by_path& seen, tally& out) {
  const std::string where = std::string{message.name} + " " + std::to_string(version) + " ";
  if (version >= message.first_flexible_version) compare(has_unknown_tag, seen[prefix], where + prefix, out);
  for (const field_schema& field : structure.fields()) {
    if (!field.versions.has(version)) continue;
    const std::string path = prefix + std::string{field.name.view()};
    ++out.fields;
    compare(required(field, version, in_tagged), seen[path], where + path, out);
    if (field.structure() != nullptr)
      check(*field.structure(), message, version, path + ".", in_tagged || field.tagged(), seen, out);
  }
}

TEST(golden_coverage, every_field_of_every_version_was_written_with_every_edge_of_its_type) {
  for (const auto& vector : test::golden_vectors()) {
    auto& into = seen_edges[{vector.message->name, vector.version}];
    (void)walk_bytes(*vector.message, vector.version, vector.bytes,
                     [&](const message_part& part) { note(part, into); });
  }
  tally all;
  for (const message_type& message : all_messages()) {
    for (std::int16_t version = message.min_version; version <= message.max_unstable_version; ++version)
      check(schema_of(message).root(), message, version, "", false, seen_edges[{message.name, version}], all);
  }
  std::cout << all.fields << " fields, each version's counted by itself; written as:\n";
  for (const auto& [bit, count] : all.wanted)
    std::cout << "  " << edge_names[bit] << ": " << count - all.missing[bit] << " of " << count << "\n";
}

}  // namespace
}  // namespace ottla
