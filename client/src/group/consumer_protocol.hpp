// consumer_protocol: what members of a classic group tell each other inside JoinGroup and SyncGroup, in the form of the
// Java client: int16 version | ConsumerProtocolSubscription or ConsumerProtocolAssignment.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "assignor.hpp"
#include "ottla/protocol/types.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// JoinGroup metadata for that assignor: topics sorted, generation and rack (version 3). `owned` goes where the
/// assignor looks for it: into sticky's user data (what we had; it is revoked already), for the others into
/// owned_partitions (what we still read: nothing, unless the group is cooperative). Fails only for a topic name above
/// 32,767 bytes.
result<std::vector<std::byte>> encode_subscription(assignor which, const subscription_of_member& said);

/// The same read back; member_id and instance_id stand beside the metadata and are left empty. A version newer than
/// ours is read as the newest we know, bytes behind it are passed over. User data that cannot be read counts as none.
/// Fails with malformed_response, also for what would take more than max_decoded_member bytes.
result<subscription_of_member> decode_subscription(assignor which, protocol::bytes_view metadata);

/// One member's part of SyncGroup (version 3).
result<std::vector<std::byte>> encode_assignment(std::span<const topic_partition> partitions);

/// By topic and number, each once. No bytes at all mean nothing: so a coordinator answers whom the leader forgot.
result<std::vector<topic_partition>> decode_assignment(protocol::bytes_view assignment);

/// A topic's name stands once on the wire and once per partition in memory: a bound keeps hostile metadata small. Ours
/// is room for some 400,000 partitions of one member.
inline constexpr std::size_t max_decoded_member = std::size_t{32} << 20;

}  // namespace v0
}  // namespace ottla
