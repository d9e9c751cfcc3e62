// ottla wire list: every API and message with its versions, and since when Kafka has it.
#include <CLI/App.hpp>

#include <algorithm>

#include "command.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "print.hpp"
#include "wire/kafka_releases.hpp"

namespace ottla_tool {
namespace {

using ottla::protocol_text::message_kind;
using ottla::protocol_text::message_type;

std::string span_text(int first, int last) {
  if (first > last) return "-";
  return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

json last_of(int first, int last) { return first > last ? json(nullptr) : json(last); }

json or_null(std::string_view text) { return text.empty() ? json(nullptr) : json(text); }

/// One line or object; requests stand for their responses, whose versions are the same.
class message_list {
 public:
  void add(const message_type& message) {
    const bool flexible = message.first_flexible_version <= message.max_unstable_version;
    const int last_unstable = std::min<int>(message.max_unstable_version, message.first_ahead_version - 1);
    const std::string_view release =
        message.key ? ottla::wire::first_release(*message.key, std::nullopt) : std::string_view{};
    const json kinds = message.key ? json{"request", "response"} : json::array({name(message.kind)});
    table_.add({message.key ? std::to_string(static_cast<int>(*message.key)) : "-", std::string(message.api),
                message.key ? "request, response" : std::string(name(message.kind)),
                span_text(message.min_version, message.max_version),
                flexible ? std::to_string(message.first_flexible_version) + "+" : "-",
                span_text(message.max_version + 1, last_unstable),
                span_text(message.first_ahead_version, message.max_unstable_version),
                release.empty() ? "-" : std::string(release)});
    list_.push_back({{"key", message.key ? json(static_cast<int>(*message.key)) : json(nullptr)},
                     {"api", message.api},
                     {"kinds", kinds},
                     {"minVersion", message.min_version},
                     {"maxVersion", last_of(message.min_version, message.max_version)},
                     {"flexibleSince", flexible ? json(message.first_flexible_version) : json(nullptr)},
                     {"maxUnstableVersion", last_of(message.max_version + 1, last_unstable)},
                     {"maxAheadVersion", last_of(message.first_ahead_version, message.max_unstable_version)},
                     {"sinceKafka", or_null(release)}});
  }

  void add_removed(ottla::protocol::api_key key) {
    const std::string_view release = ottla::wire::first_release(key, std::nullopt);
    table_.add({std::to_string(static_cast<int>(key)), std::string(name(key)), "-", "removed in 4.0", "-", "-", "-",
                std::string(release)});
    list_.push_back({{"key", static_cast<int>(key)},
                     {"api", name(key)},
                     {"kinds", json::array()},
                     {"minVersion", nullptr},
                     {"maxVersion", nullptr},
                     {"flexibleSince", nullptr},
                     {"maxUnstableVersion", nullptr},
                     {"maxAheadVersion", nullptr},
                     {"sinceKafka", or_null(release)}});
  }

  int print(const globals& with) const { return print_list(with, table_, list_); }

 private:
  text_table table_{{"KEY", "API", "KIND", "VERSIONS", "FLEXIBLE", "UNSTABLE", "AHEAD", "SINCE KAFKA"}};
  json list_ = json::array();
};

class wire_list : public runner {
 public:
  int run(const globals& with) override {
    message_list list;
    for (std::int16_t key = 0; key <= ottla::protocol::max_api_key; ++key) {
      const ottla::protocol::api_key api{key};
      if (name(api).empty()) continue;
      if (const message_type* request = ottla::protocol_text::find_message(name(api), message_kind::request))
        list.add(*request);
      else
        list.add_removed(api);
    }
    for (const message_type& message : ottla::protocol_text::all_messages())
      if (!message.key) list.add(message);
    return list.print(with);
  }
};

}  // namespace

std::unique_ptr<runner> declare_wire_list(CLI::App&) { return std::make_unique<wire_list>(); }

}  // namespace ottla_tool
