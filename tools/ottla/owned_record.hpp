// owned_record: a record that a command makes or reads: owned parts, and the view that a send takes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/record.hpp"

namespace ottla_tool {

struct owned_record {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::int32_t partition = ottla::any_partition;
  std::int64_t timestamp = ottla::now_timestamp;

  /// Borrows from this object, until it changes.
  ottla::record view() {
    header_views_.clear();
    for (const auto& [name, text] : headers) {
      header_views_.push_back({name, text ? std::optional(ottla::protocol::as_bytes(*text)) : std::nullopt});
    }
    ottla::record out;
    if (key) out.key = *key;
    if (value) out.value = *value;
    out.headers = header_views_;
    out.partition = partition;
    out.timestamp = timestamp;
    return out;
  }
  std::size_t size() const { return (key ? key->size() : 0) + (value ? value->size() : 0); }

 private:
  std::vector<ottla::record_header> header_views_;
};

/// A line of `produce --input jsonl`. Empty: it was read into `out`; else what is wrong with it.
std::string parse_record_line(std::string_view line, owned_record& out);

}  // namespace ottla_tool
