// offset_set: joining ranges, and their text.
#include "offset_set.hpp"

#include <algorithm>
#include <charconv>

namespace ottla {
inline namespace v0 {
namespace {

/// Digits in front of `text`, which is cut; nothing if there are none or the number is too large.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || out < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return out;
}

}  // namespace

bool offset_set::contains(std::int64_t offset) const {
  const auto behind = std::upper_bound(ranges_.begin(), ranges_.end(), offset,
                                       [](std::int64_t at, const range& one) { return at < one.from; });
  return behind != ranges_.begin() && offset < std::prev(behind)->to;
}

void offset_set::add(std::int64_t from, std::int64_t to) {
  if (from >= to) return;
  auto first = std::lower_bound(ranges_.begin(), ranges_.end(), from,
                                [](const range& one, std::int64_t at) { return one.to < at; });
  auto last = first;
  for (; last != ranges_.end() && last->from <= to; ++last) {
    from = std::min(from, last->from);
    to = std::max(to, last->to);
  }
  first = ranges_.erase(first, last);
  ranges_.insert(first, {from, to});
}

void offset_set::drop_below(std::int64_t offset) {
  std::erase_if(ranges_, [&](const range& one) { return one.to <= offset; });
  if (!ranges_.empty()) ranges_.front().from = std::max(ranges_.front().from, offset);
}

std::string offset_set::text(std::int64_t base) const {
  std::string out;
  for (const range& one : ranges_) {
    if (!out.empty()) out += '.';
    out += std::to_string(one.from - base);
    if (one.to - one.from > 1) out += '+' + std::to_string(one.to - one.from);
    base = one.to;
  }
  return out;
}

std::optional<offset_set> offset_set::parse(std::string_view text, std::int64_t base) {
  offset_set out;
  while (!text.empty()) {
    const auto gap = take_number(text);
    if (!gap || *gap > INT64_MAX - base) return std::nullopt;
    std::optional<std::int64_t> length = 1;
    if (text.starts_with('+')) {
      text.remove_prefix(1);
      length = take_number(text);
    }
    const std::int64_t from = base + *gap;
    if (!length || *length == 0 || *length > INT64_MAX - from) return std::nullopt;
    base = from + *length;
    out.add(from, base);
    if (text.empty()) break;
    if (!text.starts_with('.') || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
