// What users and clients may have of the brokers: the quotas that were set, and which of them is in force for whom
// (KIP-13, KIP-55, KIP-546).
#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "durable/journal.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline constexpr std::string_view user_entity = "user";
inline constexpr std::string_view client_entity = "client-id";
inline constexpr std::string_view ip_entity = "ip";

/// By type of entity the name; nothing for the default of all that have none of their own.
using quota_entity = std::map<std::string, std::optional<std::string>, std::less<>>;
/// By Kafka's names: producer_byte_rate and its kin.
using quota_values = std::map<std::string, double, std::less<>>;

/// The limit that is in force for somebody, and with whom it is shared.
struct quota_in_force {
  double limit = 0;    // per second
  std::string shared;  // the same for all who fill the same measure
};

class client_quotas {
 public:
  static constexpr std::size_t most_bytes = std::size_t{16} << 20;  // of all of them

  explicit client_quotas(journal& book) : book_(&book) {}

  const std::map<quota_entity, quota_values>& all() const { return all_; }
  /// Makes this all that is set of the entity, which have been checked both. False: the memory for them is used up.
  bool set(const quota_entity& entity, quota_values values);
  /// The most particular one: user and client, user, default user with client, default user, client, default client.
  std::optional<quota_in_force> find(std::string_view key, std::string_view user, std::string_view client_id) const;

  // The journal's.
  void save() const;
  bool load(entry_reader& in);

 private:
  void keep(const quota_entity& entity, const quota_values& values) const;

  journal* book_;
  std::map<quota_entity, quota_values> all_;
  std::size_t bytes_ = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
