// What users and clients may have of the brokers: the quotas that were set, and which of them is in force for whom.
#include "quotas/client_quotas.hpp"

#include <bit>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t entry_cost = 256;

std::size_t cost(const quota_entity& entity, const quota_values& values) {
  std::size_t sum = entry_cost;
  for (const auto& [type, name] : entity) sum += entry_cost + type.size() + (name ? name->size() : 0);
  for (const auto& [key, value] : values) sum += entry_cost + key.size();
  return sum;
}

}  // namespace

bool client_quotas::set(const quota_entity& entity, quota_values values) {
  const auto known = all_.find(entity);
  const std::size_t before = known == all_.end() ? 0 : cost(entity, known->second);
  const std::size_t after = values.empty() ? 0 : cost(entity, values);
  if (after > before && bytes_ - before + after > most_bytes) return false;
  bytes_ = bytes_ - before + after;
  keep(entity, values);
  if (values.empty()) {
    if (known != all_.end()) all_.erase(known);
  } else {
    all_.insert_or_assign(entity, std::move(values));
  }
  return true;
}

std::optional<quota_in_force> client_quotas::find(std::string_view key, std::string_view user,
                                                  std::string_view client_id) const {
  if (all_.empty()) return std::nullopt;
  using name = std::optional<std::string>;
  const name this_user{std::string(user)}, this_client{std::string(client_id)}, any = std::nullopt;
  const std::string users{user_entity}, clients{client_entity};
  const quota_entity candidates[] = {{{users, this_user}, {clients, this_client}},
                                     {{users, this_user}, {clients, any}},
                                     {{users, this_user}},
                                     {{users, any}, {clients, this_client}},
                                     {{users, any}, {clients, any}},
                                     {{users, any}},
                                     {{clients, this_client}},
                                     {{clients, any}}};
  for (const quota_entity& candidate : candidates) {
    const auto known = all_.find(candidate);
    if (known == all_.end()) continue;
    const auto value = known->second.find(key);
    if (value == known->second.end()) continue;
    // A default is everybody's own: only whoever has the same name fills the same measure.
    std::string shared;
    if (candidate.contains(users)) shared += "u" + *this_user;
    shared += '\0';
    if (candidate.contains(clients)) shared += "c" + *this_client;
    return quota_in_force{value->second, std::move(shared)};
  }
  return std::nullopt;
}

void client_quotas::keep(const quota_entity& entity, const quota_values& values) const {
  book_->add(entry_kind::quota, [&](entry_writer& out) {
    out.count(entity.size());
    for (const auto& [type, name] : entity) {
      out.text(std::string_view(type));
      out.text(name);
    }
    out.count(values.size());
    for (const auto& [key, value] : values) {
      out.text(std::string_view(key));
      out.number(std::bit_cast<std::uint64_t>(value));
    }
  });
}

void client_quotas::save() const {
  for (const auto& [entity, values] : all_) keep(entity, values);
}

bool client_quotas::load(entry_reader& in) {
  quota_entity entity;
  quota_values values;
  const std::size_t types = in.count();
  for (std::size_t i = 0; i < types && in.ok(); ++i) {
    std::string type = in.text();
    entity.insert_or_assign(std::move(type), in.nullable_text());
  }
  const std::size_t keys = in.count();
  for (std::size_t i = 0; i < keys && in.ok(); ++i) {
    std::string key = in.text();
    values.insert_or_assign(std::move(key), std::bit_cast<double>(in.number<std::uint64_t>()));
  }
  if (!in.is_done()) return false;
  set(entity, std::move(values));
  return true;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
