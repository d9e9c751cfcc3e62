// dead_letter: the headers that other clients and dashboards read, and what is made of those that somebody else wrote.
#include "ottla/service/dead_letter.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace ottla {
namespace {

dead_letter_note full_note() {
  return {.retries = 3,
          .error = "database busy",
          .failed_at = wall_ms(std::chrono::milliseconds(1'700'000'000'123)),
          .from = {"orders", 7},
          .offset = 1234,
          .timestamp = 1'600'000'000'000,
          .group = "billing",
          .consumer = "billing-1",
          .exception_type = "temporary_error"};
}

std::vector<std::pair<std::string, std::string>> texts(std::span<const record_header> headers) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const record_header& one : headers) {
    out.emplace_back(one.name, one.value ? blob(one.value).text() : std::string_view("(null)"));
  }
  return out;
}

using pairs = std::vector<std::pair<std::string, std::string>>;

TEST(dead_letter, has_the_documents_headers_and_says_where_the_record_came_from) {
  const dead_letter_headers made(std::span<const record_header>{}, full_note());
  EXPECT_EQ(texts(made.view()), (pairs{{"x-retry-count", "3"},
                                       {"x-error-message", "database busy"},
                                       {"x-failed-timestamp", "2023-11-14T22:13:20.123Z"},
                                       {"x-original-topic", "orders"},
                                       {"x-original-partition", "7"},
                                       {"x-original-offset", "1234"},
                                       {"x-original-timestamp", "1600000000000"},
                                       {"x-consumer-group", "billing"},
                                       {"x-consumer-id", "billing-1"},
                                       {"x-exception-type", "temporary_error"}}));
}

TEST(dead_letter, keeps_the_records_own_headers_in_order_repeated_and_null_ones_too) {
  const record_header own[] = {{"a", blob("1").bytes()}, {"b", std::nullopt}, {"a", blob("2").bytes()}};
  const dead_letter_headers made(own, full_note());
  const pairs all = texts(made.view());
  EXPECT_EQ(pairs(all.begin(), all.begin() + 3), (pairs{{"a", "1"}, {"b", "(null)"}, {"a", "2"}}));
}

TEST(dead_letter, says_the_same_when_it_is_read) {
  const dead_letter_headers made(std::span<const record_header>{}, full_note());
  EXPECT_EQ(read_dead_letter(made.view()), full_note());
}

TEST(dead_letter, has_the_names_it_was_told) {
  const dead_letter_names names{.retry_count = "tries", .error_message = "why", .failed_timestamp = "when"};
  EXPECT_TRUE(names.validate());
  const dead_letter_headers made(std::span<const record_header>{}, full_note(), names);
  EXPECT_EQ(texts(made.view()).front(), (std::pair<std::string, std::string>{"tries", "3"}));
  EXPECT_EQ(read_dead_letter(made.view(), names), full_note());
  EXPECT_EQ(read_dead_letter(made.view()).retries, -1) << "the default names are not there";
}

TEST(dead_letter, replaces_the_note_of_an_earlier_failure) {
  const dead_letter_headers first(std::span<const record_header>{}, full_note());
  dead_letter_note later = full_note();
  later.error = "still busy";
  later.offset = 99;
  const dead_letter_headers second(first.view(), later);
  EXPECT_EQ(second.view().size(), first.view().size());
  EXPECT_EQ(read_dead_letter(second.view()), later);
}

TEST(dead_letter, does_not_speak_of_what_is_not_known) {
  dead_letter_note note;
  note.retries = 0;
  const dead_letter_headers made(std::span<const record_header>{}, note);
  EXPECT_EQ(texts(made.view()), (pairs{{"x-retry-count", "0"}, {"x-error-message", ""}}));
}

TEST(dead_letter, cuts_a_long_error_at_the_end_of_a_character) {
  dead_letter_note note = full_note();
  note.error = std::string(1023, 'x') + "\u00e9" + std::string(100'000, 'y');
  const dead_letter_headers made(std::span<const record_header>{}, note);
  EXPECT_EQ(read_dead_letter(made.view()).error, std::string(1023, 'x'));
}

TEST(dead_letter, takes_values_that_it_cannot_read_for_missing) {
  for (const std::string_view bad : {"", "-1", "+1", " 1", "1 ", "0x1", "99999999999999999999", "soon"}) {
    const auto value = blob(bad).bytes();
    const record_header headers[] = {{"x-retry-count", value},
                                     {"x-original-partition", value},
                                     {"x-original-offset", value},
                                     {"x-original-timestamp", value},
                                     {"x-failed-timestamp", value}};
    EXPECT_EQ(read_dead_letter(headers), dead_letter_note{}) << bad;
  }
  const record_header null[] = {{"x-retry-count", std::nullopt}, {"x-original-topic", std::nullopt}};
  EXPECT_EQ(read_dead_letter(null), dead_letter_note{});
}

TEST(dead_letter, believes_the_last_of_headers_with_one_name) {
  const record_header headers[] = {{"x-retry-count", blob("1").bytes()}, {"x-retry-count", blob("2").bytes()}};
  EXPECT_EQ(read_dead_letter(headers).retries, 2);
}

TEST(dead_letter, keeps_the_largest_numbers) {
  dead_letter_note note = full_note();
  note.retries = std::numeric_limits<int>::max();
  note.from.partition = std::numeric_limits<std::int32_t>::max();
  note.offset = note.timestamp = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(read_dead_letter(dead_letter_headers(std::span<const record_header>{}, note).view()), note);
}

TEST(dead_letter, refuses_names_that_are_empty_or_meant_twice) {
  EXPECT_TRUE(dead_letter_names{}.validate());
  EXPECT_FALSE(dead_letter_names{.retry_count = ""}.validate());
  EXPECT_FALSE((dead_letter_names{.retry_count = "x", .error_message = "x"}.validate()));
  EXPECT_FALSE(dead_letter_names{.failed_timestamp = "x-original-topic"}.validate());
}

}  // namespace
}  // namespace ottla
