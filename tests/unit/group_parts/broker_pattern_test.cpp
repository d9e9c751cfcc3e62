// Patterns of topics in the brokers' words: which are sent, as what, and which are not.
#include "broker_pattern.hpp"

#include <gtest/gtest.h>

#include "topic_pattern.hpp"

namespace {

using ottla::broker_pattern;
using ottla::topic_pattern;

TEST(BrokerPattern, WhatPosixFindsAnywhereRe2MatchesFromEndToEnd) {
  EXPECT_EQ(broker_pattern("orders"), ".*orders.*");
  EXPECT_EQ(broker_pattern("^orders"), "^orders.*");
  EXPECT_EQ(broker_pattern("orders$"), ".*orders$");
  EXPECT_EQ(broker_pattern("^orders-[0-9]+$"), "^orders-[0-9]+$");
  EXPECT_EQ(broker_pattern("^(orders|bills)$"), "^(orders|bills)$");
  EXPECT_EQ(broker_pattern("^a|b$"), ".*(^a|b$).*") << "the anchors are those of the branches";
  EXPECT_EQ(broker_pattern("^"), "^.*");
}

TEST(BrokerPattern, WhatBothReadAlikeIsSent) {
  for (const char* text :
       {"a{2}", "a{2,}b{1,3}", "[[:digit:]]x", "[^.]*", "x[a-f_-]?", "a\\.b", "(ab)*c", "\\$", "a$b"})
    EXPECT_TRUE(broker_pattern(text)) << text;
}

TEST(BrokerPattern, WhatOneOfThemReadsOtherwiseIsNotSent) {
  for (const char* text : {"", "a**", "a+?", "*a", "(*a)", "a|*b", "\\w+", "\\bfoo", "a\\", "[[=o=]]rders", "[[.-.]]",
                           "[\\.]", "[]a]", "a{x}", "a{,3}", "a b", "(?i)x", "\xc3\xa9"})
    EXPECT_FALSE(broker_pattern(text)) << text;
}

TEST(BrokerPattern, APatternThatFindsInternalTopicsIsMatchedHere) {
  const auto for_brokers = [](const char* text) { return topic_pattern::compile(text)->for_brokers(); };
  EXPECT_FALSE(for_brokers(".*"));
  EXPECT_FALSE(for_brokers("offsets"));
  EXPECT_TRUE(for_brokers("^[a-z].*"));
}

}  // namespace
