// letter_text: columns, pages, JSON members and counts.
#include "letter_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "json_text.hpp"
#include "options.hpp"
#include "record_json.hpp"
#include "text_table.hpp"

namespace ottla_tool {
namespace {

constexpr std::size_t longest_error_shown = 200;
constexpr std::size_t longest_key_shown = 40;

std::string known(std::int64_t number) { return number < 0 ? "-" : std::to_string(number); }

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

std::string line_of(const std::string& partition, const std::string& offset, const std::string& failed,
                    const std::string& from, const std::string& retries, const std::string& key,
                    const std::string& error) {
  return padded(partition, 9) + padded(offset, 8) + padded(failed, 24) + padded(from, 24) + padded(retries, 7) +
         padded(key, 16) + error + "\n";
}

std::string key_text(const ottla::blob& key) { return key.is_null() ? "-" : one_line(key.text(), longest_key_shown); }

std::string failed_text(const ottla::dead_letter_note& note) {
  return note.failed_at ? moment_text(note.failed_at->time_since_epoch().count()) : "-";
}

bool is_printable(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
         });
}

void append_text_member(std::string& out, std::string_view name, std::string_view text) {
  append_blob(out, name, text.empty() ? ottla::blob() : ottla::blob(text));
}
void append_number_member(std::string& out, std::string_view name, std::int64_t number) {
  out += ",\"" + std::string(name) + "\":";
  if (number < 0) {
    out += "null";
  } else {
    append_number(out, number);
  }
}

std::string payload(std::string_view bytes, bool as_hex) {
  if (as_hex || !is_printable(bytes)) return hex_lines(bytes, "  ");
  std::string out = "  ";
  for (const char c : bytes) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out + "\n";
}

std::string size_text(const ottla::blob& what) {
  return what.is_null() ? "null" : std::to_string(what.size()) + (what.size() == 1 ? " byte" : " bytes");
}

}  // namespace

letter_names::letter_names(CLI::App& options) {
  const auto add = [&](const char* option, std::string& into, const char* what) {
    options.add_option(option, into, std::string(what) + " (default " + into + ")")->type_name("NAME");
  };
  add("--retry-count-header", names_.retry_count, "The header with the number of retries");
  add("--error-header", names_.error_message, "The header with the error's text");
  add("--timestamp-header", names_.failed_timestamp, "The header with the time of the failure");
}

std::string moment_text(std::int64_t ms) {
  if (ms < 0 || ms > 253'402'300'799'999) return "-";
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(ms)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return out;
}

std::string one_line(std::string_view text, std::size_t longest) {
  const bool utf8 = is_utf8(text);
  std::size_t cut = std::min(text.size(), longest);
  while (utf8 && cut > 0 && cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  std::string out;
  for (const char c : text.substr(0, cut)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && (utf8 || byte < 0x80)) {
      out += c;
      continue;
    }
    char coded[8];
    std::snprintf(coded, sizeof coded, "\\x%02x", byte);
    out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : coded;
  }
  return cut < text.size() ? out + "..." : out;
}

std::string origin_text(const ottla::dead_letter_note& note) {
  if (note.from.topic.empty()) return "-";
  std::string out = one_line(note.from.topic, 249);
  if (note.from.partition >= 0) out += "-" + std::to_string(note.from.partition);
  if (note.offset >= 0) out += "@" + std::to_string(note.offset);
  return out;
}

std::string hex_lines(std::string_view bytes, std::string_view indent) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    char piece[32];
    std::snprintf(piece, sizeof piece, "%08zx ", at);
    out += std::string(indent) + piece;
    const std::string_view line = bytes.substr(at, 16);
    for (std::size_t i = 0; i < 16; ++i) {
      std::snprintf(piece, sizeof piece, " %02x", i < line.size() ? static_cast<unsigned char>(line[i]) : 0u);
      out += i < line.size() ? piece : "   ";
    }
    out += "  |";
    for (const char c : line) out += c >= 0x20 && c < 0x7f ? c : '.';
    out += "|\n";
  }
  return out;
}

std::string letter_head() { return line_of("PARTITION", "OFFSET", "FAILED AT", "FROM", "RETRIES", "KEY", "ERROR"); }

std::string letter_line(const ottla::record_view& what, const ottla::dead_letter_note& note) {
  return line_of(std::to_string(what.partition()), std::to_string(what.offset()), failed_text(note), origin_text(note),
                 known(note.retries), key_text(what.key()),
                 note.error.empty() ? "-" : one_line(note.error, longest_error_shown));
}

