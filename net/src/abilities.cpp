// abilities: what is taken from an ApiVersions answer.
#include "ottla/net/abilities.hpp"

namespace ottla {
inline namespace v0 {

void abilities::heard(broker_id from, const protocol::ApiVersionsResponse& told) {
  // A broker that lags behind still tells an older epoch, one that is too old tells none.
  if (told.finalized_features_epoch >= 0 && told.finalized_features_epoch >= features_epoch_) {
    features_epoch_ = told.finalized_features_epoch;
    features_.clear();
    for (const auto& one : told.finalized_features) features_[std::string(one.name)] = one.max_version_level;
  }
  if (static_cast<std::int32_t>(from) < 0) return;  // a bootstrap address: the broker behind it is met again by its id
  auto& versions = highest_[from];
  versions.clear();
  for (const auto& api : told.api_keys) versions[api.api_key] = api.max_version;
}

std::int16_t abilities::feature(std::string_view name) const {
  const auto found = features_.find(name);
  return found == features_.end() ? std::int16_t{0} : found->second;
}

bool abilities::all_offer(protocol::api_key key, std::int16_t version,
                          const std::map<broker_id, host_port>& living) const {
  bool any = false;
  for (const auto& [id, versions] : highest_) {
    if (!living.contains(id)) continue;
    const auto found = versions.find(static_cast<std::int16_t>(key));
    if (found == versions.end() || found->second < version) return false;
    any = true;
  }
  return any;
}

}  // namespace v0
}  // namespace ottla
