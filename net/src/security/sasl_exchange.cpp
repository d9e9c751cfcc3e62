// sasl_exchange: PLAIN and OAUTHBEARER, which say all at once; scram.cpp has those that do not.
#include "sasl_exchange.hpp"

#include <algorithm>

#include "aws_msk_iam.hpp"
#include "hashing.hpp"
#include "scram.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t nonce_length = 24;

class plain_exchange final : public sasl_exchange {
 public:
  explicit plain_exchange(const sasl_credentials& who) {
    std::string text;
    text.reserve(2 + who.username.size() + who.password.reveal().size());
    text += '\0';
    text += who.username;
    text += '\0';
    text += who.password.reveal();
    said = std::string_view(text);
    wipe(text);
  }
  state first() override { return state::says; }
  state answer(std::string_view) override { return state::done; }
};

// RFC 7628. A token that is refused is answered with a challenge that says why, and this with one more message.
class oauthbearer_exchange final : public sasl_exchange {
 public:
  explicit oauthbearer_exchange(const sasl_credentials& who) {
    std::size_t size = 32 + who.token.reveal().size();
    for (const auto& [key, value] : who.extensions) size += key.size() + value.size() + 2;
    std::string text;
    text.reserve(size);  // no reallocation leaves the token behind
    text += "n,,\1auth=Bearer ";
    text += who.token.reveal();
    text += '\1';
    for (const auto& [key, value] : who.extensions) text.append(key).append("=").append(value).append("\1");
    text += '\1';
    said = std::string_view(text);
    wipe(text);
  }
  state first() override { return state::says; }
  state answer(std::string_view from_broker) override {
    if (from_broker.empty()) return state::done;
    if (std::exchange(told_why_, true)) {
      said = "the broker goes on after the end";
      return state::refused;
    }
    said = "\1";
    return state::says;
  }

 private:
  bool told_why_ = false;
};

// What may stand in JSON, and in a comma separated list, as it is.
bool is_simple(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; });
}

}  // namespace

std::string_view name(sasl_mechanism mechanism) {
  switch (mechanism) {
    case sasl_mechanism::plain:
      return "PLAIN";
    case sasl_mechanism::scram_sha_256:
      return "SCRAM-SHA-256";
    case sasl_mechanism::scram_sha_512:
      return "SCRAM-SHA-512";
    case sasl_mechanism::oauthbearer:
      return "OAUTHBEARER";
    case sasl_mechanism::aws_msk_iam:
      return "AWS_MSK_IAM";
    case sasl_mechanism::gssapi:
      return "GSSAPI";
  }
  return "?";
}

std::unique_ptr<sasl_exchange> make_sasl_exchange(sasl_mechanism mechanism, sasl_credentials credentials,
                                                  const sasl_occasion& occasion, std::shared_ptr<scram_memory> memory) {
  switch (mechanism) {
    case sasl_mechanism::plain:
      return std::make_unique<plain_exchange>(credentials);
    case sasl_mechanism::oauthbearer:
      return std::make_unique<oauthbearer_exchange>(credentials);
    case sasl_mechanism::aws_msk_iam:
      return std::make_unique<aws_msk_iam_exchange>(credentials, occasion);
    case sasl_mechanism::gssapi:
      return nullptr;
    case sasl_mechanism::scram_sha_256:
    case sasl_mechanism::scram_sha_512:
      break;
  }
  const hashing::hash_kind kind =
      mechanism == sasl_mechanism::scram_sha_256 ? hashing::hash_kind::sha_256 : hashing::hash_kind::sha_512;
  return std::make_unique<scram_exchange>(kind, std::move(credentials), hashing::random_text(nonce_length),
                                          std::move(memory));
}

result<secret> unsecured_token(std::string_view principal, std::string_view scope, wall_ms now) {
  if (!is_simple(principal) || !is_simple(scope)) {
    error_context context;
    context.asked = "the unsecured token";
    context.detail = "principal and scope must not hold quotes, backslashes or control characters";
    return unexpected(error(client_code::invalid_config, std::move(context)));
  }
  const auto seconds = now.time_since_epoch().count() / 1000;
  std::string claims = R"({"sub":")" + std::string(principal) + R"(","iat":)" + std::to_string(seconds) + R"(,"exp":)" +
                       std::to_string(seconds + 3600);
  if (!scope.empty()) claims += R"(,"scope":")" + std::string(scope) + "\"";
  claims += "}";
  return secret(hashing::to_base64_url(R"({"alg":"none"})") + "." + hashing::to_base64_url(claims) + ".");
}

}  // namespace v0
}  // namespace ottla
