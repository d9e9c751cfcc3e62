// topic_pattern: a regular expression over topic names: POSIX extended, as regcomp reads it; and, where it can be, the
// same for brokers.
#pragma once

#include <regex.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker_pattern.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// Any thread. A pattern matches a whole name or a part of it, as in grep: anchor it with ^ and $ where that matters.
class topic_pattern {
 public:
  /// invalid_config, with what is wrong in words, if it is no regular expression.
  static result<topic_pattern> compile(const std::string& text) {
    auto made = std::shared_ptr<regex_t>(new regex_t{}, [](regex_t* one) {
      regfree(one);
      delete one;
    });
    if (const int wrong = regcomp(made.get(), text.c_str(), REG_EXTENDED | REG_NOSUB); wrong != 0) {
      char why[128] = {};
      regerror(wrong, made.get(), why, sizeof why);
      // What failed to compile has nothing to free.
      *made = regex_t{};
      error_context context;
      context.asked = "topic_pattern";
      context.detail = "\"" + text + "\" is no regular expression (POSIX extended): " + why;
      return error(client_code::invalid_config, std::move(context));
    }
    topic_pattern out(std::move(made));
    // A broker would have us read its own topics too.
    const bool internal =
        out.matches("__consumer_offsets") || out.matches("__transaction_state") || out.matches("__share_group_state");
    if (!internal) out.for_brokers_ = broker_pattern(text);
    return out;
  }
  /// The same as brokers read it: RE2, matching whole names. Nothing if they might read it otherwise, or if it finds
  /// internal topics, which are never read by a pattern.
  const std::optional<std::string>& for_brokers() const { return for_brokers_; }
  bool matches(const std::string& name) const { return regexec(compiled_.get(), name.c_str(), 0, nullptr, 0) == 0; }

 private:
  explicit topic_pattern(std::shared_ptr<regex_t> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<regex_t> compiled_;
  std::optional<std::string> for_brokers_;
};

}  // namespace v0
}  // namespace ottla
