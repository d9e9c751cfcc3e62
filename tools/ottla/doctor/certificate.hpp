// certificate: when a certificate ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ottla_tool::doctor {

struct certificate_end {
  int days = 0;      ///< from now; negative: it has ended
  std::string when;  ///< "Mar  1 12:00:00 2027 GMT"
};
/// Nothing if this is no certificate in PEM.
std::optional<certificate_end> end_of_certificate(std::string_view pem);

}  // namespace ottla_tool::doctor
