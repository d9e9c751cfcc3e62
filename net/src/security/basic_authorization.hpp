// basic_authorization: who we are to an HTTP server or proxy (RFC 7617).
#pragma once

#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {

/// "Basic base64(user:password)". It holds the password: whoever gets it wipes it.
std::string basic_authorization(std::string_view user, std::string_view password);

}  // namespace v0
}  // namespace ottla
