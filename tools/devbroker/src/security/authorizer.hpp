// Decides who may do what: Kafka's access control lists, and what a test has forbidden.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "durable/journal.hpp"
#include "ottla/mock/acl.hpp"
#include "ottla/mock/authorization_options.hpp"
#include "security/acl_filter.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Who asks. Views: of the connection.
struct requester {
  std::string_view principal;  // User:alice
  std::string_view host;
};

class authorizer {
 public:
  authorizer(const authorization_options& options, journal& book) : options_(&options), book_(&book) {}

  /// Whether entries count at all.
  bool is_on() const { return options_->required; }
  bool allows(const requester& who, acl_operation what, resource_kind of, std::string_view name) const;
  /// Whether there is any resource of the kind with which it is allowed: KIP-679 asks so of topics.
  bool allows_somewhere(const requester& who, acl_operation what, resource_kind of) const;
  /// A bit for each operation that the resource knows and that is allowed (KIP-430).
  std::int32_t allowed_operations(const requester& who, resource_kind of, std::string_view name) const;

  /// An entry that has been checked. False: the memory for them is used up.
  bool add(const acl& entry);
  void remove(const acl& entry);
  /// In their order.
  std::vector<acl> fitting(const acl_filter& asked) const;

  /// What a test has said on top: nobody who fits may, whatever the entries say and whether or not they count.
  std::vector<acl> forbidden;

  // The journal's.
  void save() const;
  bool load(entry_reader& in);
  bool load_removed(entry_reader& in);

 private:
  struct rule {
    acl_operation operation;
    acl_permission permission;
    std::string principal;
    std::string host;
    auto operator<=>(const rule&) const = default;
  };
  using rules_by_name = std::map<std::string, std::set<rule>, std::less<>>;
  struct finding {
    bool any = false;  // there are entries that apply to the name, be it for others
    bool denied = false;
    bool allowed = false;
  };
  static void look(const std::set<rule>& rules, const requester& who, acl_operation what, finding& found);
  finding look_for(const requester& who, acl_operation what, resource_kind of, std::string_view name) const;
  bool is_forbidden(const requester& who, acl_operation what, resource_kind of, std::string_view name) const;
  void keep(entry_kind kind, const acl& entry) const;

  const authorization_options* options_;
  journal* book_;
  std::map<std::pair<resource_kind, pattern_kind>, rules_by_name> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
