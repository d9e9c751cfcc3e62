// SaslHandshake: which mechanism the connection is going to authenticate with (KIP-43).
#include "api/answers.hpp"
#include "sasl/authentication.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call& c, const protocol::SaslHandshakeRequest& request, protocol::SaslHandshakeResponse& response) {
  if (c.who->is_out_of_place()) {
    response.error_code = error_code::illegal_sasl_state;
    return verdict::answer;
  }
  const auto offered = c.cluster.options.sasl.mechanisms();
  response.mechanisms = c.make<std::string_view>(offered.size());
  for (std::size_t i = 0; i < offered.size(); ++i) response.mechanisms[i] = c.copy(offered[i]);
  if (!c.who->begin(request.mechanism)) {
    response.error_code = error_code::unsupported_sasl_mechanism;
    c.ends_with = "the SASL mechanism is not offered";
  }
  return verdict::answer;
}

void answer_error(call&, const protocol::SaslHandshakeRequest&, protocol::SaslHandshakeResponse& response,
                  error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
