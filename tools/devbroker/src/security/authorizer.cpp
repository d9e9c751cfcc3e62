// Decides who may do what: Kafka's access control lists, and what a test has forbidden.
#include "security/authorizer.hpp"

#include <algorithm>
#include <array>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::string_view everybody = "User:*";
constexpr std::string_view anywhere = "*";
constexpr std::size_t entry_cost = 256;

std::size_t cost(const acl& entry) {
  return entry_cost + entry.name.size() + entry.principal.size() + entry.host.size();
}

/// Who may do something with a thing may know that it is there.
bool implies(acl_operation granted, acl_operation asked) {
  using enum acl_operation;
  if (granted == asked || granted == all) return true;
  if (asked == describe) return granted == read || granted == write || granted == remove || granted == alter;
  return asked == describe_configs && granted == alter_configs;
}

bool is_about(const std::string& principal, const std::string& host, const requester& who) {
  return (principal == everybody || principal == who.principal) && (host == anywhere || host == who.host);
}

std::span<const acl_operation> operations_of(resource_kind kind) {
  using enum acl_operation;
  static constexpr std::array of_topics{read, write, create, remove, alter, describe, describe_configs, alter_configs};
  static constexpr std::array of_groups{read, remove, describe, describe_configs, alter_configs};
  static constexpr std::array of_cluster{create,           alter,         describe,        cluster_action,
                                         describe_configs, alter_configs, idempotent_write};
  switch (kind) {
    case resource_kind::topic:
      return of_topics;
    case resource_kind::group:
      return of_groups;
    case resource_kind::cluster:
      return of_cluster;
    default:
      return {};
  }
}

}  // namespace

void authorizer::look(const std::set<rule>& rules, const requester& who, acl_operation what, finding& found) {
  for (const rule& r : rules) {
    found.any = true;
    if (!is_about(r.principal, r.host, who)) continue;
    // Only what is allowed implies something else: who may not read may still be told of the topic.
    if (r.permission == acl_permission::allow) {
      found.allowed = found.allowed || implies(r.operation, what);
    } else {
      found.denied = found.denied || r.operation == what || r.operation == acl_operation::all;
    }
  }
}

authorizer::finding authorizer::look_for(const requester& who, acl_operation what, resource_kind of,
                                         std::string_view name) const {
  finding out;
  if (const auto literal = entries_.find({of, pattern_kind::literal}); literal != entries_.end()) {
    for (const std::string_view written : {name, anywhere}) {
      const auto found = literal->second.find(written);
      if (found != literal->second.end()) look(found->second, who, what, out);
    }
  }
  const auto prefixed = entries_.find({of, pattern_kind::prefixed});
  if (prefixed == entries_.end()) return out;
  // A prefix of a name stands before it, or is it.
  for (auto at = prefixed->second.begin(); at != prefixed->second.end() && at->first <= name; ++at)
    if (name.starts_with(at->first)) look(at->second, who, what, out);
  return out;
}

bool authorizer::is_forbidden(const requester& who, acl_operation what, resource_kind of, std::string_view name) const {
  return std::any_of(forbidden.begin(), forbidden.end(), [&](const acl& said) {
    return said.resource == of && (said.operation == what || said.operation == acl_operation::all) &&
           applies_to(said, name) && is_about(said.principal, said.host, who);
  });
}

bool authorizer::allows(const requester& who, acl_operation what, resource_kind of, std::string_view name) const {
  if (is_forbidden(who, what, of, name)) return false;
  if (!is_on() || options_->super_users.contains(std::string(who.principal))) return true;
  const finding found = look_for(who, what, of, name);
  if (found.denied || found.allowed) return !found.denied;
  return !found.any && options_->allow_everyone_if_no_acl_found;
}

