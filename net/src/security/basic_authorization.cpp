// basic_authorization: one header's value, and nothing of the password left beside it.
#include "basic_authorization.hpp"

#include "hashing.hpp"
#include "ottla/net/secret.hpp"

namespace ottla {
inline namespace v0 {

std::string basic_authorization(std::string_view user, std::string_view password) {
  std::string both;
  both.reserve(user.size() + password.size() + 1);
  both += user;
  both += ':';
  both += password;
  std::string encoded = hashing::to_base64(both);
  wipe(both);
  std::string out = "Basic ";
  out.reserve(out.size() + encoded.size());
  out += encoded;
  wipe(encoded);
  return out;
}

}  // namespace v0
}  // namespace ottla
