// json_log: what is written and where to; the JSON itself is nlohmann's.
#include "ottla/service/json_log.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "call_listener.hpp"
#include "ottla/net/wall_source.hpp"
#include "rfc3339.hpp"
#include "utf8.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t longest_text = 16 * 1024;
constexpr std::array<std::string_view, 9> fixed_members{"level",   "ts",    "component", "msg", "duration_ms",
                                                        "brokers", "error", "code",      ""};

// Cut first: masking looks at each byte. A secret that the cut runs through is still behind its name.
std::string shown(std::string_view text) {
  const std::string_view kept = cut_utf8(text, longest_text);
  std::string out = without_secrets(kept);
  if (kept.size() < text.size()) out += "...";
  return out;
}

json value_of(const log_field& field) {
  if (names_secret(field.name)) return "****";
  return std::visit(
      [](const auto& value) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          return shown(value);
        } else {
          return value;
        }
      },
      field.value);
}

}  // namespace

std::string_view name(log_level level) {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      return "error";
  }
  return "info";
}

std::string log_line(const log_entry& entry, std::string_view component, std::span<const std::string> brokers,
                     wall_ms at) {
  json line;
  line["level"] = name(entry.level);
  line["ts"] = to_rfc3339(at);
  line["component"] = shown(entry.component.empty() ? component : entry.component);
  line["msg"] = shown(entry.msg);
  // Three digits behind the point, as people read them.
  line["duration_ms"] =
      entry.duration ? json(std::round(std::chrono::duration<double, std::micro>(*entry.duration).count()) / 1000.0)
                     : json();
  line["brokers"] = json::array();
  for (const std::string& broker : brokers) line["brokers"].push_back(shown(broker));
  if (entry.failure != nullptr && *entry.failure) {
    line["error"] = shown(entry.failure->message());
    line["code"] = name(code_of(*entry.failure, entry.doing));
  } else {
    line["error"] = nullptr;
  }
  for (const log_field& field : entry.fields) {
    std::string key(cut_utf8(field.name, 256));
    for (std::string_view fixed : fixed_members) {
      if (key == fixed) {
        key += '_';
        break;
      }
    }
    line[key] = value_of(field);
  }
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

log_sink stderr_sink() {
  return [](std::string_view line) {
    std::string whole(line);
    whole += '\n';
    std::fwrite(whole.data(), 1, whole.size(), stderr);
  };
}

json_log::json_log(json_log_config config) : config_(std::move(config)) {
  if (!config_.sink) config_.sink = stderr_sink();
  if (!config_.clock) {
    config_.clock = [system = wall_source()] { return wall_ms(std::chrono::milliseconds(system.now_ms())); };
  }
}

void json_log::write(const log_entry& entry) const {
  if (!writes(entry.level)) return;
  call_listener(config_.sink, log_line(entry, config_.component, config_.brokers, call_listener(config_.clock)));
}

logger json_log::as_logger() const {
  return [this](log_level level, std::string_view component, std::string_view line) {
    write({.level = level, .msg = line, .component = component});
  };
}

}  // namespace v0
}  // namespace ottla
