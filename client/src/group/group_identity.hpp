// group_identity: as whom this member speaks to the coordinator, and what an answer tells about that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

struct group_identity {
  std::string group;
  std::string member_id;         ///< empty: not known to the coordinator yet
  std::string instance_id;       ///< empty: a dynamic member (KIP-345)
  std::int32_t generation = -1;  ///< -1: not a member at the moment, or reading without membership
  bool by_epoch = false;  ///< in a group of the consumer protocol: the generation is the member's epoch (KIP-848)

  bool same_life(const group_identity& other) const {
    return member_id == other.member_id && generation == other.generation;
  }
};

/// What an error code from the coordinator asks of the member. The one table for all group requests (C-39, C-40).
enum class group_verdict : std::uint8_t {
  fine,
  try_again,   ///< the same coordinator, after a pause
  find_again,  ///< it is not the coordinator (any more): look for it, keep the generation
  stale,       ///< the coordinator has us in another epoch, which a heartbeat tells: then again (KIP-848)
  rejoin,      ///< a rebalance has begun: what we are is still right, for the moment
  forgotten,   ///< the coordinator does not know the member: join as a new one, what we had is lost
  outdated,    ///< another generation has begun without us: join again, what we had is lost
  fenced,      ///< another process uses our instance id: fatal
  needs_id,    ///< join again with the id that came along (KIP-394)
  refused,     ///< trying again will not help
};

inline group_verdict verdict_of(protocol::error_code code) {
  using protocol::error_code;
  switch (code) {
    case error_code::none:
      return group_verdict::fine;
    case error_code::coordinator_load_in_progress:
    case error_code::unstable_offset_commit:
    case error_code::request_timed_out:
      return group_verdict::try_again;
    case error_code::not_coordinator:
    case error_code::coordinator_not_available:
      return group_verdict::find_again;
    case error_code::rebalance_in_progress:
      return group_verdict::rejoin;
    case error_code::unknown_member_id:
      return group_verdict::forgotten;
    case error_code::illegal_generation:
    case error_code::fenced_member_epoch:
      return group_verdict::outdated;
    case error_code::stale_member_epoch:
      return group_verdict::stale;
    case error_code::fenced_instance_id:
      return group_verdict::fenced;
    case error_code::member_id_required:
      return group_verdict::needs_id;
    default:
      break;
  }
  return protocol::retriable(code) ? group_verdict::try_again : group_verdict::refused;
}

/// The same of a failure that may be without any answer: a lost connection or a late answer says that the coordinator
/// is to be looked for again.
inline group_verdict verdict_of(const error& why) {
  if (why.client() == client_code::none) return verdict_of(why.broker_code());
  switch (why.client()) {
    case client_code::closed:
    case client_code::unsupported_version:
      return group_verdict::refused;
    default:
      return group_verdict::find_again;
  }
}

/// Whether a request goes again by itself, as what we are then.
inline bool goes_again(group_verdict verdict) {
  return verdict == group_verdict::find_again || verdict == group_verdict::try_again || verdict == group_verdict::stale;
}

}  // namespace v0
}  // namespace ottla
