// token_answer: JSON of RFC 6749, and of a JWT the one claim that says when it ends (RFC 7519, 4.1.4).
#include "token_answer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "security/hashing.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using nlohmann::json;

// An absurd number is no longer than this, so that adding it to a clock stays a time.
constexpr std::int64_t longest_seconds = std::int64_t{10} * 365 * 86400;
constexpr std::size_t most_told = 300;  // of what the endpoint says, in a sentence

// Text of a stranger, fit for one line of a log.
std::string one_line(std::string_view text) {
  std::string out(text.substr(0, most_told));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::optional<std::string_view> text_member(const json& from, const char* name) {
  const auto found = from.find(name);
  if (found == from.end() || !found->is_string()) return std::nullopt;
  return found->get_ref<const std::string&>();
}

// Some providers write numbers as texts.
std::optional<std::int64_t> seconds_member(const json& from, const char* name) {
  const auto found = from.find(name);
  if (found == from.end()) return std::nullopt;
  double value = 0;
  if (found->is_number()) {
    value = found->get<double>();
  } else if (found->is_string()) {
    const json inner = json::parse(found->get_ref<const std::string&>(), nullptr, false);
    if (!inner.is_number()) return std::nullopt;
    value = inner.get<double>();
  } else {
    return std::nullopt;
  }
  if (!(value >= 0)) return 0;
  return value >= 1e15 ? std::int64_t{1'000'000'000'000'000} : static_cast<std::int64_t>(value);
}

// header.claims.signature: the claims are not verified here, the broker does that.
std::optional<std::int64_t> end_of_jwt(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::string claims(token.substr(first + 1, second - first - 1));
  std::replace(claims.begin(), claims.end(), '-', '+');
  std::replace(claims.begin(), claims.end(), '_', '/');
  claims.append((4 - claims.size() % 4) % 4, '=');
  const auto text = hashing::from_base64(claims);
  if (!text) return std::nullopt;
  const json read = json::parse(*text, nullptr, false);
  return read.is_object() ? seconds_member(read, "exp") : std::nullopt;
}

result<oidc_token> read_token(std::string_view endpoint, const json& answer, wall_ms now) {
  const auto text = text_member(answer, "access_token");
  if (!text || text->empty())
    return unexpected(
        token_error(endpoint, "answers without an access_token", "check that it is a token endpoint", false));
  if (std::any_of(text->begin(), text->end(), [](char c) { return c <= ' ' || c > '~'; }))
    return unexpected(token_error(endpoint, "gives a token that holds characters which no token has", "", false));
  oidc_token out;
  out.text = *text;
  std::optional<std::int64_t> left = seconds_member(answer, "expires_in");
  if (!left || *left == 0) {
    const auto end = end_of_jwt(*text);
    const std::int64_t today = now.time_since_epoch().count() / 1000;
    if (end && *end <= today) {
      return unexpected(token_error(endpoint, "gives a token that is over since " + std::to_string(today - *end) + " s",
                                    "check the clocks of both", false));
    }
    left = end ? *end - today : 0;
  }
  out.lifetime = std::chrono::seconds(std::min(*left, longest_seconds));
  return out;
}

error refusal(std::string_view endpoint, int status, const json& answer) {
  std::string detail = "refuses with status " + std::to_string(status);
  const bool told = answer.is_object();
  if (const auto code = told ? text_member(answer, "error") : std::nullopt) detail += ": " + one_line(*code);
  if (const auto why = told ? text_member(answer, "error_description") : std::nullopt) detail += ", " + one_line(*why);
  const bool soon = status == 429 || status >= 500;
  return token_error(endpoint, std::move(detail),
                     soon ? ""
                     : status == 400 || status == 401
                         ? "check sasl.oauthbearer.client.credentials.client.id, its secret and the scope"
                         : "check sasl.oauthbearer.token.endpoint.url",
                     soon);
}

}  // namespace

error token_error(std::string_view endpoint, std::string detail, std::string advice, bool retriable) {
  error_context context;
  context.asked = "the token";
  context.detail = "the token endpoint " + std::string(endpoint) + " " + std::move(detail);
  context.advice = std::move(advice);
  return error(retriable ? client_code::broker_unreachable : client_code::authentication_failed, std::move(context));
}

result<oidc_token> read_token_answer(std::string_view endpoint, int status, std::string_view body, wall_ms now) {
  json answer = json::parse(body, nullptr, false);
  if (status != 200) return unexpected(refusal(endpoint, status, answer));
  if (!answer.is_object())
    return unexpected(token_error(endpoint, "answers with something that is no JSON object",
                                  "check sasl.oauthbearer.token.endpoint.url", false));
  result<oidc_token> out = read_token(endpoint, answer, now);
  if (const auto held = answer.find("access_token"); held != answer.end() && held->is_string())
    wipe(held->get_ref<std::string&>());
  return out;
}

}  // namespace v0
}  // namespace ottla
