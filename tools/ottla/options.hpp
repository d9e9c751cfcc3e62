// options: CLI11 options whose values are read strictly: whole numbers, durations, sizes, one of some words.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ottla_tool {

CLI::Option* number_option(CLI::App& to, const std::string& names, std::optional<std::int64_t>& into,
                           const std::string& help, std::int64_t min = 0,
                           std::int64_t max = std::numeric_limits<std::int64_t>::max());
CLI::Option* bytes_option(CLI::App& to, const std::string& names, std::optional<std::uint64_t>& into,
                          const std::string& help);
/// "5s", "200ms", "1.5s"; a bare number is milliseconds.
CLI::Option* duration_option(CLI::App& to, const std::string& names, std::optional<std::chrono::nanoseconds>& into,
                             const std::string& help);
CLI::Option* text_option(CLI::App& to, const std::string& names, std::optional<std::string>& into,
                         const std::string& help);
CLI::Option* choice_option(CLI::App& to, const std::string& names, std::optional<std::string>& into,
                           const std::string& help, std::vector<std::string> choices);
/// May be given more than once; takes one value each time.
CLI::Option* list_option(CLI::App& to, const std::string& names, std::vector<std::string>& into,
                         const std::string& help, const std::string& value_name);

/// \t \n \r \0 \\ and \xHH, so that separators can be written in any shell.
std::string unescaped(std::string_view text);

}  // namespace ottla_tool
