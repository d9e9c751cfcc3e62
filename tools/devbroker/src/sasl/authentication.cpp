// The order of SASL's requests on a connection, and PLAIN, OAUTHBEARER and AWS_MSK_IAM, which are one message each.
#include "sasl/authentication.hpp"

#include <algorithm>
#include <cstdlib>

#include "sasl/aws_verifier.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using outcome = authentication::outcome;
using kind = outcome::kind;

outcome refused(std::string why) { return {kind::refused, "Authentication failed" + why}; }

std::string invalid_credentials(std::string_view mechanism) {
  return " during authentication due to invalid credentials with SASL mechanism " + std::string(mechanism);
}

std::optional<std::string> from_base64_url(std::string_view text) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  while (padded.size() % 4 != 0) padded += '=';
  return unbase64(padded);
}

/// The text behind `"name":` at the outermost level of a flat JSON object; claims of tokens are flat here.
std::string_view value_of(std::string_view json, std::string_view name) {
  const std::string quoted = "\"" + std::string(name) + "\"";
  std::size_t at = json.find(quoted);
  if (at == std::string_view::npos) return {};
  at = json.find_first_not_of(" \t\r\n:", at + quoted.size());
  return at == std::string_view::npos ? std::string_view() : json.substr(at);
}

std::string text_of(std::string_view value) {
  if (!value.starts_with('"')) return {};
  const std::size_t end = value.find('"', 1);
  return end == std::string_view::npos ? std::string() : std::string(value.substr(1, end - 1));
}

}  // namespace

std::optional<token_claims> read_unsecured_token(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || second + 1 != token.size()) return std::nullopt;
  const auto header = from_base64_url(token.substr(0, first));
  const auto claims = from_base64_url(token.substr(first + 1, second - first - 1));
  if (!header || !claims || text_of(value_of(*header, "alg")) != "none") return std::nullopt;
  token_claims out;
  out.subject = text_of(value_of(*claims, "sub"));
  out.expires = std::strtod(std::string(value_of(*claims, "exp")).c_str(), nullptr);
  return out;
}

bool authentication::admits(protocol::api_key key, instant now) const {
  if (!options_->required()) return true;
  const bool is_sasl = key == protocol::api_key::sasl_handshake || key == protocol::api_key::sasl_authenticate;
  if (step_ != step::none) return key == protocol::api_key::sasl_authenticate;
  if (principal_.empty()) return is_sasl || key == protocol::api_key::api_versions;
  return now.mono < ends_at_ || key == protocol::api_key::sasl_handshake;
}

bool authentication::is_out_of_place() const {
  if (!options_->required()) return true;
  return !principal_.empty() && options_->session_lifetime.count() == 0;
}

bool authentication::begin(std::string_view mechanism) {
  const auto offered = options_->mechanisms();
  if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) return false;
  if (!authenticated_by_.empty() && mechanism != authenticated_by_) return false;
  mechanism_ = mechanism;
  scram_.reset();
  if (mechanism_.starts_with("SCRAM")) scram_.emplace(mechanism_ == "SCRAM-SHA-512");
  step_ = step::first;
  return true;
}

outcome authentication::take(std::string_view message, instant now) {
  if (mechanism_ == "PLAIN") return take_plain(message, now);
  if (mechanism_ == "OAUTHBEARER") return take_token(message, now);
  if (mechanism_ == "AWS_MSK_IAM") return take_signed(message, now);
  return take_scram(message, now);
}

outcome authentication::accept(std::string principal, std::string bytes, instant now) {
  if (!principal_.empty() && principal != principal_)
    return refused(": the principal must not change when a session is renewed");
  principal_ = std::move(principal);
  called_ = std::string(prefix) + principal_;
  authenticated_by_ = mechanism_;
  step_ = step::none;
  if (options_->session_lifetime.count() > 0) ends_at_ = now.mono + options_->session_lifetime;
  return {kind::done, std::move(bytes)};
}

//     authzid NUL authcid NUL password
outcome authentication::take_plain(std::string_view message, instant now) {
  const std::size_t first = message.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos) return refused(": Invalid SASL/PLAIN response: expected 3 tokens");
  const std::string name(message.substr(first + 1, second - first - 1));
  const auto known = options_->users.find(name);
  if (known == options_->users.end() || known->second != message.substr(second + 1))
    return refused(": Invalid username or password");
  return accept(name, {}, now);
}

//     n,,^Aauth=Bearer TOKEN^A[key=value^A]...^A
outcome authentication::take_token(std::string_view message, instant now) {
  if (step_ == step::told_why) return refused(invalid_credentials(mechanism_));
  static constexpr std::string_view begins = "\1auth=Bearer ";
  const std::size_t at = message.find(begins);
  const std::size_t end = at == std::string_view::npos ? at : message.find('\1', at + begins.size());
  if (end == std::string_view::npos) return refused(": Invalid OAUTHBEARER client first message");
  const auto claims = read_unsecured_token(message.substr(at + begins.size(), end - at - begins.size()));
  const double seconds = static_cast<double>(now.wall.count()) / 1000;
  if (!claims || claims->subject.empty() || claims->expires <= seconds) {
    step_ = step::told_why;
    return {kind::goes_on, R"({"status":"invalid_token"})"};
  }
  return accept(claims->subject, {}, now);
}

outcome authentication::take_signed(std::string_view message, instant now) {
  const aws_caller caller = verify_aws_message(message, options_->aws_keys, now.wall);
  if (caller.key_id.empty()) return refused(": " + caller.why);
  return accept(caller.key_id, R"({"version":"2020_10_22","request-id":")" + std::to_string(random_.next()) + "\"}",
                now);
}

outcome authentication::take_scram(std::string_view message, instant now) {
  if (step_ == step::first) {
    const auto name = scram_->first(message);
    if (!name) return refused(": Invalid SCRAM client first message");
    const auto known = options_->users.find(*name);
    if (known == options_->users.end()) return refused(invalid_credentials(mechanism_));
    claimed_ = *name;
    step_ = step::proof;
    // The salt is the name's own, so that it does not change from one time to the next.
    const std::string salt = hash_of(false, "salt of " + *name).substr(0, 16);
    const std::string nonce = std::to_string(random_.next()) + std::to_string(random_.next());
    return {kind::goes_on, scram_->challenge({known->second, salt, options_->iterations}, nonce)};
  }
  auto proof = scram_->last(message);
  if (!proof) return refused(invalid_credentials(mechanism_));
  return accept(claimed_, std::move(*proof), now);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
