// options: strict reading of option values.
#include "options.hpp"

#include "ottla/net/setting_row.hpp"

namespace ottla_tool {
namespace {

[[noreturn]] void refuse(const std::string& names, const std::string& value, const std::string& rule) {
  throw CLI::ValidationError(names.substr(names.rfind(',') + 1), "'" + value + "' is not " + rule);
}

std::string range_of(std::int64_t min, std::int64_t max) {
  if (max == std::numeric_limits<std::int64_t>::max()) return "a whole number of at least " + std::to_string(min);
  return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

CLI::Option* number_option(CLI::App& to, const std::string& names, std::optional<std::int64_t>& into,
                           const std::string& help, std::int64_t min, std::int64_t max) {
  return to
      .add_option_function<std::string>(
          names,
          [&into, names, min, max](const std::string& value) {
            std::int64_t number = 0;
            if (!ottla::parse_integer(value, number) || number < min || number > max)
              refuse(names, value, range_of(min, max));
            into = number;
          },
          help)
      ->type_name("N");
}

CLI::Option* bytes_option(CLI::App& to, const std::string& names, std::optional<std::uint64_t>& into,
                          const std::string& help) {
  return to
      .add_option_function<std::string>(
          names,
          [&into, names](const std::string& value) {
            std::uint64_t size = 0;
            if (!ottla::parse_bytes(value, size)) refuse(names, value, "a size such as 100, 4KiB or 1MiB");
            into = size;
          },
          help)
      ->type_name("BYTES");
}

CLI::Option* duration_option(CLI::App& to, const std::string& names, std::optional<std::chrono::nanoseconds>& into,
                             const std::string& help) {
  return to
      .add_option_function<std::string>(
          names,
          [&into, names](const std::string& value) {
            std::chrono::nanoseconds parsed{};
            if (!ottla::parse_duration(value, parsed) || parsed.count() == 0)
              refuse(names, value, "a duration such as 5s or 200ms");
            into = parsed;
          },
          help)
      ->type_name("DURATION");
}

CLI::Option* text_option(CLI::App& to, const std::string& names, std::optional<std::string>& into,
                         const std::string& help) {
  return to
      .add_option_function<std::string>(
          names, [&into](const std::string& value) { into = value; }, help)
      ->type_name("TEXT");
}

CLI::Option* choice_option(CLI::App& to, const std::string& names, std::optional<std::string>& into,
                           const std::string& help, std::vector<std::string> choices) {
  std::string listed;
  for (const std::string& one : choices) listed += (listed.empty() ? "" : "|") + one;
  return to
      .add_option_function<std::string>(
          names,
          [&into, names, choices = std::move(choices), listed](const std::string& value) {
            for (const std::string& one : choices) {
              if (one == value) {
                into = value;
                return;
              }
            }
            refuse(names, value, "one of " + listed);
          },
          help)
      ->type_name(listed);
}

CLI::Option* list_option(CLI::App& to, const std::string& names, std::vector<std::string>& into,
                         const std::string& help, const std::string& value_name) {
  return to.add_option(names, into, help)
      ->allow_extra_args(false)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name(value_name);
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'x' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
    }
  }
  return out;
}

}  // namespace ottla_tool
