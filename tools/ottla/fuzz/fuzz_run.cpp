// The loop, and the judgement of an answer: header, body, error codes.
#include "fuzz_run.hpp"

#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"
#include "ottla/protocol_text/byte_walk.hpp"

namespace ottla::fuzz {

namespace {

using std::chrono::steady_clock;

constexpr std::string_view names[outcomes] = {"answered",    "error answer", "closed", "silent",
                                              "undecodable", "hang",         "gone"};
/// An incomplete frame is waited on by right: nothing is to be learned from the whole deadline.
constexpr std::chrono::milliseconds short_wait{20};

std::vector<std::byte> probe() {
  protocol::writer out;
  out.int32(10);
  out.int16(static_cast<std::int16_t>(protocol::ApiVersionsRequest::api_key));
  out.int16(0);
  out.int32(1);
  out.int16(-1);
  return {out.view().begin(), out.view().end()};
}

/// Reads an answer's body; nullopt, or why that is impossible. Sets `error` where a code other than 0 is inside.
std::optional<std::string> read_body(const protocol_text::message_type& response, std::int16_t version,
                                     protocol::bytes_view body, bool& error) {
  const auto wrong = protocol_text::walk_bytes(response, version, body, [&](const protocol_text::message_part& part) {
    const bool code = part.field != nullptr && part.field->type == protocol_text::field_type::error_code;
    if (code && part.kind == protocol_text::part_kind::value && part.number != 0) error = true;
  });
  if (wrong) return wrong->message();
  return std::nullopt;
}

void judge(const fuzz_case& sent, protocol::bytes_view answer, finding& out) {
  out.what = outcome::answered;
  if (!sent.judged) return;
  const auto* response = protocol_text::find_message(sent.message->api, protocol_text::message_kind::response);
  std::int32_t correlation = 0;
  for (std::size_t i = 0; i < 4 && i < answer.size(); ++i)
    correlation = static_cast<std::int32_t>(static_cast<std::uint32_t>(correlation) << 8 |
                                            std::to_integer<std::uint32_t>(answer[i]));
  if (answer.size() < 4 || correlation != sent.correlation) {
    out.what = outcome::undecodable;
    out.detail = "its correlation id is " + std::to_string(correlation) + ", not " + std::to_string(sent.correlation);
    return;
  }
  if (response == nullptr || !response->has(sent.version)) return;
  const std::size_t header = response->header_version(sent.version) >= 1 ? 5 : 4;
  bool error = false;
  auto why = answer.size() < header ? std::optional<std::string>{"it ends in its header"}
                                    : read_body(*response, sent.version, answer.subspan(header), error);
  // A broker that does not know the version answers ApiVersions in version 0 (KIP-511).
  if (why && response->key == protocol::ApiVersionsResponse::api_key &&
      !read_body(*response, 0, answer.subspan(4), error))
    why.reset();
  out.what = why ? outcome::undecodable : error ? outcome::error_answer : outcome::answered;
  if (why) out.detail = *why;
}

}  // namespace

std::string_view name(outcome what) { return names[static_cast<std::size_t>(what)]; }

std::optional<std::vector<std::int16_t>> offered_apis(const endpoint& target, std::chrono::milliseconds deadline) {
  const moment until = steady_clock::now() + deadline;
  fuzz_link link{target, until};
  std::vector<std::byte> frame;
  if (!link.is_open() || !link.send(probe(), until) || link.receive(frame, until) != received::frame)
    return std::nullopt;
  std::vector<std::int16_t> out;
  protocol::arena memory;
  protocol::reader in{frame, memory};
  protocol::ApiVersionsResponse told;
  (void)in.int32();
  read(in, told, 0);
  for (const auto& one : told.api_keys) out.push_back(one.api_key);
  return out;
}

finding try_case(const fuzz_options& how, std::uint64_t run) {
  finding out;
  out.run = run;
  out.sent = make_case(how.seed, run, how.among);
  const moment start = steady_clock::now();
  fuzz_link link{how.target, start + how.deadline};
  if (!link.is_open()) {
    out.what = outcome::gone;
    out.detail = "nobody accepts a connection; the case before this one may be to blame";
    return out;
  }
  std::vector<std::byte> frame;
  received got = received::closed;
  if (link.send(out.sent.frame, start + how.deadline))
    got = link.receive(frame, steady_clock::now() + (out.sent.complete ? how.deadline : short_wait));
  if (got == received::frame) {
    judge(out.sent, frame, out);
    return out;
  }
  out.what = got == received::closed ? outcome::closed : outcome::silent;
  if (offered_apis(how.target, how.deadline)) return out;
  const bool accepts = fuzz_link{how.target, steady_clock::now() + how.deadline}.is_open();
  out.what = accepts ? outcome::hang : outcome::gone;
  out.detail = accepts ? "no answer to ApiVersions on a new connection either" : "nobody accepts a connection any more";
  return out;
}

fuzz_report fuzz_broker(const fuzz_options& how) {
  fuzz_report report;
  for (std::uint64_t run = how.first_run; run < how.first_run + how.runs; ++run) {
    if (how.stop && how.stop()) break;
    finding one = try_case(how, run);
    ++report.runs;
    ++report.counts[static_cast<std::size_t>(one.what)];
    if (!is_finding(one.what)) continue;
    const bool over = one.what != outcome::undecodable;
    report.findings.push_back(std::move(one));
    if (over || report.findings.size() == most_findings) break;
  }
  return report;
}

}  // namespace ottla::fuzz
