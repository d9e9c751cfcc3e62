// ottla wire: mounts the verbs that exist over JSON lines alone.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "wire/wire.hpp"

namespace ottla_tool {
namespace {

class wire_verb : public runner {
 public:
  wire_verb(CLI::App& options, ottla::wire::verb what) : what_(what) {
    options.add_flag("--jsonl", jsonl_, "One JSON object a line on stdin and stdout; the only form");
  }

  int run(const globals& with) override {
    if (!jsonl_ && with.output != output_form::jsonl) return report_usage(with, "wire", "--jsonl is missing");
    std::ios::sync_with_stdio(false);
    return ottla::wire::run_jsonl(what_, std::cin, std::cout);
  }

 private:
  ottla::wire::verb what_;
  bool jsonl_ = false;
};

/// The one verb that needs no bytes: its question may also be asked by options.
class wire_info : public runner {
 public:
  explicit wire_info(CLI::App& options) {
    options.add_flag("--jsonl", jsonl_, "One JSON object a line on stdin and stdout");
    text_option(options, "--api", api_, "Name of the message: Fetch, RequestHeader");
    choice_option(options, "--kind", kind_, "Which of its messages (default request)",
                  {"request", "response", "header", "data"});
    number_option(options, "--version", version_, "Of the message", 0, 32767);
  }

  int run(const globals& with) override {
    if (api_ && version_ && !jsonl_) {
      const nlohmann::json question{{"api", *api_}, {"kind", kind_.value_or("request")}, {"version", *version_}};
      std::istringstream line(question.dump() + "\n");
      std::ostringstream answer;
      (void)ottla::wire::run_jsonl(ottla::wire::verb::info, line, answer);
      const auto told = nlohmann::json::parse(answer.str());
      if (told.contains("error")) return report_usage(with, "wire info", told["error"].get<std::string>());
      std::cout << told.dump() << "\n";
      return 0;
    }
    if (!jsonl_ && with.output != output_form::jsonl)
      return report_usage(with, "wire info", "--api and --version, or --jsonl with questions on stdin, are missing");
    std::ios::sync_with_stdio(false);
    return ottla::wire::run_jsonl(ottla::wire::verb::info, std::cin, std::cout);
  }

 private:
  bool jsonl_ = false;
  std::optional<std::string> api_, kind_;
  std::optional<std::int64_t> version_;
};

}  // namespace

std::unique_ptr<runner> declare_wire_roundtrip(CLI::App& options) {
  return std::make_unique<wire_verb>(options, ottla::wire::verb::roundtrip);
}
std::unique_ptr<runner> declare_wire_records(CLI::App& options) {
  return std::make_unique<wire_verb>(options, ottla::wire::verb::records);
}
std::unique_ptr<runner> declare_wire_info(CLI::App& options) { return std::make_unique<wire_info>(options); }

}  // namespace ottla_tool
