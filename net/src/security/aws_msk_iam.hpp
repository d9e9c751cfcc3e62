// aws_msk_iam: the mechanism AWS_MSK_IAM: one signed message, and an answer that says nothing we need.
#pragma once

#include "sasl_exchange.hpp"

namespace ottla {
inline namespace v0 {

class aws_msk_iam_exchange final : public sasl_exchange {
 public:
  /// The occasion has a region: of the configuration, or of the host.
  aws_msk_iam_exchange(const sasl_credentials& who, const sasl_occasion& occasion);
  state first() override { return state::says; }
  state answer(std::string_view from_broker) override;
};

}  // namespace v0
}  // namespace ottla
