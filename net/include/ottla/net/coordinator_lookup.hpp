// coordinator_lookup: FindCoordinator in its two forms, one key or many (KIP-699): the request, and what its answer
// says.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ottla/net/address.hpp"
#include "ottla/net/metadata.hpp"
#include "ottla/net/request.hpp"

namespace ottla {
inline namespace v0 {

enum class coordinator_kind : std::int8_t { group = 0, transaction = 1, share = 2 };

struct located_coordinator {
  std::string key;
  broker_id broker = no_broker;
  host_port address;  ///< for metadata::apply_broker_hint: a broker that came just now is in no metadata yet
  error failure;      ///< set: nowhere, and why. COORDINATOR_NOT_AVAILABLE may pass.
};

/// Names all keys to a broker that knows version 4, only the first to an older one. Any broker may be asked.
request find_coordinators(std::vector<std::string> keys, coordinator_kind kind = coordinator_kind::group);

/// For each key that was asked, in that order: all of them, or from an older broker the first alone; ask again for the
/// rest. Fails if the answer cannot be used at all.
result<std::vector<located_coordinator>> read_coordinators(const response& answer, std::span<const std::string> keys,
                                                           coordinator_kind kind = coordinator_kind::group);

}  // namespace v0
}  // namespace ottla
