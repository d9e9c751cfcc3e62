// What a cluster says about itself: its id, its controller, its brokers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ottla {
inline namespace v0 {

struct broker_description {
  std::int32_t id = -1;
  std::string host;
  std::int32_t port = 0;
  std::string rack;  ///< empty: none
};
struct cluster_description {
  std::string id;  ///< empty: the cluster has none
  /// -1: none. With KRaft a broker that passes requests on to the active controller.
  std::int32_t controller = -1;
  std::vector<broker_description> brokers;  ///< ascending by id
};

}  // namespace v0
}  // namespace ottla
