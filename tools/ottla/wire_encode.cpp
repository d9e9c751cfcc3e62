// ottla wire encode: JSON to bytes; with --jsonl questions and answers a line each.
#include <CLI/App.hpp>
#include <iostream>

#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/protocol_text/schema_table.hpp"
#include "print.hpp"
#include "wire/frame.hpp"
#include "wire/wire.hpp"
#include "wire_input.hpp"

namespace ottla_tool {
namespace {

class wire_encode : public runner {
 public:
  explicit wire_encode(CLI::App& options)
      : input_(options, "wire encode", "JSON", "How the bytes are to be written: hex|base64|binary") {
    options.add_flag("--frame", frame_, "With size and header in front");
    number_option(options, "--correlation-id", correlation_id_, "Of the header, with --frame (default 1)", 0,
                  2147483647);
    text_option(options, "--client-id", client_id_, "Of a request's header, with --frame (default ottla)");
    options.add_flag("--jsonl", jsonl_, "Questions on stdin, answers on stdout, one JSON object a line");
  }

  int run(const globals& with) override {
    const bool asks_itself = frame_ || correlation_id_ || client_id_ || input_.anything_given();
    if (jsonl_ || (with.output == output_form::jsonl && !asks_itself)) {
      if (asks_itself) return report_usage(with, "wire encode", "--jsonl takes everything from its lines");
      std::ios::sync_with_stdio(false);
      return ottla::wire::run_jsonl(ottla::wire::verb::encode, std::cin, std::cout);
    }
    if (!frame_ && (correlation_id_ || client_id_))
      return report_usage(with, "wire encode", "--correlation-id and --client-id belong to --frame");
    const ottla::protocol_text::message_type* message = nullptr;
    std::int16_t version = 0;
    if (const int status = input_.message(with, "", message, version)) return status;
    if (frame_ && !message->key) return report_usage(with, "wire encode", "--frame is for requests and responses");
    std::string text;
    if (const int status = input_.read(with, text)) return status;
    return encode(with, *message, version, text);
  }

 private:
  int encode(const globals& with, const ottla::protocol_text::message_type& message, std::int16_t version,
             const std::string& text) const {
    ottla::protocol::arena memory{std::size_t{1} << 30};
    ottla::protocol::writer body;
    std::string why;
    auto* parsed = ottla::protocol_text::parse_json(text, memory, why);
    if (parsed == nullptr) return report_bad_input(with, "wire encode", why, "give one JSON object");
    if (auto refused = message.operations().from_json(*parsed, version, memory, body)) {
      if (auto typo = find_unknown_member(*parsed, message, version)) refused = typo;
      const std::string schema =
          "ottla wire schema " + std::string(message.name) + " --version " + std::to_string(version);
      return report_bad_input(with, "wire encode",
                              std::string(message.name) + " " + std::to_string(version) + ": " + *refused,
                              schema + " shows the fields");
    }
    std::string framed;
    if (frame_) {
      framed = ottla::wire::make_frame(
          message, version, {static_cast<std::int32_t>(correlation_id_.value_or(1)), client_id_.value_or("ottla")},
          body.view());
    }
    const auto bytes = frame_ ? ottla::protocol::as_bytes(framed) : body.view();
    return put(from_bytes(input_.form(), bytes)) ? status_done : status_failed;
  }

  wire_input input_;
  bool frame_ = false, jsonl_ = false;
  std::optional<std::int64_t> correlation_id_;
  std::optional<std::string> client_id_;
};

}  // namespace

std::unique_ptr<runner> declare_wire_encode(CLI::App& options) { return std::make_unique<wire_encode>(options); }

}  // namespace ottla_tool
