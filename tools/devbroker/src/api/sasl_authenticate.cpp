// SaslAuthenticate: one message of the mechanism that SaslHandshake chose (KIP-152, KIP-368).
#include "api/answers.hpp"
#include "sasl/authentication.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call& c, const protocol::SaslAuthenticateRequest& request,
               protocol::SaslAuthenticateResponse& response) {
  if (!c.who->is_under_way()) {
    response.error_code = error_code::illegal_sasl_state;
    response.error_message = "SaslAuthenticate request received after successful authentication";
    return verdict::answer;
  }
  using kind = authentication::outcome::kind;
  const auto what = c.who->take(protocol::as_text(request.auth_bytes), c.now);
  if (what.how == kind::refused) {
    response.error_code = error_code::sasl_authentication_failed;
    response.error_message = c.copy(what.bytes);
    c.ends_with = "authentication failed";
    return verdict::answer;
  }
  response.auth_bytes = protocol::as_bytes(c.copy(what.bytes));
  if (what.how == kind::done) response.session_lifetime_ms = c.who->lifetime().count();
  return verdict::answer;
}

void answer_error(call& c, const protocol::SaslAuthenticateRequest&, protocol::SaslAuthenticateResponse& response,
                  error_code error) {
  response.error_code = error;
  c.ends_with = "authentication failed";
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
