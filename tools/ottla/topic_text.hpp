// topic_text: how a topic's description looks to people and to programs.
#pragma once

#include <vector>

#include "ottla/admin/configs.hpp"
#include "ottla/admin/topics.hpp"
#include "print.hpp"

namespace ottla_tool {

/// 22 characters, as Kafka's own tools write topic ids; empty for none.
std::string id_text(const ottla::protocol::uuid& id);
std::string describe_text(const ottla::topic_description& topic, const std::vector<ottla::config_entry>& configs);
/// `configs` null: not asked for.
json describe_json(const ottla::topic_description& topic, const std::vector<ottla::config_entry>* configs);

}  // namespace ottla_tool
