// Values as people write them, and properties files as Java reads them.
#include <gtest/gtest.h>

#include "ottla/net/setting_row.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using ottla_test::contains;
using ottla_test::filled;

std::chrono::nanoseconds duration(std::string_view text) {
  std::chrono::nanoseconds out{-1};
  return ottla::parse_duration(text, out) ? out : std::chrono::nanoseconds(-1);
}

TEST(SettingValues, DurationsTakeUnitsAndBareNumbersAreMilliseconds) {
  EXPECT_EQ(duration("5s"), 5s);
  EXPECT_EQ(duration("200ms"), 200ms);
  EXPECT_EQ(duration("1.5s"), 1500ms);
  EXPECT_EQ(duration("0.5"), 500us);
  EXPECT_EQ(duration("30"), 30ms);
  EXPECT_EQ(duration("2m"), 2min);
  EXPECT_EQ(duration("0"), 0ms);
}

TEST(SettingValues, WhatIsNoDurationIsRefused) {
  for (const std::string_view text : {"", "s", "5 s", "-5s", "+5s", "5x", "1.", "1.s", ".5s", "99999999999999999999",
                                      "9999999999d", "0.1ns", "0x10"}) {
    EXPECT_EQ(duration(text), -1ns) << text;
  }
}

TEST(SettingValues, ADurationIsShownInTheFormThatIsReadAgain) {
  for (const auto value : {0ns, 1ns, 50'000ns, 5'000'000ns, 1'500'000'000ns, 60'000'000'000ns}) {
    EXPECT_EQ(duration(ottla::show_duration(value)), value) << ottla::show_duration(value);
  }
}

TEST(SettingValues, SizesTakeBinaryUnits) {
  std::uint64_t size = 0;
  EXPECT_TRUE(ottla::parse_bytes("64KiB", size));
  EXPECT_EQ(size, 65536u);
  EXPECT_TRUE(ottla::parse_bytes("1.5m", size));
  EXPECT_EQ(size, 1572864u);
  EXPECT_FALSE(ottla::parse_bytes("-1", size));
  EXPECT_FALSE(ottla::parse_bytes("12 parsecs", size));
}

TEST(SettingValues, IntegersAreReadWholeOrNotAtAll) {
  std::int64_t number = 0;
  EXPECT_TRUE(ottla::parse_integer("-12", number));
  EXPECT_EQ(number, -12);
  for (const std::string_view text : {"", "1x", " 1", "1 ", "0x1", "1e3", "9223372036854775808"}) {
    EXPECT_FALSE(ottla::parse_integer(text, number)) << text;
  }
}

TEST(SettingValues, AWordFarLongerThanAnyNameHasNoNearestAndCostsNothing) {
  const std::vector<std::string_view> names(1000, "batch.size");
  EXPECT_EQ(ottla::nearest("batch.sise", names), "batch.size");
  EXPECT_EQ(ottla::nearest(std::string(10'000'000, 'b'), names), "");  // compared letter by letter: minutes
}

TEST(PropertiesFile, IsReadInJavasGrammar) {
  filled all;
  const auto done = all.settings.read_properties(
      "# a comment\n"
      "! another\r\n"
      "\n"
      "  client.id : with blanks\n"
      "linger.ms=\\\n"
      "    25\n"
      "bootstrap.servers b:1\n"
      "compression.type\\u003d=zstd\n",
      "file");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(all.cluster.client_id, "with blanks");
  EXPECT_EQ(all.producer.linger, 25ms);
  EXPECT_EQ(all.cluster.bootstrap, "b:1");
  EXPECT_TRUE(contains(done.error().message(), "compression.type= from file:8")) << done.error().message();
}

TEST(PropertiesFile, EscapesStandForTheirCharacters) {
  filled all;
  ASSERT_TRUE(all.settings.read_properties("client.id=a\\tb\\u00e9\\\\c\\q", "file").has_value());
  EXPECT_EQ(all.cluster.client_id, "a\tb\xc3\xa9\\cq");
}

TEST(PropertiesFile, ThatIsNotThereIsNamed) {
  filled all;
  const auto done = all.settings.read_file("/nonexistent/client.properties");
  ASSERT_FALSE(done.has_value());
  EXPECT_TRUE(contains(done.error().message(), "/nonexistent/client.properties")) << done.error().message();
}

}  // namespace
