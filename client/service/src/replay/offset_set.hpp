// offset_set: which offsets of a partition, as ranges, and as short text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ottla {
inline namespace v0 {

class offset_set {
 public:
  struct range {
    std::int64_t from = 0, to = 0;  ///< without `to`
    friend bool operator==(const range&, const range&) = default;
  };

  bool empty() const { return ranges_.empty(); }
  bool contains(std::int64_t offset) const;
  /// [from, to); what touches becomes one range.
  void add(std::int64_t from, std::int64_t to);
  void add(const offset_set& other) {
    for (const range& one : other.ranges_) add(one.from, one.to);
  }
  void drop_below(std::int64_t offset);
  const std::vector<range>& ranges() const { return ranges_; }  ///< ascending, apart from each other

  /// "3+2.1": from base + 3 two, then after a gap of 1 one more. Empty for none.
  std::string text(std::int64_t base) const;
  /// Nothing: it is not such a text.
  static std::optional<offset_set> parse(std::string_view text, std::int64_t base);

  friend bool operator==(const offset_set&, const offset_set&) = default;

 private:
  std::vector<range> ranges_;
};

}  // namespace v0
}  // namespace ottla
