// aws_environment: credentials for AWS_MSK_IAM out of the variables that AWS's own tools read.
#pragma once

#include "ottla/net/security.hpp"

namespace ottla {
inline namespace v0 {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN where it is set. For sasl_config::provide: it reads
/// them each time, and nobody may change the environment meanwhile. Without the first two it is invalid_config.
result<sasl_credentials> aws_environment();

}  // namespace v0
}  // namespace ottla
