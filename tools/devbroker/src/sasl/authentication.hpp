// How far a connection has come in saying who it is; what a broker takes before, between and after.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/seeded.hpp"
#include "ottla/mock/authorization_options.hpp"
#include "ottla/mock/instant.hpp"
#include "ottla/mock/sasl_options.hpp"
#include "ottla/protocol/api_key.hpp"
#include "sasl/scram_server.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class authentication {
 public:
  struct outcome {
    enum class kind : std::uint8_t { goes_on, done, refused } how = kind::refused;
    std::string bytes;  // for the client; if it is refused, why
  };

  authentication(const sasl_options& options, seeded random, client_origin from)
      : options_(&options), random_(random), host_(std::move(from.host)) {
    identify(from.certificate_subject);
  }

  /// Of the client's TLS certificate; empty: none.
  void identify(std::string_view certificate_subject) {
    if (principal_.empty())
      called_ = std::string(prefix) + std::string(certificate_subject.empty() ? "ANONYMOUS" : certificate_subject);
  }
  /// As access control lists have it: User:alice.
  std::string_view principal() const { return called_; }
  /// The same without the word in front.
  std::string_view user() const { return principal().substr(prefix.size()); }
  std::string_view host() const { return host_; }

  /// Whether a request may be served now: before it has ended only ApiVersions and SASL, and when the session is over
  /// only what begins it anew. A broker closes the connection otherwise.
  bool admits(protocol::api_key key, instant now) const;
  /// SaslHandshake has to be answered with ILLEGAL_SASL_STATE: nothing is asked of this connection, or not any more.
  bool is_out_of_place() const;
  /// False: the mechanism is not offered.
  bool begin(std::string_view mechanism);
  /// A message of the client.
  outcome take(std::string_view message, instant now);
  bool is_under_way() const { return step_ != step::none; }
  std::chrono::milliseconds lifetime() const { return options_->session_lifetime; }

 private:
  static constexpr std::string_view prefix = "User:";
  enum class step : std::uint8_t { none, first, proof, told_why };
  outcome take_plain(std::string_view message, instant now);
  outcome take_token(std::string_view message, instant now);
  outcome take_signed(std::string_view message, instant now);
  outcome take_scram(std::string_view message, instant now);
  outcome accept(std::string principal, std::string bytes, instant now);

  const sasl_options* options_;
  seeded random_;
  std::string mechanism_;
  std::optional<scram_server> scram_;
  std::string claimed_;    // by the one that is under way
  std::string principal_;  // by SASL; empty: nobody yet
  std::string called_;     // by whatever has been found out so far
  std::string host_;
  std::string authenticated_by_;
  std::chrono::nanoseconds ends_at_ = std::chrono::nanoseconds::max();
  step step_ = step::none;
};

/// What a token that nobody signed says; nothing: it is none, or signed.
struct token_claims {
  std::string subject;
  double expires = 0;  // seconds since 1970
};
std::optional<token_claims> read_unsecured_token(std::string_view token);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
