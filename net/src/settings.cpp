// settings: finding rows by any of their names, filling structs, and telling what holds and why.
#include "ottla/net/settings.hpp"

#include <algorithm>

#include "ottla/net/setting_row.hpp"
#include "trimmed.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error bad_setting(std::string_view name, std::string_view origin, std::string detail, std::string advice = {}) {
  error_context context;
  context.asked = "setting " + std::string(name) + (origin.empty() ? "" : " from " + std::string(origin));
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return error(client_code::invalid_config, std::move(context));
}

/// Whether `word` is one of the words of a list.
bool listed(std::string_view list, char separator, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    if (same_word(list.substr(0, end), word)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string_view first_of(std::string_view list) { return list.substr(0, list.find(',')); }

}  // namespace

std::string_view name(setting_kind kind) {
  switch (kind) {
    case setting_kind::text:
      return "text";
    case setting_kind::boolean:
      return "boolean";
    case setting_kind::integer:
      return "integer";
    case setting_kind::bytes:
      return "bytes";
    case setting_kind::duration:
      return "duration";
    case setting_kind::choice:
      return "choice";
  }
  return "?";
}

std::string setting::default_value() const {
  struct shown {
    const setting* row;
    std::string text;
  } out{this, {}};
  make_default(
      [](const void* target, void* context) {
        auto* to = static_cast<shown*>(context);
        to->text = to->row->show(target);
      },
      &out);
  return out.text;
}

bool setting::has_name(std::string_view asked) const {
  return asked == member || (!java.empty() && asked == java) || listed(librdkafka, ',', asked);
}

std::string_view setting::usual_name() const {
  if (!java.empty()) return java;
  return librdkafka.empty() ? member : first_of(librdkafka);
}

settings::settings(std::vector<setting_group> groups, std::span<const foreign_setting> foreign)
    : groups_(std::move(groups)), foreign_(foreign.begin(), foreign.end()) {}

const foreign_setting* settings::find_foreign(std::string_view asked) const {
  for (const foreign_setting& one : foreign_) {
    const bool prefix = one.name.ends_with('*');
    if (prefix ? asked.starts_with(one.name.substr(0, one.name.size() - 1)) : asked == one.name) return &one;
  }
  return nullptr;
}

result<void> settings::set(std::string_view name, std::string_view value, std::string_view origin) {
  bool found = false;
  for (const setting_group& group : groups_) {
    for (const setting& row : group.rows) {
      if (!row.has_name(name)) continue;
      found = true;
      if (auto done = set_row(group, row, name, value, origin); !done) return done;
    }
  }
  if (found) return {};
  if (const foreign_setting* known = find_foreign(name)) {
    if (known->harmless == "*" || listed(known->harmless, '|', value)) return {};
    const std::string only = known->harmless.empty() ? "" : " (only " + std::string(known->harmless) + " is accepted)";
    return bad_setting(name, origin, std::string(known->why) + only, "leave it out");
  }
  const std::vector<std::string_view> all = names();
  const std::string_view close = nearest(name, all);
  return bad_setting(name, origin, "no setting has this name",
                     close.empty() ? "" : "did you mean " + std::string(close) + "?");
}

result<void> settings::set_row(const setting_group& group, const setting& row, std::string_view name,
                               std::string_view value, std::string_view origin) {
  const auto before =
      std::find_if(mentions_.begin(), mentions_.end(), [&](const mention& one) { return one.row == &row; });
  const auto source = [](std::string_view from) { return from.substr(0, from.rfind(':')); };
  if (before != mentions_.end() && before->name != name && before->value != value &&
      source(before->origin) == source(origin)) {
    return bad_setting(
        name, origin,
        "it contradicts " + before->name + " from " + before->origin + ", another name of the same setting",
        "keep one of the two");
  }
  if (!row.set(group.target, value)) {
    if (row.objection != nullptr)
      return bad_setting(name, origin, row.objection(value), "write " + std::string(row.range));
    const std::string shown = row.secret ? "the value" : "'" + std::string(value) + "'";
    return bad_setting(
        name, origin,
        shown + " is not a " + std::string(ottla::name(row.kind)) + " in its range: " + std::string(row.range));
  }
  mention now{&row, group.scope, std::string(name), std::string(value),
              std::string(origin.empty() ? "the program" : origin)};
  if (before != mentions_.end()) {
    *before = std::move(now);
  } else {
    mentions_.push_back(std::move(now));
  }
  return {};
}

result<void> settings::set_pair(std::string_view pair, std::string_view origin) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)).empty()) {
    return bad_setting(pair, origin, "it has no value", "write name=value");
  }
  return set(trimmed(pair.substr(0, equals)), trimmed(pair.substr(equals + 1)), origin);
}

bool settings::given(std::string_view scope, std::string_view member) const {
  return std::any_of(mentions_.begin(), mentions_.end(),
                     [&](const mention& one) { return one.scope == scope && one.row->member == member; });
}

std::vector<setting_in_force> settings::in_force() const {
  std::vector<setting_in_force> out;
  for (const setting_group& group : groups_) {
    for (const setting& row : group.rows) {
      setting_in_force& one = out.emplace_back();
      one.scope = group.scope;
      one.row = &row;
      one.value = row.show(group.target);
      const auto told =
          std::find_if(mentions_.begin(), mentions_.end(), [&](const mention& m) { return m.row == &row; });
      if (told != mentions_.end()) {
        one.origin = told->origin;
      } else if (!row.secret && one.value != row.default_value()) {
        one.origin = "follows from other settings";
      }
    }
  }
  return out;
}

std::string settings::explain() const {
  std::string out;
  for (const setting_in_force& one : in_force()) {
    out += std::string(one.scope) + "  " + std::string(one.row->usual_name()) + " = " + one.value + "  (" +
           (one.is_default() ? std::string("default") : one.origin) + ")\n";
  }
  return out;
}

std::vector<std::string_view> settings::names() const {
  std::vector<std::string_view> out;
  for (const setting_group& group : groups_) {
    for (const setting& row : group.rows) {
      if (!row.java.empty()) out.push_back(row.java);
      for (std::string_view rest = row.librdkafka; !rest.empty();) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        out.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      out.push_back(row.member);
    }
  }
  for (const foreign_setting& one : foreign_) {
    if (!one.name.ends_with('*')) out.push_back(one.name);
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
