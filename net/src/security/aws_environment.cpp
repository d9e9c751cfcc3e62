// aws_environment: the one place in this library that reads the environment, and only for who asks for it by name.
#include "ottla/net/aws_environment.hpp"

#include <cstdlib>

namespace ottla {
inline namespace v0 {

result<sasl_credentials> aws_environment() {
  const auto read = [](const char* name) {
    const char* found = std::getenv(name);
    return std::string_view(found == nullptr ? "" : found);
  };
  sasl_credentials out;
  out.username = read("AWS_ACCESS_KEY_ID");
  out.password = read("AWS_SECRET_ACCESS_KEY");
  out.token = read("AWS_SESSION_TOKEN");
  if (!out.username.empty() && !out.password.empty()) return out;
  error_context context;
  context.asked = "sasl.mechanism AWS_MSK_IAM";
  context.detail = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set";
  context.advice = "set them in the environment, or sasl.username and sasl.password";
  return unexpected(error(client_code::invalid_config, std::move(context)));
}

}  // namespace v0
}  // namespace ottla
