// rfc3339 and utf8: the two forms of text that logs and events share.
#include "rfc3339.hpp"

#include <gtest/gtest.h>

#include "utf8.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

TEST(rfc3339, writes_utc_with_milliseconds) {
  EXPECT_EQ(to_rfc3339(wall_ms(0ms)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(wall_ms(-1ms)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(wall_ms(1'709'164'799'999ms)), "2024-02-28T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(wall_ms(1'709'164'800'000ms)), "2024-02-29T00:00:00.000Z");
}

TEST(rfc3339, stays_within_four_digits_of_years) {
  EXPECT_EQ(to_rfc3339(wall_ms::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(wall_ms::min()), "0000-01-01T00:00:00.000Z");
}

TEST(rfc3339, reads_what_it_writes) {
  for (std::int64_t ms = -62'000'000'000'000; ms < 250'000'000'000'000; ms += 987'654'321'987) {
    EXPECT_EQ(from_rfc3339(to_rfc3339(wall_ms(std::chrono::milliseconds(ms)))), wall_ms(std::chrono::milliseconds(ms)));
  }
}

TEST(rfc3339, reads_offsets_fractions_and_leap_seconds) {
  EXPECT_EQ(from_rfc3339("1970-01-01T01:30:00+01:30"), wall_ms(0ms));
  EXPECT_EQ(from_rfc3339("1969-12-31t23:00:00.5-01:00"), wall_ms(500ms));
  EXPECT_EQ(from_rfc3339("1970-01-01T00:00:00.123456789z"), wall_ms(123ms));
  EXPECT_EQ(from_rfc3339("1990-12-31T23:59:60Z"), from_rfc3339("1990-12-31T23:59:59Z"));
}

TEST(rfc3339, refuses_everything_else) {
  for (const char* bad :
       {"", "now", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-02-30T00:00:00Z",
        "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00+1:00", "70-01-01T00:00:00Z",
        "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00ZZ", "1970-01-01T00:00:00.", "+970-01-01T00:00:00Z"}) {
    EXPECT_FALSE(from_rfc3339(bad)) << bad;
  }
}

TEST(utf8, knows_what_is_well_formed) {
  for (const char* good :
       {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xff", "\xe2\x28\xa1"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(utf8, is_cut_before_a_character_that_does_not_fit) {
  EXPECT_EQ(cut_utf8("ab", 2), "ab");
  EXPECT_EQ(cut_utf8("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(cut_utf8("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
  EXPECT_EQ(cut_utf8("\xe2\x82\xac", 0), "");
}

}  // namespace
}  // namespace ottla
