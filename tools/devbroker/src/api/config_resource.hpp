// What has settings: the protocol's numbers for it, and for where a value comes from (KIP-226).
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "api/call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

enum resource_type : std::int8_t { topic_resource = 2, broker_resource = 4 };

enum config_source : std::int8_t {
  of_topic = 1,
  of_broker = 2,       // altered for this node
  of_all_brokers = 3,  // altered for all
  of_broker_file = 4,
  of_default = 5
};

/// None if the client may do this with these settings: those of brokers are the cluster's.
error_code check_allowed(const call& c, acl_operation what, std::int8_t type, std::string_view name);

/// A node answers for its own settings only: the error if this is another's id, or none.
std::optional<plan_error> check_is_this_node(const call& c, std::string_view name);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
