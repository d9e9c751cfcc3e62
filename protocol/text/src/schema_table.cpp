// Accessors of the generated tables.
#include "ottla/protocol_text/schema_table.hpp"

#include <algorithm>
#include <array>

#include "schema_tables.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
struct type_facts {
  std::string_view name;
  std::size_t size;
};
constexpr std::array<type_facts, 14> types{{{"bool", 1},
                                            {"int8", 1},
                                            {"int16", 2},
                                            {"uint16", 2},
                                            {"int32", 4},
                                            {"uint32", 4},
                                            {"int64", 8},
                                            {"float64", 8},
                                            {"uuid", 16},
                                            {"int16", 2},
                                            {"string", 0},
                                            {"bytes", 0},
                                            {"records", 0},
                                            {"struct", 0}}};
}  // namespace

std::string_view name(field_type type) { return types[static_cast<std::size_t>(type)].name; }
std::size_t fixed_size(field_type type) { return types[static_cast<std::size_t>(type)].size; }

std::string_view schema_text::view() const { return schema_texts() + at; }

const struct_schema* field_schema::structure() const {
  return structure_index < 0 ? nullptr : &schema_structs()[static_cast<std::size_t>(structure_index)];
}

std::span<const field_schema> struct_schema::fields() const {
  return schema_fields().subspan(first_field, field_count);
}

const field_schema* struct_schema::find(std::string_view wanted, std::int16_t version) const {
  const auto all = fields();
  const auto at = std::ranges::find_if(
      all, [&](const field_schema& field) { return field.name.view() == wanted && field.versions.has(version); });
  return at == all.end() ? nullptr : &*at;
}

const field_schema* struct_schema::find_tag(std::uint32_t wanted, std::int16_t version) const {
  const auto all = fields();
  const auto at = std::ranges::find_if(all, [&](const field_schema& field) {
    return field.tagged() && static_cast<std::uint32_t>(field.tag) == wanted && field.versions.has(version);
  });
  return at == all.end() ? nullptr : &*at;
}

const struct_schema& message_schema::root() const { return schema_structs()[root_index]; }

const message_schema& schema_of(const message_type& message) {
  return schema_messages()[static_cast<std::size_t>(&message - all_messages().data())];
}

version_range versions_of(const message_type& message) { return {message.min_version, message.max_unstable_version}; }

std::string range_text(version_range range, const message_type& message) {
  if (range.empty()) return "none";
  if (range.last >= message.max_unstable_version) return std::to_string(range.first) + '+';
  if (range.first == range.last) return std::to_string(range.first);
  return std::to_string(range.first) + '-' + std::to_string(range.last);
}

std::string type_text(const field_schema& field, std::int16_t version) {
  const struct_schema* structure = field.structure();
  std::string out{structure != nullptr ? structure->name.view() : name(field.type)};
  if (field.is_array) out = '[' + out + ']';
  if (field.nullable.has(version)) out += '?';
  return out;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
