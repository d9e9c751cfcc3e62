// ottla wire send: a request written as JSON to a real broker, and its answer: curl for Kafka.
#include <CLI/App.hpp>
#include <algorithm>
#include <cstdio>

#include "command.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol_text/schema_table.hpp"
#include "session.hpp"
#include "wire/message_names.hpp"
#include "wire_document.hpp"

namespace ottla_tool {
namespace {

using namespace ottla::protocol_text;
using ottla::client_code;

class wire_send : public runner {
 public:
  explicit wire_send(CLI::App& options) {
    options.add_option("API", api_, "Name or key: Metadata, 3")->required();
    options.add_option("--json", text_, "The request's fields; ottla wire schema shows them")
        ->required()
        ->type_name("JSON");
    number_option(options, "--version", version_, "Of the request (default: the newest that both sides know)", 0,
                  32767);
    number_option(options, "--broker", broker_, "To the broker of this id (default: any)", 0, 2147483647);
    options.add_flag("--records", records_, "Open what records fields of the answer hold");
    options.add_flag("--show-secrets", show_secrets_, "Passwords and tokens of the answer as they are, not as ****");
  }

  int run(const globals& with) override {
    std::vector<const message_type*> found;
    if (auto why = ottla::wire::find_messages(api_, "request", found))
      return report_usage(with, "wire send", why->what, why->suggestion);
    request_ = found.front();
    response_ = find_message(request_->api, message_kind::response);
    if (version_) {
      if (auto why = ottla::wire::check_version(*request_, *version_))
        return report_usage(with, "wire send", why->what, why->suggestion);
      if (const int status = encode(with, static_cast<std::int16_t>(*version_))) return status;
    }
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    if (!version_) {
      auto newest = newest_version(with, *cluster);
      if (!newest) return report_failure(with, newest.error());
      if (const int status = encode(with, *newest)) return status;
    }
    auto answer = call_blocking(*cluster->state(), to(), borrowed(), with.operation_timeout());
    if (!answer) return report_failure(with, answer.error());
    return print(with, *answer);
  }

 private:
  ottla::route to() const {
    if (!broker_) return {};
    return {ottla::route::target::broker, ottla::broker_id{static_cast<std::int32_t>(*broker_)}};
  }

  /// The answer to ApiVersions says; what is unstable or ahead is sent on --version only.
  ottla::result<std::int16_t> newest_version(const globals& with, ottla::cluster& cluster) const {
    ottla::protocol::ApiVersionsRequest ask;
    ask.client_software_name = "ottla";
    ask.client_software_version = OTTLA_VERSION;
    auto got = cluster.call(to(), ask, with.operation_timeout());
    if (!got) return ottla::unexpected(got.error());
    for (const auto& one : (*got)->api_keys) {
      if (one.api_key != static_cast<std::int16_t>(*request_->key)) continue;
      const auto version = std::min(one.max_version, request_->max_version);
      if (version >= std::max(one.min_version, request_->min_version)) return version;
      return ottla::unexpected(refused(
          "the broker knows versions " + std::to_string(one.min_version) + " to " + std::to_string(one.max_version) +
          ", Ottla " + std::to_string(request_->min_version) + " to " + std::to_string(request_->max_version)));
    }
    return ottla::unexpected(refused("the broker does not know this API"));
  }

  ottla::error refused(std::string detail) const {
    return failure_of(client_code::unsupported_version, std::string(request_->api), std::move(detail),
                      "ottla wire send ApiVersions --json '{...}' lists what it knows");
  }

  /// 0, or the exit status: nothing is sent then.
  int encode(const globals& with, std::int16_t version) {
    ottla::protocol::arena memory{std::size_t{1} << 30};
    ottla::protocol::writer body;
    std::string why;
    json_value* parsed = parse_json(text_, memory, why);
    if (parsed == nullptr) return report_usage(with, "wire send", "--json: " + why);
    if (auto wrong = request_->operations().from_json(*parsed, version, memory, body)) {
      if (auto typo = find_unknown_member(*parsed, *request_, version)) wrong = typo;
      return report_usage(with, "wire send",
                          "--json: " + std::string(request_->name) + " " + std::to_string(version) + ": " + *wrong);
    }
    sent_ = version;
    body_ = std::make_shared<const std::string>(ottla::protocol::as_text(body.view()));
    const json_value* acks = find_member(*parsed, "acks");
    answered_ = *request_->key != ottla::protocol::api_key::produce || acks == nullptr || acks->integer != 0;
    return 0;
  }

  ottla::borrowed_request borrowed() const {
    ottla::borrowed_request out;
    out.asked = std::string(request_->api);
    out.if_lost = ottla::unanswered(*request_->key);
    out.forget = [] {};
    out.make = [key = *request_->key, version = sent_, body = body_, answered = answered_,
                flexible = request_->header_version(sent_) >= 2, response_header = response_->header_version] {
      ottla::request one;
      one.key = key;
      one.min_version = one.max_version = version;
      one.flexible_header = flexible ? +[](std::int16_t) { return true; } : +[](std::int16_t) { return false; };
      one.response_header = response_header;
      one.answered = answered;
      one.encode = [body](ottla::protocol::writer& to, std::int16_t) { to.raw(ottla::protocol::as_bytes(*body)); };
      return one;
    };
    return out;
  }

  int print(const globals& with, const ottla::response& answer) const {
    const double ms = std::chrono::duration<double, std::milli>(answer.latency).count();
    if (!with.quiet && !with.json()) {
      std::fprintf(stderr, "%s %d to %s: %zu bytes in %.1f ms\n", std::string(request_->name).c_str(), int{sent_},
                   answer.broker.c_str(), answer.body.size(), ms);
    }
    if (!answered_) return status_done;
    std::string why;
    const auto document = message_document(*response_, answer.version, answer.body, records_, !show_secrets_, why);
    if (!document) return report_failure(with, malformed(answer, *request_->key, response_->name, why));
    return put(dumped(*document, with.output == output_form::jsonl ? -1 : 2) + "\n") ? status_done : status_failed;
  }

  std::string api_, text_;
  std::optional<std::int64_t> version_, broker_;
  bool records_ = false, show_secrets_ = false, answered_ = true;
  const message_type* request_ = nullptr;
  const message_type* response_ = nullptr;
  std::int16_t sent_ = 0;
  std::shared_ptr<const std::string> body_;
};

}  // namespace

std::unique_ptr<runner> declare_wire_send(CLI::App& options) { return std::make_unique<wire_send>(options); }

}  // namespace ottla_tool
