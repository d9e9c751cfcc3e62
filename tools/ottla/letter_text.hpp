// letter_text: dead letters as lines and pages for people, and as JSON; and the options that say how to read them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ottla/consumed_record.hpp"
#include "ottla/service/dead_letter.hpp"

namespace CLI {
class App;
}

namespace ottla_tool {

/// --retry-count-header, --error-header, --timestamp-header: as the service that wrote them was configured.
class letter_names {
 public:
  explicit letter_names(CLI::App& options);
  const ottla::dead_letter_names& get() const { return names_; }

 private:
  ottla::dead_letter_names names_;
};

/// "2026-11-21T13:21:22.123Z"; "-" where it is not known.
std::string moment_text(std::int64_t ms);
/// Text on one line: control characters and what is no UTF-8 as \xHH, cut to so many bytes.
std::string one_line(std::string_view text, std::size_t longest);
/// "orders-3@17", as far as known; "-" if nothing is.
std::string origin_text(const ottla::dead_letter_note& note);
/// 16 bytes a line, beside their text.
std::string hex_lines(std::string_view bytes, std::string_view indent);

/// The head of the list, and one line of it.
std::string letter_head();
std::string letter_line(const ottla::record_view& what, const ottla::dead_letter_note& note);
/// {"topic":..,"partition":..,"offset":.., what the note says, "key":..}; a page also has headers and value.
std::string letter_json(const ottla::record_view& what, const ottla::dead_letter_note& note, bool page);
/// All about one. `as_hex`: also where the value is text.
std::string letter_page(const ottla::record_view& what, const ottla::dead_letter_note& note, bool as_hex);

/// How many letters there are of each origin and error. Bounded: kinds beyond the bound share one entry.
class letter_counts {
 public:
  static constexpr std::size_t most_kinds = 1000;
  void add(const ottla::dead_letter_note& note);
  std::uint64_t total() const { return total_; }
  /// Most frequent first: a table, or one JSON object each.
  std::string text() const;
  std::string json(bool lines) const;

 private:
  struct kind {
    std::string from, error;
    friend auto operator<=>(const kind&, const kind&) = default;
  };
  std::vector<std::pair<kind, std::uint64_t>> sorted() const;
  std::map<kind, std::uint64_t> kinds_;
  std::uint64_t total_ = 0, beyond_ = 0;
};

}  // namespace ottla_tool
