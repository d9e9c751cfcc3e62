// How values of settings are read and shown: durations, sizes, numbers, booleans, and the nearest of some words.
#include <algorithm>
#include <array>
#include <charconv>

#include "ottla/net/setting_row.hpp"

namespace ottla {
inline namespace v0 {
namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array<unit, 8> time_units{{{"", 1'000'000},
                                          {"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"d", 86'400'000'000'000}}};
constexpr std::array<unit, 8> size_units{{{"", 1},
                                          {"b", 1},
                                          {"k", 1 << 10},
                                          {"kib", 1 << 10},
                                          {"m", 1 << 20},
                                          {"mib", 1 << 20},
                                          {"g", 1 << 30},
                                          {"gib", 1 << 30}}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// number * unit, the number with up to nine decimals; false unless the product is a whole number that fits.
bool parse_with_unit(std::string_view text, std::span<const unit> units, std::int64_t& out) {
  std::int64_t whole = 0;
  const auto first = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (first.ec != std::errc() || text.empty() || !is_digit(text[0])) return false;
  std::string_view rest = text.substr(static_cast<std::size_t>(first.ptr - text.data()));
  std::int64_t decimals = 0;
  std::int64_t scale = 1;
  if (!rest.empty() && rest[0] == '.') {
    rest.remove_prefix(1);
    if (rest.empty() || !is_digit(rest[0])) return false;
    for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1)) {
      if (scale == 1'000'000'000) return false;
      decimals = decimals * 10 + (rest[0] - '0');
      scale *= 10;
    }
  }
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const unit& one) { return same_word(one.name, rest); });
  if (found == units.end()) return false;
  std::int64_t product = 0;
  if (__builtin_mul_overflow(whole, found->factor, &product)) return false;
  std::int64_t part = 0;
  if (__builtin_mul_overflow(decimals, found->factor, &part) || part % scale != 0) return false;
  return !__builtin_add_overflow(product, part / scale, &out);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool parse_duration(std::string_view text, std::chrono::nanoseconds& out) {
  std::int64_t parsed = 0;
  if (!parse_with_unit(text, time_units, parsed)) return false;
  out = std::chrono::nanoseconds(parsed);
  return true;
}

bool parse_bytes(std::string_view text, std::uint64_t& out) {
  std::int64_t parsed = 0;
  if (!parse_with_unit(text, size_units, parsed)) return false;
  out = static_cast<std::uint64_t>(parsed);
  return true;
}

bool parse_integer(std::string_view text, std::int64_t& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

bool parse_boolean(std::string_view text, bool& out) {
  for (const std::string_view yes : {"true", "1", "yes", "on"}) {
    if (same_word(text, yes)) return out = true, true;
  }
  for (const std::string_view no : {"false", "0", "no", "off"}) {
    if (same_word(text, no)) return out = false, true;
  }
  return false;
}

std::string show_duration(std::chrono::nanoseconds value) {
  for (const std::string_view name : {"s", "ms", "us", "ns"}) {
    const auto found =
        std::find_if(time_units.begin(), time_units.end(), [&](const unit& one) { return one.name == name; });
    if (value.count() % found->factor == 0) return std::to_string(value.count() / found->factor) + std::string(name);
  }
  return {};
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view one : candidates) {
    // The difference in length is the least that it takes: a word of a megabyte is not compared with anything.
    if (std::max(word.size(), one.size()) - std::min(word.size(), one.size()) >= least) continue;
    const std::size_t distance = edit_distance(word, one);
    if (distance < least) {
      least = distance;
      best = one;
    }
  }
  return best;
}

}  // namespace v0
}  // namespace ottla
