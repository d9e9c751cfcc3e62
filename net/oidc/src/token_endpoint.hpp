// token_endpoint: the URL of a token endpoint in its parts.
#pragma once

#include <string>
#include <string_view>

#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

struct token_endpoint {
  std::string origin;  ///< scheme://host[:port]
  std::string path;    ///< with its query; at least "/"
  bool encrypted = false;
};

/// http and https, without user and fragment. An error is invalid_config.
result<token_endpoint> parse_token_endpoint(std::string_view url);

}  // namespace v0
}  // namespace ottla
