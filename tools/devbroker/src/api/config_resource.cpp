// Whose settings a request means.
#include "api/config_resource.hpp"

#include <charconv>
#include <string>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

std::optional<plan_error> refused(std::string why) {
  return plan_error{protocol::error_code::invalid_request, std::move(why)};
}

}  // namespace

std::optional<plan_error> check_is_this_node(const call& c, std::string_view name) {
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc{} || end != name.data() + name.size())
    return refused("'" + std::string(name) + "' is no node's id.");
  const std::int32_t here = c.node().about.id;
  if (id == here) return std::nullopt;
  return refused("This is node " + std::to_string(here) + ": ask the other node.");
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
