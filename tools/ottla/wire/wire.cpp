// The five verbs over JSON lines.
#include "wire.hpp"

#include <array>
#include <ostream>
#include <string>

#include "line_reader.hpp"
#include "ottla/protocol/writer.hpp"
#include "ottla/protocol_text/records_json.hpp"
#include "ottla/protocol_text/schema_table.hpp"
#include "question.hpp"

namespace ottla::wire {

using protocol_text::failure;
using protocol_text::json_writer;

namespace {
constexpr std::array<std::string_view, 5> verbs{"decode", "encode", "roundtrip", "records", "info"};

// What one line may cost. Parsed JSON takes 20 times the text where it is all digits and commas.
constexpr std::size_t line_limit = std::size_t{32} << 20;
constexpr std::size_t question_limit = std::size_t{192} << 20;
constexpr std::size_t message_limit = std::size_t{96} << 20;

class session {
 public:
  explicit session(std::ostream& out) : out_{out} {}

  void answer(verb what, const line_reader& input) {
    failure why = input.too_long() ? failure{"the line is above 32 MiB"} : run(what, input.line());
    if (why) answer_error(*why);
    question_memory_.reset();
    message_memory_.reset();
    constexpr std::size_t usual = std::size_t{1} << 20;
    if (bytes_.size() > usual) bytes_ = protocol::writer{};
    bytes_.clear();
  }

 private:
  failure run(verb what, std::string_view line) {
    if (failure why = asked_.parse(line, question_memory_)) return why;
    if (what == verb::records) return records();
    if (failure why = asked_.parse_message()) return why;
    switch (what) {
      case verb::decode:
        return decode();
      case verb::encode:
        return encode();
      case verb::roundtrip:
        return round_trip();
      case verb::info:
        return info();
      case verb::records:
        break;
    }
    return "no such verb";
  }

  failure decode() {
    protocol::bytes_view body;
    if (failure why = asked_.hex_bytes(question_memory_, body)) return why;
    json_writer text{out_};
    text.begin_object();
    text.key("json");
    if (failure why = operations().to_json(body, asked_.version(), message_memory_, text)) return why;
    finish(text);
    return std::nullopt;
  }

  failure encode() {
    protocol_text::json_value* message = nullptr;
    if (failure why = asked_.json(message)) return why;
    if (failure why = operations().from_json(*message, asked_.version(), message_memory_, bytes_)) {
      const failure typo = find_unknown_member(*message, asked_.message(), asked_.version());
      return typo ? typo : why;
    }
    answer_bytes();
    return std::nullopt;
  }

  failure round_trip() {
    protocol::bytes_view body;
    if (failure why = asked_.hex_bytes(question_memory_, body)) return why;
    if (failure why = operations().round_trip(body, asked_.version(), message_memory_, bytes_)) return why;
    answer_bytes();
    return std::nullopt;
  }

  failure records() {
    std::string_view hex;
    if (failure why = asked_.hex_text(hex)) return why;
    std::string why;
    json_writer text{out_};
    if (!protocol_text::records_json(hex, text, why)) return why;
    text.newline();
    text.flush();
    return std::nullopt;
  }

  failure info() {
    const auto& message = asked_.message();
    json_writer text{out_};
    text.begin_object();
    text.key("key");
    message.key ? text.integer(static_cast<std::int16_t>(*message.key)) : text.null();
    text.key("flexible");
    text.boolean(asked_.version() >= message.first_flexible_version);
    text.key("headerVersion");
    message.header_version != nullptr ? text.integer(message.header_version(asked_.version())) : text.null();
    text.key("unstable");
    text.boolean(asked_.version() > message.max_version);
    finish(text);
    return std::nullopt;
  }

  [[nodiscard]] const protocol_text::message_operations& operations() const { return asked_.message().operations(); }

  void answer_bytes() {
    json_writer text{out_};
    text.begin_object();
    text.key("hex");
    text.hex(bytes_.view());
    finish(text);
  }

  void answer_error(std::string_view why) {
    json_writer text{out_};
    text.begin_object();
    text.key("error");
    text.string(why);
    finish(text);
  }

  static void finish(json_writer& text) {
    text.end_object();
    text.newline();
    text.flush();
  }

  std::ostream& out_;
  protocol::arena question_memory_{question_limit};
  protocol::arena message_memory_{message_limit};
  protocol::writer bytes_;
  question asked_;
};
}  // namespace

std::optional<verb> parse_verb(std::string_view word) {
  for (std::size_t i = 0; i < verbs.size(); ++i)
    if (verbs[i] == word) return static_cast<verb>(i);
  return std::nullopt;
}

int run_jsonl(verb what, std::istream& in, std::ostream& out) {
  line_reader input{in, line_limit};
  session answers{out};
  while (input.next()) {
    answers.answer(what, input);
    if (input.would_wait()) out.flush();
    if (!out) return 1;
  }
  out.flush();
  return out ? 0 : 1;
}

}  // namespace ottla::wire
