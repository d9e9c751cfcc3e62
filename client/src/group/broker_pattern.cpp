// broker_pattern: a walk along the expression that stops at what POSIX and RE2 do not share.
#include "broker_pattern.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::string_view escapable = ".*+?()[]{}|^$\\";
constexpr std::string_view classes[] = {"[:alpha:]", "[:digit:]", "[:alnum:]", "[:upper:]", "[:lower:]", "[:xdigit:]"};

class walk {
 public:
  explicit walk(std::string_view text) : rest_(text) {}

  bool is_shared() {
    bool repeatable = false;  // what stands before could be repeated
    while (!rest_.empty()) {
      const char next = rest_.front();
      if (next == '[') {
        if (!bracket()) return false;
        repeatable = true;
      } else if (next == '\\') {
        if (rest_.size() < 2 || escapable.find(rest_[1]) == escapable.npos) return false;
        rest_.remove_prefix(2);
        repeatable = true;
      } else if (next == '*' || next == '+' || next == '?' || next == '{') {
        if (!repeatable || !repetition()) return false;
        repeatable = false;
      } else if (next == '(' || next == '|' || next == '^' || next == '$') {
        if (next == '(') ++depth_;
        branches_ = branches_ || (next == '|' && depth_ == 0);
        rest_.remove_prefix(1);
        repeatable = false;
      } else if (next == ')' || next == '.' || plain.find(next) != plain.npos) {
        if (next == ')') --depth_;
        rest_.remove_prefix(1);
        repeatable = true;
      } else {
        return false;
      }
    }
    return true;
  }
  /// It is one of several expressions, not one from its beginning to its end.
  bool has_branches() const { return branches_; }

 private:
  // Inside, only letters, digits, '.', '_', '-' and the common classes: nothing that one of them escapes.
  bool bracket() {
    rest_.remove_prefix(1);
    if (rest_.starts_with('^')) rest_.remove_prefix(1);
    for (bool first = true;; first = false) {
      if (rest_.empty()) return false;
      if (rest_.front() == ']') {
        rest_.remove_prefix(1);
        return !first;
      }
      if (rest_.front() == '[') {
        if (!named_class()) return false;
      } else if (rest_.front() == '.' || plain.find(rest_.front()) != plain.npos) {
        rest_.remove_prefix(1);
      } else {
        return false;
      }
    }
  }

  bool named_class() {
    for (const std::string_view name : classes) {
      if (!rest_.starts_with(name)) continue;
      rest_.remove_prefix(name.size());
      return true;
    }
    return false;
  }

  // regcomp has bounded what stands in braces; both take {n}, {n,} and {n,m}.
  bool repetition() {
    if (rest_.front() != '{') {
      rest_.remove_prefix(1);
      return true;
    }
    const std::size_t end = rest_.find('}');
    if (end == rest_.npos || end < 2 || rest_[1] == ',') return false;
    if (rest_.substr(1, end - 1).find_first_not_of("0123456789,") != rest_.npos) return false;
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view rest_;
  int depth_ = 0;
  bool branches_ = false;
};

}  // namespace

std::optional<std::string> broker_pattern(std::string_view posix) {
  walk along(posix);
  if (posix.empty() || !along.is_shared()) return std::nullopt;
  // An anchor at an end stands for itself; beyond the other ends may stand anything.
  const bool branches = along.has_branches();
  const bool from_start = posix.front() == '^' && !branches;
  const bool to_end = posix.size() > 1 && posix.back() == '$' && posix[posix.size() - 2] != '\\' && !branches;
  std::string out = from_start ? "" : ".*";
  out += branches ? "(" + std::string(posix) + ")" : std::string(posix);
  return out + (to_end ? "" : ".*");
}

}  // namespace v0
}  // namespace ottla