bool authorizer::allows_somewhere(const requester& who, acl_operation what, resource_kind of) const {
  // Kafka tries a name that nobody has an entry of, to find out what goes for the rest.
  if (allows(who, what, of, "hardcode")) return true;
  if (!is_on()) return false;
  const auto has = [&](const std::set<rule>& rules, acl_permission permission) {
    return std::any_of(rules.begin(), rules.end(), [&](const rule& r) {
      return r.permission == permission && is_about(r.principal, r.host, who) &&
             (r.operation == what || r.operation == acl_operation::all);
    });
  };
  std::vector<std::string_view> denied_prefixes;
  const auto prefixed = entries_.find({of, pattern_kind::prefixed});
  if (prefixed != entries_.end())
    for (const auto& [prefix, rules] : prefixed->second)
      if (has(rules, acl_permission::deny)) denied_prefixes.push_back(prefix);
  const auto is_overruled = [&](std::string_view name) {
    return std::any_of(denied_prefixes.begin(), denied_prefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
  };
  const auto literal = entries_.find({of, pattern_kind::literal});
  if (literal != entries_.end()) {
    const auto all = literal->second.find(anywhere);
    if (all != literal->second.end() && has(all->second, acl_permission::deny)) return false;
    for (const auto& [name, rules] : literal->second)
      if (has(rules, acl_permission::allow) && !has(rules, acl_permission::deny) && !is_overruled(name)) return true;
  }
  if (prefixed == entries_.end()) return false;
  return std::any_of(prefixed->second.begin(), prefixed->second.end(), [&](const auto& entry) {
    return has(entry.second, acl_permission::allow) && !is_overruled(entry.first);
  });
}

std::int32_t authorizer::allowed_operations(const requester& who, resource_kind of, std::string_view name) const {
  std::int32_t out = 0;
  for (const acl_operation each : operations_of(of))
    if (allows(who, each, of, name)) out |= std::int32_t{1} << static_cast<int>(each);
  return out;
}

bool authorizer::add(const acl& entry) {
  if (bytes_ + cost(entry) > options_->max_bytes) return false;
  auto& rules = entries_[{entry.resource, entry.pattern}][entry.name];
  if (!rules.insert({entry.operation, entry.permission, entry.principal, entry.host}).second) return true;
  bytes_ += cost(entry);
  keep(entry_kind::acl, entry);
  return true;
}

void authorizer::remove(const acl& entry) {
  const auto names = entries_.find({entry.resource, entry.pattern});
  if (names == entries_.end()) return;
  const auto rules = names->second.find(entry.name);
  if (rules == names->second.end()) return;
  if (rules->second.erase({entry.operation, entry.permission, entry.principal, entry.host}) == 0) return;
  // What has no entry left is as if nothing had ever been said of it.
  if (rules->second.empty()) names->second.erase(rules);
  bytes_ -= cost(entry);
  keep(entry_kind::acl_removed, entry);
}

std::vector<acl> authorizer::fitting(const acl_filter& asked) const {
  std::vector<acl> out;
  for (const auto& [kind, names] : entries_) {
    for (const auto& [name, rules] : names) {
      for (const rule& r : rules) {
        acl entry{kind.first, name, r.operation, r.permission, r.principal, kind.second, r.host};
        if (asked.fits(entry)) out.push_back(std::move(entry));
      }
    }
  }
  return out;
}

void authorizer::keep(entry_kind kind, const acl& entry) const {
  book_->add(kind, [&](entry_writer& out) {
    out.number(static_cast<std::int8_t>(entry.resource));
    out.text(std::string_view(entry.name));
    out.number(static_cast<std::int8_t>(entry.pattern));
    out.text(std::string_view(entry.principal));
    out.text(std::string_view(entry.host));
    out.number(static_cast<std::int8_t>(entry.operation));
    out.number(static_cast<std::int8_t>(entry.permission));
  });
}

namespace {

acl read_entry(entry_reader& in) {
  acl out;
  out.resource = resource_kind_of(in.number<std::int8_t>());
  out.name = in.text();
  out.pattern = pattern_kind_of(in.number<std::int8_t>());
  out.principal = in.text();
  out.host = in.text();
  out.operation = acl_operation_of(in.number<std::int8_t>());
  out.permission = acl_permission_of(in.number<std::int8_t>());
  return out;
}

}  // namespace

void authorizer::save() const {
  for (const acl& entry : fitting({})) keep(entry_kind::acl, entry);
}

bool authorizer::load(entry_reader& in) {
  const acl entry = read_entry(in);
  if (!in.is_done() || !why_invalid(entry).empty()) return false;
  add(entry);
  return true;
}

bool authorizer::load_removed(entry_reader& in) {
  const acl entry = read_entry(in);
  remove(entry);
  return in.is_done();
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
