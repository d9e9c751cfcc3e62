// flat_json: a reader of some thirty lines, strict.
#include "sasl/flat_json.hpp"

#include <algorithm>
#include <charconv>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

class flat_reader {
 public:
  explicit flat_reader(std::string_view text) : rest_(text) {}

  bool take(char wanted) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<std::string> text() {
    if (!take('"')) return std::nullopt;
    std::string out;
    while (!rest_.empty()) {
      const char c = next();
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        out += c;
      } else if (!escaped(out)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool ended() { return !take('\0') && rest_.empty(); }

 private:
  char next() {
    const char out = rest_.front();
    rest_.remove_prefix(1);
    return out;
  }

  bool escaped(std::string& out) {
    if (rest_.empty()) return false;
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char c = next();
    if (const std::size_t at = letters.find(c); at != std::string_view::npos) return out += meanings[at], true;
    unsigned code = 0;
    if (c != 'u' || rest_.size() < 4) return false;
    const auto [end, failed] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
    if (failed != std::errc{} || end != rest_.data() + 4 || code > 0x7f) return false;
    rest_.remove_prefix(4);
    return out += static_cast<char>(code), true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::map<std::string, std::string>> read_flat_json(std::string_view text) {
  flat_reader in(text);
  std::map<std::string, std::string> out;
  if (!in.take('{')) return std::nullopt;
  for (bool more = !in.take('}'); more;) {
    auto name = in.text();
    if (!name || !in.take(':')) return std::nullopt;
    auto value = in.text();
    if (!value || !out.emplace(std::move(*name), std::move(*value)).second) return std::nullopt;
    more = in.take(',');
    if (!more && !in.take('}')) return std::nullopt;
  }
  if (!in.ended()) return std::nullopt;
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
