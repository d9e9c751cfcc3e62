// token_request: one HTTP request for a token, which another thread can end.
#pragma once

#include <memory>

#include "ottla/net/security.hpp"
#include "token_answer.hpp"
#include "token_endpoint.hpp"

namespace ottla {
inline namespace v0 {

class token_request {
 public:
  token_request(const oidc_config& config, const token_endpoint& endpoint);
  ~token_request();
  token_request(const token_request&) = delete;
  token_request& operator=(const token_request&) = delete;

  /// Blocks. Once.
  result<oidc_token> run();
  /// Any thread: ends run() soon, unless it is looking a name up.
  void stop();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace v0
}  // namespace ottla
