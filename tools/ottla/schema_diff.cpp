// schema_diff: walks a definition once and looks at both versions.
#include "schema_diff.hpp"

#include "schema_document.hpp"

namespace ottla_tool {
namespace {

using namespace ottla::protocol_text;
using kind = schema_change::kind;

void compare(const struct_schema& structure, const std::string& around, std::int16_t from, std::int16_t to,
             std::vector<schema_change>& out) {
  for (const field_schema& field : structure.fields()) {
    const bool before = field.versions.has(from), after = field.versions.has(to);
    if (!before && !after) continue;
    const std::string path = around + std::string(field.name.view());
    if (before != after) {
      out.push_back({after ? kind::added : kind::removed, path, &field});
    } else if (field.nullable.has(from) != field.nullable.has(to)) {
      out.push_back({field.nullable.has(to) ? kind::nullable : kind::not_nullable, path, &field});
    }
    if (field.structure() != nullptr) compare(*field.structure(), path + ".", from, to, out);
  }
}

std::string_view name(kind what) {
  switch (what) {
    case kind::added:
      return "added";
    case kind::removed:
      return "removed";
    case kind::nullable:
      return "nullable";
    case kind::not_nullable:
      return "notNullable";
  }
  return {};
}

std::string_view mark(kind what) { return what == kind::added ? "+" : what == kind::removed ? "-" : "~"; }

std::string notes(const schema_change& one) {
  if (one.what == kind::nullable) return "may be null";
  if (one.what == kind::not_nullable) return "may no longer be null";
  return field_notes(*one.field);
}

bool flexible(const message_type& message, std::int16_t version) { return version >= message.first_flexible_version; }

}  // namespace

std::vector<schema_change> schema_changes(const message_type& message, std::int16_t from, std::int16_t to) {
  std::vector<schema_change> out;
  compare(schema_of(message).root(), {}, from, to, out);
  return out;
}

std::string diff_text(const message_type& message, std::int16_t from, std::int16_t to) {
  std::string out =
      std::string(message.name) + ": version " + std::to_string(from) + " to " + std::to_string(to) + "\n";
  const auto changes = schema_changes(message, from, to);
  const bool encoding = flexible(message, from) != flexible(message, to);
  if (encoding) {
    out += flexible(message, to) ? "~ flexible: lengths are compact, every struct may have tagged fields (KIP-482)\n"
                                 : "~ no longer flexible: lengths are plain, there are no tagged fields (KIP-482)\n";
  }
  if (changes.empty()) return out + (encoding ? "  the fields are the same\n" : "  the same on the wire\n");
  std::string table;
  std::size_t width = 0, type_width = 0;
  for (const schema_change& one : changes) {
    width = std::max(width, one.path.size());
    type_width = std::max(type_width, type_text(*one.field, to).size());
  }
  for (const schema_change& one : changes) {
    const std::string type = type_text(*one.field, one.what == kind::removed ? from : to);
    std::string line = std::string(mark(one.what)) + " " + one.path;
    line.resize(width + 4, ' ');
    line += type;
    line.resize(std::max(line.size(), width + 4 + type_width + 2), ' ');
    line += notes(one);
    table += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out + table;
}

json diff_json(const message_type& message, std::int16_t from, std::int16_t to) {
  json changes = json::array();
  for (const schema_change& one : schema_changes(message, from, to)) {
    changes.push_back(
        {{"change", name(one.what)},
         {"path", one.path},
         {"type", type_text(*one.field, one.what == kind::removed ? from : to)},
         {"tag", one.field->tagged() ? json(one.field->tag) : json(nullptr)},
         {"default", one.field->default_value.empty() ? json(nullptr) : json(one.field->default_value.view())}});
  }
  return json{{"name", message.name},
              {"api", message.api},
              {"kind", name(message.kind)},
              {"from", from},
              {"to", to},
              {"flexible", {{"from", flexible(message, from)}, {"to", flexible(message, to)}}},
              {"changes", changes}};
}

}  // namespace ottla_tool
