// What an administrator's changes make of the settings of a topic or a broker.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/setting.hpp"
#include "cluster/topic_settings.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Numbers are the protocol's (IncrementalAlterConfigs, KIP-339).
enum class change_kind : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct setting_change {
  std::string_view name;
  change_kind kind = change_kind::set;
  std::string_view value = {};  // not for remove
};

/// Makes the changes to `given`, which may be left half changed when one is refused: one sentence then, else empty.
/// Whether the values themselves are allowed is not looked at. Lists alone can be appended to and subtracted from; one
/// that was not given begins as its default.
std::string change(std::span<const setting> table, setting_values& given, std::span<const setting_change> changes);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
