// partition_for_key: where a keyed record goes, for who has to know it before it is sent.
#pragma once

#include <cstdint>

#include "ottla/producer_config.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// The partition, 0 to `count` - 1, that a producer with this partitioner chooses for a record with this key. `count`
/// is the topic's number of partitions, at least 1. -1 for round_robin and random: they do not look at the key.
std::int32_t partition_for_key(protocol::bytes_view key, std::int32_t count,
                               partitioner_kind by = partitioner_kind::murmur2);

}  // namespace v0
}  // namespace ottla
