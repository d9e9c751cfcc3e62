// How far two clocks are apart, by one question.
#include "doctor/clock.hpp"

#include <gtest/gtest.h>

namespace ottla_tool::doctor {
namespace {

constexpr std::int64_t asked = 1'800'000'000'000, answered = asked + 30;

std::string told(std::int64_t theirs) {
  const finding what = compare_clocks("controller 1", asked, answered, theirs);
  EXPECT_EQ(what.check, "clock");
  EXPECT_EQ(what.subject, "controller 1");
  EXPECT_EQ(what.advice.empty(), what.how == standing::ok);
  return std::string(name(what.how)) + ": " + what.told;
}

TEST(clocks, that_agree_are_known_as_well_as_the_question_was_quick) {
  EXPECT_EQ(told(asked), "ok: not more than 30 ms from ours");
  EXPECT_EQ(told(answered), "ok: not more than 30 ms from ours");
}

TEST(clocks, that_differ_a_little_are_well) {
  EXPECT_EQ(told(asked - 2'000), "ok: not more than 2030 ms from ours");
  EXPECT_EQ(told(answered + 2'000), "ok: not more than 2030 ms from ours");
}

TEST(clocks, that_differ_are_warned_of_with_the_direction) {
  EXPECT_EQ(told(asked - 2'001), "warn: 2.0 s behind ours");
  EXPECT_EQ(told(answered + 3'600'000), "warn: 3600.0 s ahead of ours");
}

}  // namespace
}  // namespace ottla_tool::doctor
