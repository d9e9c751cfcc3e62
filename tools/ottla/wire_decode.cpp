// ottla wire decode: bytes to JSON or to a hexdump with notes; with --jsonl questions and answers a line each.
#include <unistd.h>

#include <CLI/App.hpp>
#include <cstdlib>
#include <iostream>

#include "command.hpp"
#include "failure.hpp"
#include "wire/annotate.hpp"
#include "wire/frame.hpp"
#include "wire/wire.hpp"
#include "wire_document.hpp"
#include "wire_input.hpp"

namespace ottla_tool {
namespace {

using ottla::protocol::bytes_view;
using ottla::wire::frame;

bool use_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

class wire_decode : public runner {
 public:
  explicit wire_decode(CLI::App& options)
      : input_(options, "wire decode", "BYTES", "How the bytes are written: hex|base64|binary") {
    options.add_flag("--frame", frame_, "The bytes are a whole frame: size, header, body; a request says what it is");
    options.add_flag("--annotate", annotate_, "Each field with its offset, bytes, type, value and versions");
    options.add_flag("--records", records_, "Open what records fields hold");
    options.add_flag("--jsonl", jsonl_, "Questions on stdin, answers on stdout, one JSON object a line");
  }

  int run(const globals& with) override {
    if (jsonl_ || (with.output == output_form::jsonl && !asks_itself())) {
      if (asks_itself()) return report_usage(with, "wire decode", "--jsonl takes everything from its lines");
      std::ios::sync_with_stdio(false);
      return ottla::wire::run_jsonl(ottla::wire::verb::decode, std::cin, std::cout);
    }
    frame opened;
    const bool response = input_.kind() == "response" || input_.api_given();
    if (!frame_ || response) {
      if (!frame_ && !input_.api_given())
        return report_usage(with, "wire decode", "--api is missing, or --frame, or --jsonl");
      const std::string_view kind = frame_ ? "response" : "";
      if (const int status = input_.message(with, kind, opened.message, opened.version)) return status;
      if (frame_ && !opened.message->key)
        return report_usage(with, "wire decode", "--frame is for requests and responses");
    }
    std::string bytes;
    if (const int status = input_.read(with, bytes)) return status;
    if (auto why = to_bytes(input_.form(), bytes)) return refuse(with, *why);
    opened.body = ottla::protocol::as_bytes(bytes);
    if (frame_) {
      const bool request =
          opened.message == nullptr || opened.message->kind == ottla::protocol_text::message_kind::request;
      const bytes_view all = opened.body;
      auto why =
          request ? open_request_frame(all, opened) : open_response_frame(all, *opened.message, opened.version, opened);
      if (why) return refuse(with, *why);
      bytes_of_frame_ = all;
    }
    return annotate_ ? print_parts(with, opened) : print_document(with, opened);
  }

 private:
  bool asks_itself() const { return frame_ || annotate_ || records_ || input_.anything_given(); }

  static int refuse(const globals& with, const std::string& why) {
    return report_bad_input(with, "wire decode", why, "check --api, --kind, --version, --form and --frame");
  }

  int print_document(const globals& with, const frame& what) const {
    std::string why;
    auto document = message_document(*what.message, what.version, what.body, records_, false, why);
    if (!document)
      return refuse(with, std::string(what.message->name) + " " + std::to_string(what.version) + ", " + why);
    if (frame_) {
      auto header = message_document(*what.header_type, what.header_version, what.header, false, false, why);
      if (!header) return refuse(with, why);
      document = json{{"api", what.message->api},
                      {"kind", name(what.message->kind)},
                      {"version", what.version},
                      {"header", *header},
                      {"json", *document}};
    }
    return put(dumped(*document, with.output == output_form::jsonl ? -1 : 2) + "\n") ? status_done : status_failed;
  }

  int print_parts(const globals& with, const frame& what) const {
    const std::size_t base = frame_ ? what.body_offset() : 0;
    std::optional<ottla::protocol_text::walk_error> error;
    if (with.output == output_form::text) {
      error = print_dump(what, base);
    } else {
      json list = frame_ ? part_list(*what.header_type, what.header_version, what.header, frame::size_bytes, false)
                         : json::array();
      for (json& one : part_list(*what.message, what.version, what.body, base, records_))
        list.push_back(std::move(one));
      error = walk_bytes(*what.message, what.version, what.body, [](const auto&) {});
      if (print_list(with, text_table({}), list) != status_done) return status_failed;
    }
    if (!error) return status_done;
    error->offset += base;
    return refuse(with, std::string(what.message->name) + " " + std::to_string(what.version) + ", " + error->message());
  }

  std::optional<ottla::protocol_text::walk_error> print_dump(const frame& what, std::size_t base) const {
    ottla::wire::annotate_options options{.colour = use_colour(), .records = records_};
    if (frame_) {
      const std::size_t behind = bytes_of_frame_.size() - frame::size_bytes;
      annotate_bytes(bytes_of_frame_.first(frame::size_bytes),
                     "size of what follows: " + std::to_string(behind) + " bytes", options, std::cout);
      options.base = frame::size_bytes;
      std::cout << what.header_type->name << " " << what.header_version << '\n';
      (void)annotate(*what.header_type, what.header_version, what.header, options, std::cout);
    }
    options.base = base;
    std::cout << what.message->name << " " << what.version << '\n';
    auto error = annotate(*what.message, what.version, what.body, options, std::cout);
    std::cout.flush();
    return error;
  }

  wire_input input_;
  bytes_view bytes_of_frame_;
  bool frame_ = false, annotate_ = false, records_ = false, jsonl_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_wire_decode(CLI::App& options) { return std::make_unique<wire_decode>(options); }

}  // namespace ottla_tool
