// ottla wire fuzz: damaged requests against a broker of one's own.
#include <CLI/App.hpp>
#include <algorithm>

#include "command.hpp"
#include "failure.hpp"
#include "fuzz/fuzz_run.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "ottla/net/setting_row.hpp"
#include "ottla/protocol_text/encodings.hpp"
#include "print.hpp"

namespace ottla_tool {
namespace {

using namespace ottla::fuzz;

constexpr std::size_t shown_bytes = 4096;

/// "SEED:RUN:API", as findings are printed.
bool parse_replay(const std::string& text, fuzz_options& how, std::string& api) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos) return false;
  std::int64_t seed = 0, run = 0;
  if (!ottla::parse_integer(text.substr(0, first), seed) || seed < 0) return false;
  if (!ottla::parse_integer(text.substr(first + 1, second - first - 1), run) || run < 0) return false;
  how.seed = static_cast<std::uint64_t>(seed);
  how.first_run = static_cast<std::uint64_t>(run);
  how.runs = 1;
  api = text.substr(second + 1);
  return true;
}

std::string hex(const std::vector<std::byte>& bytes) {
  std::string out;
  for (std::size_t i = 0; i < std::min(bytes.size(), shown_bytes); ++i) ottla::protocol_text::append_hex(out, bytes[i]);
  return out;
}

class wire_fuzz : public runner {
 public:
  explicit wire_fuzz(CLI::App& options) {
    options.add_option("--target", target_, "The broker: yours, and one whose data may be lost")
        ->type_name("HOST:PORT")
        ->required();
    number_option(options, "--seed", seed_, "The same seed sends the same requests (1)");
    number_option(options, "--runs", runs_, "How many requests (1000)", 1);
    text_option(options, "--api", api_, "Requests of this API alone, such as Fetch");
    options.add_flag("--all-apis", all_, "Requests of APIs too that the broker does not offer");
    text_option(options, "--replay", replay_, "One request again: SEED:RUN:API, as a finding says");
    duration_option(options, "--deadline", deadline_, "How long one answer may take (2s)");
    options.add_flag("--i-own-this-broker", owned_, "The target may be on another machine");
  }

  int run(const globals& with) override {
    fuzz_options how;
    how.seed = static_cast<std::uint64_t>(seed_.value_or(1));
    how.runs = static_cast<std::uint64_t>(runs_.value_or(1000));
    if (deadline_) how.deadline = std::chrono::ceil<std::chrono::milliseconds>(*deadline_);
    std::string api = api_.value_or("");
    if (replay_ && !parse_replay(*replay_, how, api))
      return report_usage(with, "wire fuzz", "--replay: '" + *replay_ + "' is not SEED:RUN:API");
    how.among = requests_of(api);
    if (how.among.empty())
      return report_usage(with, "wire fuzz", "--api: there is no request '" + api + "'",
                          ottla::protocol_text::nearest_message(api));
    std::string why;
    const std::vector<endpoint> found = resolve(target_, why);
    if (found.empty()) return report_usage(with, "wire fuzz", "--target: " + why);
    if (!owned_ && !std::ranges::all_of(found, &endpoint::loopback)) {
      return report_usage(with, "wire fuzz",
                          "--target: '" + target_ +
                              "' is not on this machine; add --i-own-this-broker if it is yours and may lose its data");
    }
    std::optional<std::vector<std::int16_t>> offered;
    const auto reached = std::ranges::find_if(
        found, [&](const endpoint& one) { return (offered = offered_apis(one, how.deadline)).has_value(); });
    if (reached == found.end()) {
      return report_failure(with,
                            failure_of(ottla::client_code::broker_unreachable, "ApiVersions at " + target_,
                                       "it did not answer before a request was damaged", "check that the broker runs"));
    }
    how.target = *reached;
    if (api.empty() && !all_) keep_offered(how.among, *offered);
    interrupt::graceful();
    how.stop = interrupt::requested;
    return tell(with, fuzz_broker(how), how);
  }

 private:
  /// An empty list is a broker that says nothing of itself.
  static void keep_offered(std::vector<const ottla::protocol_text::message_type*>& among,
                           const std::vector<std::int16_t>& offered) {
    const auto is_not = [&](const auto* one) {
      return std::ranges::find(offered, static_cast<std::int16_t>(*one->key)) == offered.end();
    };
    if (!std::ranges::all_of(among, is_not)) std::erase_if(among, is_not);
  }

  int tell(const globals& with, const fuzz_report& report, const fuzz_options& how) const {
    json counts = json::object(), list = json::array();
    std::string text;
    for (std::size_t i = 0; i < outcomes; ++i) {
      const std::string label{name(static_cast<outcome>(i))};
      counts[label] = report.counts[i];
      if (report.counts[i] > 0) text += (text.empty() ? "" : ", ") + std::to_string(report.counts[i]) + " " + label;
    }
    text = std::to_string(report.runs) + " requests with seed " + std::to_string(how.seed) + ": " + text + "\n";
    for (const finding& one : report.findings) {
      const std::string replay =
          std::to_string(how.seed) + ":" + std::to_string(one.run) + ":" + std::string{one.sent.message->api};
      list.push_back({{"outcome", name(one.what)},
                      {"replay", replay},
                      {"run", one.run},
                      {"api", one.sent.message->api},
                      {"version", one.sent.version},
                      {"what", one.sent.what},
                      {"detail", one.detail},
                      {"bytes", one.sent.frame.size()},
                      {"hex", hex(one.sent.frame)}});
      text += std::string{name(one.what)} + ": " + std::string{one.sent.message->api} + " version " +
              std::to_string(one.sent.version) + ", " + one.sent.what + ": " + one.detail + "; again with --replay " +
              replay + "\n";
    }
    const bool interrupted = interrupt::requested();
    if (with.output != output_form::text) {
      const json all{
          {"target", target_}, {"seed", how.seed}, {"runs", report.runs}, {"counts", counts}, {"findings", list}};
      text = dumped(all, with.output == output_form::json ? 2 : -1) + "\n";
    }
    if (!put(text) || !report.findings.empty()) return status_failed;
    return interrupted ? status_interrupted : status_done;
  }

  std::string target_;
  std::optional<std::int64_t> seed_, runs_;
  std::optional<std::string> api_, replay_;
  std::optional<std::chrono::nanoseconds> deadline_;
  bool all_ = false, owned_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_wire_fuzz(CLI::App& options) { return std::make_unique<wire_fuzz>(options); }

}  // namespace ottla_tool
