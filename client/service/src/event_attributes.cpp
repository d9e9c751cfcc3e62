// event_attributes: the table of names, and what makes an event complete.
#include "event_attributes.hpp"

#include <array>

#include "rfc3339.hpp"
#include "utf8.hpp"

namespace ottla {
inline namespace v0 {
namespace {

struct text_attribute {
  std::string_view name;
  std::string envelope::*member;
};
constexpr std::array<text_attribute, 7> texts{{{"id", &envelope::id},
                                               {"type", &envelope::type},
                                               {"source", &envelope::source},
                                               {"subject", &envelope::subject},
                                               {"dataschema", &envelope::data_schema},
                                               {"correlationid", &envelope::correlation_id},
                                               {"causationid", &envelope::causation_id}}};

bool allowed(std::string_view name) {
  if (name.empty()) return false;
  for (char c : name) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

bool reserved(std::string_view name) {
  for (const text_attribute& one : texts) {
    if (one.name == name) return true;
  }
  return name == "specversion" || name == "time" || name == "datacontenttype" || name == "data" ||
         name == "data_base64";
}

}  // namespace

error bad_event(std::string detail) {
  error_context context;
  context.asked = "CloudEvent";
  context.detail = std::move(detail);
  return error(client_code::invalid_argument, std::move(context));
}

result<std::vector<std::pair<std::string, std::string>>> attributes_of(const envelope& event) {
  if (auto checked = complete(event, std::string(spec_version)); !checked) return unexpected(checked.error());
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("specversion", spec_version);
  for (const text_attribute& one : texts) {
    if (!(event.*one.member).empty()) out.emplace_back(one.name, event.*one.member);
  }
  if (event.time) out.emplace_back("time", to_rfc3339(*event.time));
  for (const auto& [name, value] : event.extensions) {
    // A time that could not be read was kept as it stood: it goes on like that.
    const bool kept_time = name == "time" && !event.time;
    if (!allowed(name) || (reserved(name) && !kept_time))
      return bad_event("\"" + name + "\" cannot be an extension's name");
    for (const auto& other : out) {
      if (other.first == name) return bad_event("the extension \"" + name + "\" is there twice");
    }
    out.emplace_back(name, value);
  }
  for (const auto& [name, value] : out) {
    if (!is_utf8(value)) return bad_event("the attribute " + name + " is not UTF-8");
  }
  if (!is_utf8(event.content_type)) return bad_event("the content type is not UTF-8");
  return out;
}

void take_attribute(envelope& event, std::string_view name, std::string value) {
  for (const text_attribute& one : texts) {
    if (one.name == name) return void(event.*one.member = std::move(value));
  }
  if (name == "datacontenttype") return void(event.content_type = std::move(value));
  if (name == "time") {
    event.time = from_rfc3339(value);
    if (event.time) return;
  }
  event.extensions.emplace_back(name, std::move(value));
}

result<void> complete(const envelope& event, const std::optional<std::string>& version) {
  if (!version) return bad_event("it has no specversion");
  if (*version != "1.0" && !version->starts_with("1.0."))
    return bad_event("its specversion is \"" + *version + "\", not 1.0");
  if (event.id.empty()) return bad_event("it has no id");
  if (event.type.empty()) return bad_event("it has no type");
  if (event.source.empty()) return bad_event("it has no source");
  return {};
}

std::string media_type(std::string_view content_type) {
  std::string out;
  for (char c : content_type.substr(0, content_type.find(';'))) {
    if (c != ' ' && c != '\t') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool is_json_type(std::string_view content_type) {
  const std::string type = media_type(content_type);
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

}  // namespace v0
}  // namespace ottla
