// What an administrator's changes make of the settings of a topic or a broker.
#include "cluster/setting_changes.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

std::vector<std::string_view> parts_of(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (comma != 0) out.push_back(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return out;
}

std::string joined(const std::vector<std::string_view>& parts) {
  std::string out;
  for (const std::string_view part : parts) {
    if (!out.empty()) out += ',';
    out += part;
  }
  return out;
}

}  // namespace

std::string change(std::span<const setting> table, setting_values& given, std::span<const setting_change> changes) {
  for (const setting_change& c : changes) {
    const auto before = given.find(c.name);
    if (c.kind == change_kind::set) {
      given.insert_or_assign(std::string(c.name), std::string(c.value));
      continue;
    }
    if (c.kind == change_kind::remove) {
      if (before != given.end()) given.erase(before);
      continue;
    }
    const setting* known = find_setting(table, c.name);
    if (known == nullptr || known->type != setting_type::list)
      return std::string(c.name) + " is no list: nothing can be appended to it or subtracted from it.";
    const std::string value(before == given.end() ? known->initial : before->second);
    std::vector<std::string_view> parts = parts_of(value);
    for (const std::string_view part : parts_of(c.value)) {
      const auto at = std::find(parts.begin(), parts.end(), part);
      if (c.kind == change_kind::append && at == parts.end()) parts.push_back(part);
      if (c.kind == change_kind::subtract && at != parts.end()) parts.erase(at);
    }
    given.insert_or_assign(std::string(c.name), joined(parts));
  }
  return {};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
