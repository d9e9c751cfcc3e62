// token_answer: what a token endpoint said, read: a token and how long it is good for, or why there is none.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ottla/net/secret.hpp"
#include "ottla/net/time.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// No token is longer, and no answer is read beyond it.
inline constexpr std::size_t max_token_answer = std::size_t{64} << 10;

struct oidc_token {
  secret text;
  /// From its arrival on; 0: nobody says how long, so it is used once.
  std::chrono::seconds lifetime{0};
};

/// Reads the body of an answer (RFC 6749, 5.1 and 5.2). `endpoint` is what errors name; they never hold the token.
result<oidc_token> read_token_answer(std::string_view endpoint, int status, std::string_view body, wall_ms now);

/// What failed at the endpoint, as a sentence for people; retriable: the same may work soon.
error token_error(std::string_view endpoint, std::string detail, std::string advice, bool retriable);

}  // namespace v0
}  // namespace ottla
