// schema_document: tables out of tables.
#include "schema_document.hpp"

#include <algorithm>

#include "wire/kafka_releases.hpp"

namespace ottla_tool {
namespace {

using namespace ottla::protocol_text;

bool shown(const field_schema& field, std::optional<std::int16_t> version) {
  return !version || field.versions.has(*version);
}

/// As a schema line has it; without a version the question mark means that some version may hold null.
std::string type_of(const field_schema& field, std::optional<std::int16_t> version) {
  return type_text(field, version.value_or(field.nullable.empty() ? std::int16_t{-1} : field.nullable.last));
}

/// Since which release of Kafka, a run of versions at a time: "4-5 since 0.11, 6 since 1.0".
std::string releases_text(const message_type& message) {
  std::string out;
  std::int16_t first = message.min_version;
  while (message.key && first <= message.max_unstable_version) {
    const std::string_view release = ottla::wire::first_release(*message.key, first);
    std::int16_t last = first;
    while (last < message.max_unstable_version &&
           ottla::wire::first_release(*message.key, static_cast<std::int16_t>(last + 1)) == release)
      ++last;
    if (!release.empty()) {
      out += (out.empty() ? "" : ", ") + range_text({first, last}, message);
      if (out.back() == '+') out.pop_back();
      out += " since " + std::string(release);
    }
    first = static_cast<std::int16_t>(last + 1);
  }
  return out;
}

std::string span_text(int first, int last) {
  return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

/// "0-5, unstable 6, ahead of Kafka 4.3 7".
std::string versions_text(const message_type& message) {
  std::string out;
  const auto add = [&](std::string_view what, int first, int last) {
    if (first <= last) out += (out.empty() ? "" : ", ") + std::string(what) + span_text(first, last);
  };
  const int last_unstable = std::min<int>(message.max_unstable_version, message.first_ahead_version - 1);
  add("", message.min_version, message.max_version);
  add("unstable ", message.max_version + 1, last_unstable);
  add("newer than Kafka 4.3: ", message.first_ahead_version, message.max_unstable_version);
  return out;
}

void add_rows(text_table& table, const struct_schema& structure, const message_type& message,
              std::optional<std::int16_t> version, std::size_t depth) {
  for (const field_schema& field : structure.fields()) {
    if (!shown(field, version)) continue;
    const std::string nullable = field.nullable.empty() ? "-" : range_text(field.nullable, message);
    table.add({std::string(2 * depth, ' ') + std::string(field.name.view()), type_of(field, version),
               range_text(field.versions, message), nullable, field.tagged() ? std::to_string(field.tag) : "-",
               field.default_value.empty() ? "-" : std::string(field.default_value.view()),
               std::string(field.comment.view())});
    if (field.structure() != nullptr) add_rows(table, *field.structure(), message, version, depth + 1);
  }
}

json fields_json(const struct_schema& structure, const message_type& message, std::optional<std::int16_t> version) {
  json out = json::array();
  const auto text = [](schema_text what) { return what.empty() ? json(nullptr) : json(what.view()); };
  for (const field_schema& field : structure.fields()) {
    if (!shown(field, version)) continue;
    json one{{"name", field.name.view()},
             {"type", type_of(field, version)},
             {"versions", range_text(field.versions, message)},
             {"nullableVersions", field.nullable.empty() ? json(nullptr) : json(range_text(field.nullable, message))},
             {"tag", field.tagged() ? json(field.tag) : json(nullptr)},
             {"default", text(field.default_value)},
             {"entityType", text(field.entity)},
             {"ignorable", field.ignorable},
             {"secret", field.secret},
             {"comment", text(field.comment)}};
    if (field.structure() != nullptr) one["fields"] = fields_json(*field.structure(), message, version);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::string schema_heading(const message_type& message) {
  std::string out{message.name};
  out += ": ";
  if (message.key) out += "key " + std::to_string(static_cast<std::int16_t>(*message.key)) + ", ";
  out += "versions " + versions_text(message);
  const version_range flexible{message.first_flexible_version, message.max_unstable_version};
  return out + ", flexible " + range_text(flexible, message);
}

std::string field_notes(const field_schema& field) {
  std::string out;
  const auto note = [&](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
  if (field.tagged()) note("tag " + std::to_string(field.tag));
  if (!field.default_value.empty()) note("default " + std::string(field.default_value.view()));
  if (!field.comment.empty()) note(std::string(field.comment.view()));
  return out;
}

std::string schema_as_text(const message_type& message, std::optional<std::int16_t> version) {
  const message_schema& schema = schema_of(message);
  std::string out = schema_heading(message) + "\n";
  if (!schema.comment.empty()) out += "  " + std::string(schema.comment.view()) + "\n";
  if (const std::string releases = releases_text(message); !releases.empty()) out += "  Kafka: " + releases + "\n";
  if (version) out += "  shown: the fields of version " + std::to_string(*version) + "\n";
  text_table table({"FIELD", "TYPE", "VERSIONS", "NULL", "TAG", "DEFAULT", "COMMENT"});
  add_rows(table, schema.root(), message, version, 0);
  return out + table.to_string();
}

json schema_as_json(const message_type& message, std::optional<std::int16_t> version) {
  const message_schema& schema = schema_of(message);
  json out{{"name", message.name}, {"api", message.api}, {"kind", name(message.kind)}};
  out["key"] = message.key ? json(static_cast<std::int16_t>(*message.key)) : json(nullptr);
  out["versions"] = versions_text(message);
  out["flexibleVersions"] = range_text({message.first_flexible_version, message.max_unstable_version}, message);
  out["version"] = version ? json(*version) : json(nullptr);
  json releases = json::object();
  for (std::int16_t one = message.min_version; message.key && one <= message.max_unstable_version; ++one) {
    const std::string_view release = ottla::wire::first_release(*message.key, one);
    releases[std::to_string(one)] = release.empty() ? json(nullptr) : json(release);
  }
  out["sinceKafka"] = releases;
  out["comment"] = schema.comment.view();
  out["fields"] = fields_json(schema.root(), message, version);
  return out;
}

}  // namespace ottla_tool
