// abilities: what brokers said of themselves in ApiVersions: the cluster's finalized features (KIP-584), and which
// versions each offers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ottla/net/metadata.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/api_versions.hpp"

namespace ottla {
inline namespace v0 {

/// The core's thread only. Every connection that comes up adds what it heard, so an upgrade is noticed with the first
/// one that comes up behind it.
class abilities {
 public:
  void heard(broker_id from, const protocol::ApiVersionsResponse& told);
  /// The level of a finalized feature, by the newest epoch that was heard; 0: not finalized, or not known.
  std::int16_t feature(std::string_view name) const;
  /// Whether all of the cluster's brokers that were heard, and one at least, offer this version.
  bool all_offer(protocol::api_key key, std::int16_t version, const std::map<broker_id, host_port>& living) const;

 private:
  std::int64_t features_epoch_ = -1;
  std::map<std::string, std::int16_t, std::less<>> features_;
  std::map<broker_id, std::map<std::int16_t, std::int16_t>> highest_;  // by API
};

}  // namespace v0
}  // namespace ottla
