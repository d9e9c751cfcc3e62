// aws_verifier: AWS_MSK_IAM as a broker reads it: a presigned request to kafka-cluster:Connect, by Signature Version 4.
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "ottla/mock/sasl_options.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// In hexadecimal: what `secret` makes of this text on this day (YYYYMMDD) for a service in a region.
std::string sign_as_aws(std::string_view secret, std::string_view day, std::string_view region,
                        std::string_view service, std::string_view string_to_sign);

struct aws_caller {
  std::string key_id;  ///< who has signed; empty: nobody who may come in
  std::string why;     ///< then a clause
};

/// The message has to be that of one of these keys, and to hold at this time, with five minutes for wrong clocks.
aws_caller verify_aws_message(std::string_view message, const std::map<std::string, aws_access_key>& keys,
                              std::chrono::milliseconds now);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
