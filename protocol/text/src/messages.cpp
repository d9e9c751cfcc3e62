// Looking messages up, and guessing what was meant.
#include "ottla/protocol_text/messages.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::array<std::string_view, 4> kinds{"request", "response", "header", "data"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Levenshtein, blind to case. Both words are short: callers cut them off.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}
}  // namespace

std::string_view name(message_kind kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::optional<message_kind> parse_message_kind(std::string_view name) {
  const auto at = std::find(kinds.begin(), kinds.end(), name);
  if (at == kinds.end()) return std::nullopt;
  return static_cast<message_kind>(at - kinds.begin());
}

const message_type* find_message(std::string_view api, message_kind kind) {
  const auto all = all_messages();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const message_type& m) { return m.kind == kind && m.api == api; });
  return at == all.end() ? nullptr : &*at;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  if (word.size() > 64) return best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 2);
  for (const std::string_view candidate : candidates) {
    const std::size_t edits = distance(word, candidate);
    if (edits < least) least = edits, best = candidate;
  }
  return best;
}

std::string_view nearest_message(std::string_view api) {
  std::vector<std::string_view> names;
  for (const message_type& message : all_messages()) names.push_back(message.api);
  return nearest(api, names);
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
