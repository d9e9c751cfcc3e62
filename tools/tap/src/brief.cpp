// A message's JSON in a few words.
#include "brief.hpp"

#include <optional>

#include "ottla/protocol/error_code.hpp"
#include "ottla/protocol_text/encodings.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using protocol_text::json_kind;
using protocol_text::json_value;

constexpr std::size_t longest_text = 100;
constexpr std::size_t most_record_lines = 1000;
constexpr std::size_t most_batches = 16;

std::string cut(std::string text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0) == 0x80)
    --longest;  // not inside a character
  text.resize(longest);
  return text + "...";
}

class teller {
 public:
  explicit teller(const brevity& how) : how_(how) {}
  std::string out;

  void members(const json_value& object) {
    bool first = true;
    for (const json_value* one = object.first; one != nullptr && !full(); one = one->next) {
      if (says_nothing(*one)) continue;
      if (!first) out += ' ';
      first = false;
      out += std::string(one->name) + "=";
      value(*one);
    }
  }

 private:
  [[nodiscard]] bool full() const { return out.size() > how_.longest; }

  static bool is_error(const json_value& one) {
    return one.kind == json_kind::integer && one.name.ends_with("rrorCode");
  }
  static bool says_nothing(const json_value& one) {
    return one.kind == json_kind::null || one.name == "throttleTimeMs" || (is_error(one) && one.integer == 0) ||
           (one.kind == json_kind::string && one.size == 0 && one.name != "key");
  }

  void value(const json_value& one) {
    switch (one.kind) {
      case json_kind::null:
        out += "null";
        break;
      case json_kind::boolean:
        out += one.boolean ? "true" : "false";
        break;
      case json_kind::integer:
        out += is_error(one) ? error_text(one.integer) : std::to_string(one.integer);
        break;
      case json_kind::real:
        out += std::to_string(one.real);
        break;
      case json_kind::string:
        out += cut(printable(one.text()), longest_text);
        break;
      case json_kind::object:
        out += '{';
        members(one);
        out += '}';
        break;
      case json_kind::array:
        elements(one);
    }
  }

  static std::string error_text(std::int64_t code) {
    const std::string_view known = name(static_cast<protocol::error_code>(code));
    return known.empty() ? std::to_string(code) : std::string(known);
  }

  void elements(const json_value& array) {
    const bool nested = array.first != nullptr && array.first->kind == json_kind::object;
    const std::uint32_t most = nested ? how_.most_objects : how_.most_values;
    std::uint32_t shown = 0;
    out += '[';
    for (const json_value* one = array.first; one != nullptr && shown < most && !full(); one = one->next, ++shown) {
      if (shown != 0) out += ' ';
      value(*one);
    }
    if (shown < array.size) out += " +" + std::to_string(array.size - shown);
    out += ']';
  }

  const brevity& how_;
};

std::string text_of_hex(const json_value& hex, protocol::arena& memory) {
  if (hex.kind != json_kind::string) return "null";
  const auto bytes = protocol_text::parse_hex(hex.text(), memory);
  if (!bytes) return "?";
  const std::string_view raw = protocol::as_text(*bytes);
  for (std::string_view left = raw; !left.empty();) {
    const std::size_t length = protocol_text::utf8_length(left);
    if (length == 0) return cut("0x" + std::string(hex.text()), longest_text);
    left.remove_prefix(length);
  }
  return '"' + cut(printable(raw), longest_text) + '"';
}

std::string scalar(json_value& object, std::string_view name) {
  const json_value* found = find_member(object, name);
  if (found == nullptr) return {};
  if (found->kind == json_kind::integer) return std::to_string(found->integer);
  if (found->kind == json_kind::string) return printable(found->text());
  return found->kind == json_kind::boolean && found->boolean ? std::string(name) : std::string();
}

std::string number(json_value& object, std::string_view name) {
  const json_value* found = find_member(object, name);
  return found == nullptr || found->kind != json_kind::integer || found->integer < 0 ? std::string()
                                                                                     : std::to_string(found->integer);
}

std::string partition_text(json_value& one) {
  return scalar(one, "topic") + scalar(one, "topicId") + "-" + scalar(one, "partition");
}

