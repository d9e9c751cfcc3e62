// Whose settings a request means.
#include "api/config_resource.hpp"
#include "api/permission.hpp"

#include <charconv>
#include <string>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

std::optional<plan_error> wrong_resource(std::string why) {
  return plan_error{protocol::error_code::invalid_request, std::move(why)};
}

}  // namespace

error_code check_allowed(const call& c, acl_operation what, std::int8_t type, std::string_view name) {
  if (type == topic_resource && !may_topic(c, what, name)) return error_code::topic_authorization_failed;
  if (type == broker_resource && !may_cluster(c, what)) return error_code::cluster_authorization_failed;
  return error_code::none;
}

std::optional<plan_error> check_is_this_node(const call& c, std::string_view name) {
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc{} || end != name.data() + name.size())
    return wrong_resource("'" + std::string(name) + "' is no node's id.");
  const std::int32_t here = c.node().about.id;
  if (id == here) return std::nullopt;
  return wrong_resource("This is node " + std::to_string(here) + ": ask the other node.");
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
