// group_text: how descriptions of groups and their lag look to people and to programs.
#pragma once

#include "ottla/admin/group_offsets.hpp"
#include "print.hpp"

namespace ottla_tool {

/// "orders[0,2] letters[1]"; "-" for nothing.
std::string partitions_text(const std::vector<ottla::topic_partitions>& what);
/// The group in a line, its members, and what it is behind.
std::string describe_text(const ottla::group_lag& group);
json describe_json(const ottla::group_lag& group);

text_table lag_table();
void add_lag(text_table& to, const ottla::group_lag& group);
/// One object per partition.
void add_lag(json& to, const ottla::group_lag& group);

}  // namespace ottla_tool