std::string letter_json(const ottla::record_view& what, const ottla::dead_letter_note& note, bool page) {
  std::string out = "{\"topic\":";
  append_json_string(out, what.topic());
  append_number_member(out, "partition", what.partition());
  append_number_member(out, "offset", what.offset());
  append_number_member(out, "timestamp", what.timestamp());
  append_text_member(out, "failedAt", note.failed_at ? failed_text(note) : "");
  append_text_member(out, "originalTopic", note.from.topic);
  append_number_member(out, "originalPartition", note.from.partition);
  append_number_member(out, "originalOffset", note.offset);
  append_number_member(out, "originalTimestamp", note.timestamp);
  append_number_member(out, "retryCount", note.retries);
  append_text_member(out, "error", note.error);
  append_text_member(out, "exceptionType", note.exception_type);
  append_text_member(out, "consumerGroup", note.group);
  append_text_member(out, "consumerId", note.consumer);
  append_blob(out, "key", what.key());
  if (page) {
    append_blob(out, "value", what.value());
    append_headers(out, what.headers());
  }
  return out + "}";
}

std::string letter_page(const ottla::record_view& what, const ottla::dead_letter_note& note, bool as_hex) {
  const auto shown = [](const std::string& text) { return text.empty() ? "-" : one_line(text, 4096); };
  std::string out = "dead letter  " + std::string(what.topic()) + "-" + std::to_string(what.partition()) + "@" +
                    std::to_string(what.offset()) + ", written " + moment_text(what.timestamp()) + "\n";
  out += "failed at    " + failed_text(note) + "\n";
  out += "from         " + origin_text(note) +
         (note.timestamp >= 0 ? ", written " + moment_text(note.timestamp) : std::string()) + "\n";
  out += "retries      " + known(note.retries) + "\n";
  out += "error        " + shown(note.error) + "\n";
  out += "exception    " + shown(note.exception_type) + "\n";
  out += "group        " + shown(note.group) + "\n";
  out += "consumer     " + shown(note.consumer) + "\n";
  out += "key          " + (what.key().is_null() ? "null" : one_line(what.key().text(), 4096)) + "\n";
  out += "headers\n";
  for (const auto& one : what.headers()) {
    const ottla::blob value(one.value);
    out += "  " + one_line(one.name, 249) + " = " + (value.is_null() ? "null" : one_line(value.text(), 4096)) + "\n";
  }
  out += "value        " + size_text(what.value()) + "\n";
  if (what.value().size() > 0) out += payload(what.value().text(), as_hex);
  return out;
}

void letter_counts::add(const ottla::dead_letter_note& note) {
  ++total_;
  kind one{note.from.topic.empty() ? "-" : one_line(note.from.topic, 249),
           note.error.empty() ? "-" : one_line(note.error, longest_error_shown)};
  if (const auto found = kinds_.find(one); found != kinds_.end()) {
    ++found->second;
  } else if (kinds_.size() < most_kinds) {
    kinds_.emplace(std::move(one), 1);
  } else {
    ++beyond_;
  }
}

std::vector<std::pair<letter_counts::kind, std::uint64_t>> letter_counts::sorted() const {
  std::vector<std::pair<kind, std::uint64_t>> out(kinds_.begin(), kinds_.end());
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (beyond_ > 0) out.push_back({{"(others)", "(more kinds than are counted apart)"}, beyond_});
  return out;
}

std::string letter_counts::text() const {
  text_table table({"COUNT", "FROM", "ERROR"});
  for (const auto& [what, count] : sorted()) table.add({std::to_string(count), what.from, what.error});
  return table.to_string();
}

std::string letter_counts::json(bool lines) const {
  std::string out;
  for (const auto& [what, count] : sorted()) {
    out += lines ? "" : out.empty() ? "[\n" : ",\n";
    out += "{\"count\":";
    append_number(out, static_cast<std::int64_t>(count));
    append_text_member(out, "originalTopic", what.from == "-" ? "" : what.from);
    append_text_member(out, "error", what.error == "-" ? "" : what.error);
    out += lines ? "}\n" : "}";
  }
  return lines ? out : out.empty() ? "[]\n" : out + "\n]\n";
}

}  // namespace ottla_tool
