// A message as one JSON object; the members are listed in the folder's README.
#include "json_line.hpp"

#include <utility>

#include "clock_text.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol_text/json_writer.hpp"
#include "undecoded.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using protocol_text::json_writer;

/// U+0085, U+2028 and U+2029 are legal inside a string, but many readers of lines take them for an end of line.
std::string one_line(const std::string& text) {
  constexpr std::pair<std::string_view, std::string_view> escapes[] = {
      {"\xc2\x85", "\\u0085"}, {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"}};
  std::string out = text;
  for (const auto& [raw, escaped] : escapes) {
    for (std::size_t at = out.find(raw); at != std::string::npos; at = out.find(raw, at))
      out.replace(at, raw.size(), escaped);
  }
  return out + "\n";
}

void text(json_writer& out, std::string_view name, std::string_view value) {
  out.key(name);
  out.string(value);
}

void number(json_writer& out, std::string_view name, std::int64_t value) {
  out.key(name);
  out.integer(value);
}

void begin(json_writer& out, instant when, const connection_label& where, std::string_view kind) {
  out.begin_object();
  text(out, "time", date_and_time(when.wall));
  number(out, "connection", static_cast<std::int64_t>(where.number));
  text(out, "client", where.client);
  text(out, "broker", where.broker);
  text(out, "kind", kind);
}

void header(json_writer& out, const request_head& head) {
  const std::string_view api = name(protocol::api_key{head.api_key});
  out.key("api");
  api.empty() ? out.null() : out.string(api);
  number(out, "apiKey", head.api_key);
  number(out, "version", head.version);
  number(out, "correlationId", head.correlation_id);
  out.key("clientId");
  head.client_id ? out.string(*head.client_id) : out.null();
}

void response_part(json_writer& out, const message& what, const description& known) {
  if (what.latency) number(out, "latencyUs", *what.latency / std::chrono::microseconds(1));
  if (known.throttle_time_ms) number(out, "throttleTimeMs", *known.throttle_time_ms);
  if (!known.errors.empty()) {
    out.key("errors");
    out.begin_array();
    for (const auto& [error, count] : known.errors) out.string(error);
    out.end_array();
  }
  if (what.rewritten != 0) number(out, "rewrittenAddresses", static_cast<std::int64_t>(what.rewritten));
}

}  // namespace

std::string json_line(const message& what, const description& known, const connection_label& where) {
  json_writer out;
  const bool response = what.way == direction::to_client;
  begin(out, what.when, where, response ? "response" : "request");
  text(out, "state", state_word(what, known));
  if (what.request) header(out, *what.request);
  number(out, "size", static_cast<std::int64_t>(what.size));
  if (response) response_part(out, what, known);
  if (!known.body.empty() && what.request && known.body_version != what.request->version)
    number(out, "bodyVersion", known.body_version);
  if (!known.body.empty()) {
    out.key("body");
    out.verbatim(known.body);
  }
  if (!known.records.empty()) {
    out.key("records");
    out.verbatim(known.records);
  }
  const std::string& note = what.note.empty() ? known.trouble : what.note;
  if (!note.empty()) text(out, "note", note);
  if (const auto head = shown_head(what, known); !head.empty()) {
    out.key("hex");
    out.hex(head);
  }
  out.end_object();
  return one_line(out.text());
}

std::string json_remark(std::string_view event, instant when, const connection_label& where, const std::string& note) {
  json_writer out;
  begin(out, when, where, event);
  if (!note.empty()) text(out, "note", note);
  out.end_object();
  return one_line(out.text());
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
