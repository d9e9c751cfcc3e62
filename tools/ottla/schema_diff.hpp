// schema_diff: what changed between two versions of a message.
#pragma once

#include "ottla/protocol_text/schema_table.hpp"
#include "print.hpp"

namespace ottla_tool {

struct schema_change {
  enum class kind { added, removed, nullable, not_nullable };
  kind what;
  std::string path;  ///< "topics.partitions.currentLeaderEpoch"
  const ottla::protocol_text::field_schema* field;
};

/// In the order of the definition. Fields of a struct that came or went are listed as well.
std::vector<schema_change> schema_changes(const ottla::protocol_text::message_type& message, std::int16_t from,
                                          std::int16_t to);

std::string diff_text(const ottla::protocol_text::message_type& message, std::int16_t from, std::int16_t to);
json diff_json(const ottla::protocol_text::message_type& message, std::int16_t from, std::int16_t to);

}  // namespace ottla_tool
