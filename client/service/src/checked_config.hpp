// checked_config: one form for what is wrong with a member of a configuration.
#pragma once

#include <string>
#include <utility>

#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// invalid_config with what was validated ("retry_policy") and a clause that names the member and its range.
inline unexpected bad_config(std::string what, std::string detail) {
  error_context context;
  context.asked = std::move(what);
  context.detail = std::move(detail);
  return unexpected(error(client_code::invalid_config, std::move(context)));
}

}  // namespace v0
}  // namespace ottla
