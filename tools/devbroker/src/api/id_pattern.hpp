// A regular expression over transactional ids or names of topics, with bounds on what it may cost.
#pragma once
#include <regex.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

/// POSIX extended, for whole ids. What could take more than its length suggests is refused as malformed: repetition
/// counts and back references multiply.
class id_pattern {
 public:
  explicit id_pattern(std::string_view text) {
    constexpr std::size_t longest = 256;
    const bool is_bounded =
        text.size() <= longest && text.find_first_of(std::string_view("{\0", 2)) == text.npos && !names_a_group(text);
    const std::string whole = "^(" + std::string(text) + ")$";
    is_good_ = is_bounded && regcomp(&compiled_, whole.c_str(), REG_EXTENDED | REG_NOSUB) == 0;
  }
  ~id_pattern() {
    if (is_good_) regfree(&compiled_);
  }
  id_pattern(const id_pattern&) = delete;
  id_pattern& operator=(const id_pattern&) = delete;

  bool is_good() const { return is_good_; }
  bool matches(const std::string& id) const { return regexec(&compiled_, id.c_str(), 0, nullptr, 0) == 0; }

 private:
  static bool names_a_group(std::string_view text) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i] != '\\') continue;
      ++i;
      if (text[i] >= '1' && text[i] <= '9') return true;
    }
    return false;
  }

  bool is_good_ = false;
  regex_t compiled_{};
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
