// ottla wire schema: the definition of a message, of one version, or what changed between two.
#include <CLI/App.hpp>
#include <charconv>

#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "schema_diff.hpp"
#include "schema_document.hpp"
#include "wire/message_names.hpp"

namespace ottla_tool {
namespace {

using ottla::protocol_text::message_type;

struct version_pair {
  std::int64_t from, to;
};

/// "4..7".
std::optional<version_pair> parse_pair(std::string_view text) {
  const auto number = [](std::string_view digits, std::int64_t& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc{} && end == digits.data() + digits.size() && out >= 0;
  };
  const std::size_t dots = text.find("..");
  version_pair out{};
  if (dots == std::string_view::npos || !number(text.substr(0, dots), out.from) ||
      !number(text.substr(dots + 2), out.to))
    return std::nullopt;
  return out;
}

class wire_schema : public runner {
 public:
  explicit wire_schema(CLI::App& options) {
    options.add_option("API", api_, "Name or key: Fetch, FetchRequest, 1")->required();
    choice_option(options, "--kind", kind_, "Only the request, or only the response",
                  {"request", "response", "header", "data"});
    number_option(options, "--version", version_, "The fields of this version alone");
    text_option(options, "--diff", diff_, "What changed from version A to version B")->type_name("A..B");
  }

  int run(const globals& with) override {
    std::optional<version_pair> pair;
    if (diff_) {
      if (version_) return report_usage(with, "wire schema", "--version and --diff exclude each other");
      pair = parse_pair(*diff_);
      if (!pair) return report_usage(with, "wire schema", "--diff '" + *diff_ + "' is not two versions such as 4..7");
    }
    std::vector<const message_type*> found;
    if (auto why = ottla::wire::find_messages(api_, kind_.value_or(""), found)) return refuse(with, *why);
    std::string text;
    json list = json::array();
    for (const message_type* message : found) {
      for (const std::int64_t version : pair ? std::vector{pair->from, pair->to} : wanted_version())
        if (auto why = ottla::wire::check_version(*message, version)) return refuse(with, *why);
      text += text.empty() ? "" : "\n";
      if (pair) {
        const auto from = static_cast<std::int16_t>(pair->from), to = static_cast<std::int16_t>(pair->to);
        text += diff_text(*message, from, to);
        list.push_back(diff_json(*message, from, to));
      } else {
        const auto version = version_ ? std::optional{static_cast<std::int16_t>(*version_)} : std::nullopt;
        text += schema_as_text(*message, version);
        list.push_back(schema_as_json(*message, version));
      }
    }
    return print(with, text, list);
  }

 private:
  std::vector<std::int64_t> wanted_version() const {
    return version_ ? std::vector{*version_} : std::vector<std::int64_t>{};
  }

  static int refuse(const globals& with, const ottla::wire::misnamed& why) {
    return report_usage(with, "wire schema", why.what, why.suggestion);
  }

  static int print(const globals& with, const std::string& text, const json& list) {
    std::string out = text;
    if (with.output == output_form::json) out = dumped(list, 2) + "\n";
    if (with.output == output_form::jsonl) {
      out.clear();
      for (const json& one : list) out += dumped(one) + "\n";
    }
    return put(out) ? status_done : status_failed;
  }

  std::string api_;
  std::optional<std::string> kind_, diff_;
  std::optional<std::int64_t> version_;
};

}  // namespace

std::unique_ptr<runner> declare_wire_schema(CLI::App& options) { return std::make_unique<wire_schema>(options); }

}  // namespace ottla_tool
