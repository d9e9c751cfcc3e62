// print: documents on stdout in the form that --output asks for.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "globals.hpp"
#include "text_table.hpp"

namespace ottla_tool {

using json = nlohmann::ordered_json;

inline std::string dumped(const json& what, int indent = -1) {
  return what.dump(indent, ' ', false, json::error_handler_t::replace);
}

/// False: the reader went away.
inline bool put(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

/// A list: a table, one document, or one object a line.
inline int print_list(const globals& with, const text_table& table, const json& list) {
  std::string out;
  if (with.output == output_form::text) {
    out = table.to_string();
  } else if (with.output == output_form::json) {
    out = dumped(list, 2) + "\n";
  } else {
    for (const json& one : list) out += dumped(one) + "\n";
  }
  return put(out) ? status_done : status_failed;
}

}  // namespace ottla_tool
