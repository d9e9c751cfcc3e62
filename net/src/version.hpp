// How this client names itself to brokers (KIP-511), and the ApiVersions version it opens with.
#pragma once

#include <cstdint>
#include <string_view>

namespace ottla {
inline namespace v0 {

inline constexpr std::string_view software_name = "ottla";
inline constexpr std::string_view software_version = "0.1.0";
inline constexpr std::int16_t software_api_versions = 4;

}  // namespace v0
}  // namespace ottla
