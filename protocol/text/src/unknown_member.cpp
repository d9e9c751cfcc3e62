// Looks for a misspelt name once encoding has failed: a field that is missing says less than the typo that stands for
// it.
#include <vector>

#include "ottla/protocol_text/schema_table.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::size_t shown_member = 64;

std::string misspelt(const json_value& object, const struct_schema& structure, std::int16_t version,
                     const std::string& path);

std::string inside(const json_value& value, const struct_schema& structure, std::int16_t version,
                   const std::string& path) {
  if (value.kind == json_kind::object) return misspelt(value, structure, version, path);
  if (value.kind != json_kind::array) return {};
  std::size_t index = 0;
  for (const json_value* one = value.first; one != nullptr; one = one->next, ++index) {
    if (one->kind != json_kind::object) continue;
    if (auto why = misspelt(*one, structure, version, path + '[' + std::to_string(index) + ']'); !why.empty())
      return why;
  }
  return {};
}

/// As deep as the schema is, whatever the document does.
std::string misspelt(const json_value& object, const struct_schema& structure, std::int16_t version,
                     const std::string& path) {
  std::vector<std::string_view> known;
  for (const field_schema& field : structure.fields())
    if (field.versions.has(version)) known.push_back(field.name.view());
  for (const json_value* member = object.first; member != nullptr; member = member->next) {
    if (member->name.starts_with('_')) continue;
    const std::string shown = (path.empty() ? "" : path + '.') + std::string{member->name.substr(0, shown_member)};
    if (const field_schema* field = structure.find(member->name, version)) {
      if (field->structure() == nullptr) continue;
      if (auto why = inside(*member, *field->structure(), version, shown); !why.empty()) return why;
      continue;
    }
    const std::string_view close = nearest(member->name, known);
    return "there is no " + shown + " in version " + std::to_string(version) +
           (close.empty() ? "" : "; did you mean " + std::string{close} + "?");
  }
  return {};
}
}  // namespace

failure find_unknown_member(const json_value& object, const message_type& message, std::int16_t version) {
  std::string why = inside(object, schema_of(message).root(), version, {});
  return why.empty() ? failure{} : failure{std::move(why)};
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
