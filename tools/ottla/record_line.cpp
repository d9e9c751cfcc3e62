// Reading the JSON form of a record. Members that are not known are ignored, so that what consume wrote can be produced
// again.
#include <limits>
#include <nlohmann/json.hpp>

#include "base64.hpp"
#include "owned_record.hpp"

namespace ottla_tool {
namespace {

using parsed = nlohmann::json;

/// "text", null, or the base64 member beside it, which wins unless it is null.
std::string read_blob(const parsed& line, const char* name, const char* base64_name, std::optional<std::string>& into) {
  into.reset();
  if (const auto coded = line.find(base64_name); coded != line.end() && !coded->is_null()) {
    if (!coded->is_string()) return std::string(base64_name) + " is neither text nor null";
    into = decode_base64(coded->get_ref<const std::string&>());
    return into ? "" : std::string(base64_name) + " is not base64";
  }
  const auto plain = line.find(name);
  if (plain == line.end() || plain->is_null()) return {};
  if (!plain->is_string()) return std::string(name) + " is neither text nor null";
  into = plain->get_ref<const std::string&>();
  return {};
}

std::string read_header(const parsed& pair, owned_record& out) {
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string()) return "a header is not [\"name\", value]";
  auto& [name, value] = out.headers.emplace_back(pair[0].get_ref<const std::string&>(), std::nullopt);
  const parsed& given = pair[1];
  if (given.is_null()) return {};
  if (given.is_string()) {
    value = given.get_ref<const std::string&>();
    return {};
  }
  const auto coded = given.is_object() ? given.find("base64") : given.end();
  if (!given.is_object() || coded == given.end() || !coded->is_string())
    return "the header " + name + " is neither text, null nor {\"base64\": ...}";
  value = decode_base64(coded->get_ref<const std::string&>());
  return value ? "" : "the header " + name + " is not base64";
}

std::string read_number(const parsed& line, const char* name, std::int64_t max, std::int64_t& into) {
  const auto given = line.find(name);
  if (given == line.end() || given->is_null()) return {};
  const bool in_range = given->is_number_unsigned() ? given->get<std::uint64_t>() <= static_cast<std::uint64_t>(max)
                                                    : given->is_number_integer() && given->get<std::int64_t>() >= -1;
  if (!in_range) return std::string(name) + " is not a whole number in its range";
  into = given->get<std::int64_t>();
  return {};
}

}  // namespace

std::string parse_record_line(std::string_view text, owned_record& out) {
  const parsed line = parsed::parse(text, nullptr, false);
  if (line.is_discarded()) return "it is not JSON";
  if (!line.is_object()) return "it is not a JSON object";
  if (std::string why = read_blob(line, "key", "keyBase64", out.key); !why.empty()) return why;
  if (std::string why = read_blob(line, "value", "valueBase64", out.value); !why.empty()) return why;
  out.headers.clear();
  if (const auto headers = line.find("headers"); headers != line.end() && !headers->is_null()) {
    if (!headers->is_array()) return "headers is not an array";
    for (const parsed& pair : *headers) {
      if (std::string why = read_header(pair, out); !why.empty()) return why;
    }
  }
  std::int64_t partition = ottla::any_partition;
  if (std::string why = read_number(line, "partition", std::numeric_limits<std::int32_t>::max(), partition);
      !why.empty())
    return why;
  out.partition = static_cast<std::int32_t>(partition);
  out.timestamp = ottla::now_timestamp;
  return read_number(line, "timestamp", std::numeric_limits<std::int64_t>::max(), out.timestamp);
}

}  // namespace ottla_tool
