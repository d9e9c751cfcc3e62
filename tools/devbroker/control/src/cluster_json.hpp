// The cluster's state as JSON.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "ottla/mock/broker.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// The index of the node with this id; nothing for what is no node's id.
std::optional<std::size_t> node_of(const broker& of, const nlohmann::json& id);

nlohmann::ordered_json cluster_json(const broker& of);
nlohmann::ordered_json topics_json(const broker& of);
/// The topic exists.
nlohmann::ordered_json topic_json(const broker& of, std::string_view name);
nlohmann::ordered_json group_json(broker& of, std::string_view name);
/// State and producer are null where nobody has asked for a producer id yet.
nlohmann::ordered_json transaction_json(const broker& of, std::string_view transactional_id);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
