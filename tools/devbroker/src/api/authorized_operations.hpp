// The bit fields of "what may I do here" (KIP-430) of a broker without an authorizer: everything that the resource
// knows.
#pragma once
#include <cstdint>

namespace ottla {
inline namespace v0 {
namespace mock {

// A bit per operation: read 3, write 4, create 5, delete 6, alter 7, describe 8, cluster action 9, describe configs 10,
// alter configs 11, idempotent write 12.
inline constexpr std::int32_t all_topic_operations =
    1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11;
inline constexpr std::int32_t all_group_operations = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;
inline constexpr std::int32_t all_cluster_operations = 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

}  // namespace mock
}  // namespace v0
}  // namespace ottla
