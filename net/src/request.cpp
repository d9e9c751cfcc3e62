// Errors about answers that cannot be used.
#include "ottla/net/request.hpp"

namespace ottla {
inline namespace v0 {

error malformed(const response& from, protocol::api_key key, std::string_view message_name, std::string_view why) {
  error_context context;
  context.asked = std::string(message_name);
  context.broker = from.broker;
  context.detail = "the answer cannot be decoded: " + std::string(why);
  context.advice = "the broker or something in between sends damaged data";
  context.persisted = unanswered(key);
  return error(client_code::malformed_response, std::move(context));
}

}  // namespace v0
}  // namespace ottla
