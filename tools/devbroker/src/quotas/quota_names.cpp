// Which quotas there are, and of what; what a value of theirs may be.
#include "quotas/quota_names.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

enum class number : std::uint8_t { whole32, whole64, any };
struct quota_name {
  std::string_view key;
  number kind;
  bool of_addresses;  // else of users and clients
};
constexpr std::array names{
    quota_name{"producer_byte_rate", number::whole64, false}, quota_name{"consumer_byte_rate", number::whole64, false},
    quota_name{"request_percentage", number::any, false}, quota_name{"controller_mutation_rate", number::any, false},
    quota_name{"connection_creation_rate", number::whole32, true}};

const quota_name* find(std::string_view key) {
  const auto at = std::find_if(names.begin(), names.end(), [&](const quota_name& n) { return n.key == key; });
  return at == names.end() ? nullptr : &*at;
}

}  // namespace

std::string why_no_entity(const quota_entity& entity) {
  if (entity.empty()) return "No entity is named.";
  for (const auto& [type, name] : entity) {
    if (type != user_entity && type != client_entity && type != ip_entity)
      return "There are no quotas of entities of type '" + type + "'.";
    if (name && name->empty()) return "The name of an entity is empty; that of the default is null.";
  }
  if (entity.contains(ip_entity) && entity.size() > 1) return "An address has quotas of its own, with nobody else.";
  return {};
}

std::string why_no_quota(const quota_entity& entity, std::string_view key) {
  const quota_name* known = find(key);
  if (known == nullptr || known->of_addresses != entity.contains(ip_entity))
    return "Such an entity has no quota '" + std::string(key) + "'.";
  return {};
}

std::string why_no_value(std::string_view key, double value) {
  const quota_name& of = *find(key);
  const std::string name(key);
  if (!(value > 0) || std::isinf(value)) return name + " must be above 0.";
  if (of.kind == number::any) return {};
  const double most = of.kind == number::whole32 ? 2147483647.0 : 9223372036854775807.0;
  if (value > most || std::abs(value - std::round(value)) > 1e-6) return name + " must be a whole number.";
  return {};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
