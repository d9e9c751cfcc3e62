// ottla wire: mounts the verbs that exist over JSON lines alone.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>

#include "command.hpp"
#include "failure.hpp"
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

}  // namespace

std::unique_ptr<runner> declare_wire_roundtrip(CLI::App& options) {
  return std::make_unique<wire_verb>(options, ottla::wire::verb::roundtrip);
}
std::unique_ptr<runner> declare_wire_records(CLI::App& options) {
  return std::make_unique<wire_verb>(options, ottla::wire::verb::records);
}
std::unique_ptr<runner> declare_wire_info(CLI::App& options) {
  return std::make_unique<wire_verb>(options, ottla::wire::verb::info);
}

}  // namespace ottla_tool
