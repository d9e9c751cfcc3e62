// Access control as Kafka has it: who may, or may not, do what with which resources (KIP-11, KIP-290).
#pragma once
#include <compare>
#include <cstdint>
#include <string>

namespace ottla {
inline namespace v0 {
namespace mock {

// The numbers are the protocol's. `unknown`, `any` and `match` are for questions, no entry has them.

enum class resource_kind : std::int8_t {
  unknown = 0,
  any = 1,
  topic = 2,
  group = 3,
  cluster = 4,
  transactional_id = 5,
  delegation_token = 6,
  user = 7,
};

enum class pattern_kind : std::int8_t {
  unknown = 0,
  any = 1,
  match = 2,     ///< whatever applies to the name: its own, "*", prefixes of it
  literal = 3,   ///< this name; "*" is every name
  prefixed = 4,  ///< names that begin like this
};

enum class acl_operation : std::int8_t {
  unknown = 0,
  any = 1,
  all = 2,
  read = 3,
  write = 4,
  create = 5,
  remove = 6,  ///< Kafka's DELETE
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
  create_tokens = 13,
  describe_tokens = 14,
  two_phase_commit = 15,
};

enum class acl_permission : std::int8_t { unknown = 0, any = 1, deny = 2, allow = 3 };

/// One entry: what a principal that comes from a host may do, or may not.
struct acl {
  resource_kind resource = resource_kind::topic;
  std::string name = {};  ///< of the cluster itself: "kafka-cluster"
  acl_operation operation = acl_operation::all;
  acl_permission permission = acl_permission::allow;
  std::string principal = "User:*";  ///< "User:alice"; "User:*" is everybody
  pattern_kind pattern = pattern_kind::literal;
  std::string host = "*";  ///< an address; "*" is any

  auto operator<=>(const acl&) const = default;
};

inline constexpr const char* cluster_resource_name = "kafka-cluster";

}  // namespace mock
}  // namespace v0
}  // namespace ottla
