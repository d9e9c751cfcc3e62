// regular_expression: POSIX extended, as grep -E has it.
#pragma once

#include <regex.h>

#include <memory>
#include <optional>
#include <string>

namespace ottla_tool {

class regular_expression {
 public:
  /// Nothing, and in `problem` what is wrong with it, if it is none.
  static std::optional<regular_expression> compile(const std::string& text, std::string& problem) {
    auto made = std::make_unique<regex_t>();
    if (const int wrong = ::regcomp(made.get(), text.c_str(), REG_EXTENDED | REG_NOSUB); wrong != 0) {
      char why[128] = {};
      ::regerror(wrong, made.get(), why, sizeof why);
      problem = "'" + text + "' is no regular expression (POSIX extended): " + why;
      return std::nullopt;  // what failed to compile has nothing to free
    }
    regular_expression out;
    out.compiled_ = std::shared_ptr<regex_t>(made.release(), [](regex_t* one) {
      ::regfree(one);
      delete one;
    });
    return out;
  }

  /// Whether some part of the text matches. The text ends at its first zero byte.
  bool finds(const std::string& text) const { return ::regexec(compiled_.get(), text.c_str(), 0, nullptr, 0) == 0; }

 private:
  regular_expression() = default;
  std::shared_ptr<regex_t> compiled_;
};

}  // namespace ottla_tool