// Who wrote it is said where anybody is.
std::string batch_text(const std::string& partition, json_value& batch) {
  const json_value* records = find_member(batch, "records");
  std::string out = partition + " batch at " + scalar(batch, "baseOffset") + ", " +
                    std::to_string(records == nullptr ? 0 : records->size) + " records, " + scalar(batch, "codec") +
                    ", magic " + scalar(batch, "magic");
  for (const std::string_view flag : {"transactional", "control"}) {
    if (const std::string set = scalar(batch, flag); !set.empty()) out += ", " + set;
  }
  if (const std::string producer = number(batch, "producerId"); !producer.empty())
    out += ", producer " + producer + " epoch " + scalar(batch, "producerEpoch") + " sequence " +
           scalar(batch, "baseSequence");
  return out;
}

class record_teller {
 public:
  explicit record_teller(protocol::arena& memory) : memory_(memory) {}
  std::string out;

  void partition(json_value& one) {
    const std::string topic = partition_text(one);
    if (const json_value* error = find_member(one, "error")) line("  " + topic + ": " + printable(error->text()));
    json_value* content = find_member(one, "content");
    json_value* batches = content == nullptr ? nullptr : find_member(*content, "batches");
    for (json_value* batch = batches == nullptr ? nullptr : batches->first; batch != nullptr; batch = batch->next)
      tell_batch(topic, *batch);
    if (left_out_ != 0) out += "      and " + std::to_string(left_out_) + " more lines\n";
    left_out_ = 0;
  }

 private:
  void line(const std::string& text) {
    if (++lines_ > most_record_lines) {
      ++left_out_;
    } else {
      out += "    " + text + "\n";
    }
  }

  void tell_batch(const std::string& topic, json_value& batch) {
    json_value* records = find_member(batch, "records");
    line("  " + batch_text(topic, batch));
    for (json_value* one = records == nullptr ? nullptr : records->first; one != nullptr; one = one->next) {
      if (lines_ >= most_record_lines) {
        ++left_out_;
        continue;
      }
      std::string record = "    " + scalar(*one, "offset") + "  " + text_of_hex(*find_member(*one, "key"), memory_) +
                           ": " + text_of_hex(*find_member(*one, "value"), memory_);
      if (const json_value* headers = find_member(*one, "headers"); headers != nullptr && headers->size != 0)
        record += "  (" + std::to_string(headers->size) + " headers)";
      line(record);
    }
  }

  protocol::arena& memory_;
  std::size_t lines_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    const bool c1 = c == 0xc2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xa0;
    if (c1) out[i + 1] = '.';
    if (c < 0x20 || c == 0x7f || c1) out[i] = '.';
  }
  return out;
}

std::string brief(const json_value& body, const brevity& how) {
  teller say(how);
  say.members(body);
  return cut(std::move(say.out), how.longest);
}

std::string brief_batches(const std::string& json, protocol::arena& memory) {
  std::string why, out;
  json_value* all = protocol_text::parse_json(json, memory, why);
  if (all == nullptr) return "too much to show as text";
  std::size_t count = 0;
  const auto tell = [&](const std::string& text) {
    if (count++ < most_batches) out += (out.empty() ? "" : "; ") + text;
  };
  for (json_value* one = all->first; one != nullptr; one = one->next) {
    if (const json_value* error = find_member(*one, "error"))
      tell(partition_text(*one) + ": " + printable(error->text()));
    json_value* content = find_member(*one, "content");
    json_value* batches = content == nullptr ? nullptr : find_member(*content, "batches");
    for (json_value* batch = batches == nullptr ? nullptr : batches->first; batch != nullptr; batch = batch->next)
      tell(batch_text(partition_text(*one), *batch));
  }
  if (count > most_batches) out += "; and " + std::to_string(count - most_batches) + " more";
  return out;
}

std::string brief_records(const std::string& json, protocol::arena& memory) {
  std::string why;
  const json_value* all = protocol_text::parse_json(json, memory, why);
  if (all == nullptr) return "      (too much to show as text)\n";
  record_teller say(memory);
  for (json_value* one = all->first; one != nullptr; one = one->next) say.partition(*one);
  return say.out;
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
