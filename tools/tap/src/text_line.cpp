// A message as an aligned line for people.
#include "text_line.hpp"

#include <array>
#include <cstdio>

#include "brief.hpp"
#include "clock_text.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol_text/encodings.hpp"
#include "undecoded.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

// 12:00:00.000000  #3   -> Metadata v12                 c=5         54 B            client=app topics=[orders]
//                       <-                                                0.412 ms

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string latency_text(const message& what) {
  if (!what.latency) return {};
  std::array<char, 32> out;
  std::snprintf(out.data(), out.size(), "%.3f ms", std::chrono::duration<double, std::milli>(*what.latency).count());
  return out.data();
}

std::string api_text(const message& what) {
  if (!what.request) return what.state == message_state::token ? "SASL token" : "?";
  const std::string_view api = name(protocol::api_key{what.request->api_key});
  return (api.empty() ? "key " + std::to_string(what.request->api_key) : std::string(api)) + " v" +
         std::to_string(what.request->version);
}

std::string hex_of(protocol::bytes_view bytes) {
  std::string out;
  for (const std::byte b : bytes) protocol_text::append_hex(out, b);
  return out;
}

void add(std::string& line, const std::string& part) {
  if (!part.empty()) line += (line.empty() ? "" : " ") + part;
}

std::string summary(const message& what, const description& known, const brevity& how) {
  std::string out;
  for (const auto& [error, count] : known.errors) add(out, count == 1 ? error : error + "*" + std::to_string(count));
  if (known.throttle_time_ms.value_or(0) != 0) add(out, "throttled=" + std::to_string(*known.throttle_time_ms) + "ms");
  if (what.rewritten != 0) add(out, "rewritten=" + std::to_string(what.rewritten));
  if (known.tree != nullptr) add(out, brief(*known.tree, how));
  if (known.body.empty()) add(out, std::string(state_word(what, known)));
  const std::string& note = what.note.empty() ? known.trouble : what.note;
  if (!note.empty()) out += ": " + note;
  if (const auto head = shown_head(what, known); !head.empty())
    add(out, "[" + hex_of(head) + (head.size() < what.size ? "..." : "") + "]");
  return out;
}

std::string columns(const message& what) {
  const std::string correlation = what.request ? "c=" + std::to_string(what.request->correlation_id) : "";
  return padded(api_text(what), 28) + padded(correlation, 10) + right(std::to_string(what.size), 9) + " B" +
         right(latency_text(what), 14) + "  ";
}

std::string client_text(const message& what) {
  if (what.way != direction::to_broker || !what.request || !what.request->client_id) return {};
  return "client=" + printable(*what.request->client_id) + " ";
}

std::string start(instant when, const connection_label& where) {
  return time_of_day(when.wall) + "  " + padded("#" + std::to_string(where.number), 5);
}

}  // namespace

std::string text_line(const message& what, const description& known, const connection_label& where,
                      protocol::arena& memory) {
  std::string out = start(what.when, where) + (what.way == direction::to_broker ? "-> " : "<- ") + columns(what) +
                    client_text(what) + summary(what, known, {}) + "\n";
  if (!known.records.empty()) out += brief_records(known.records, memory);
  return out;
}

std::string text_words(const message& what, const description& known, protocol::arena& memory) {
  std::string out = columns(what) + summary(what, known, {.longest = 400, .most_objects = 8, .most_values = 8});
  if (!known.records.empty()) out += " | " + brief_batches(known.records, memory);
  return out;
}

std::string text_remark(std::string_view event, instant when, const connection_label& where, const std::string& note) {
  std::string out = start(when, where) + "-- " + padded(std::string(event), 28) + where.client + " > " + where.broker;
  if (!note.empty()) out += "  " + note;
  return out + "\n";
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
