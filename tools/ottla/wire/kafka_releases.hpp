// Which release of Kafka brought which version of which API.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ottla/protocol/api_key.hpp"

namespace ottla::wire {

/// "2.7": the first release whose clients have this version as a stable one; without a version, any version of the API.
/// Versions that came before the oldest release looked at, 0.8.2, are said to be of "0.8". Empty: no release has it.
std::string_view first_release(protocol::api_key key, std::optional<std::int16_t> version);

}  // namespace ottla::wire
