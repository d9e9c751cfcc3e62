// sticky_user_data: where members of sticky groups put what they had, and its generation, as the Java client does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ottla/consumer_config.hpp"
#include "ottla/protocol/types.hpp"
#include "partition_lists.hpp"

namespace ottla {
inline namespace v0 {

struct sticky_history {
  std::vector<topic_partition> owned{};
  std::int32_t generation = -1;
};

/// "sticky", version 1: [topic, [int32]] | int32 generation. Names above 32,767 bytes are no topics and make it empty.
std::vector<std::byte> encode_sticky_history(std::span<const topic_partition> owned, std::int32_t generation);
/// Version 1, or 0 (without a generation); nullopt if it is neither, or larger than `within` has room for.
std::optional<sticky_history> decode_sticky_history(protocol::bytes_view user_data, partition_copier& within);

/// "cooperative-sticky": int32 generation, for those who read no subscription above version 1.
std::vector<std::byte> encode_cooperative_generation(std::int32_t generation);
/// -1: it does not say.
std::int32_t decode_cooperative_generation(protocol::bytes_view user_data);

}  // namespace v0
}  // namespace ottla
