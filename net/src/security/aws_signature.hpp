// aws_signature: Signature Version 4 of AWS, as much of it as a presigned request without a body needs.
#pragma once

#include <string>
#include <string_view>

#include "ottla/net/secret.hpp"
#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

/// Of one request for one service, in hexadecimal. `date` begins with YYYYMMDD.
std::string aws_signature(const secret& key, std::string_view date, std::string_view region, std::string_view service,
                          std::string_view string_to_sign);

/// YYYYMMDDThhmmssZ.
std::string aws_date(wall_ms now);
/// Everything but letters, digits and -_.~ as %XX.
std::string aws_encoded(std::string_view text);
/// The region in a name of AWS, b-1.x.kafka.eu-west-1.amazonaws.com; empty: there is none.
std::string_view aws_region_of(std::string_view host);

}  // namespace v0
}  // namespace ottla
