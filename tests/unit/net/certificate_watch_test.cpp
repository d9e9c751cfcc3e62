// When certificates end: what is said of it, how often, and what handshakes tell.
#include "security/certificate_watch.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ottla {
namespace {

using namespace std::chrono_literals;

class watching : public testing::Test {
 protected:
  void note(std::string whose, std::chrono::hours left) {
    watch.note({std::move(whose), "CN = b1", wall_ms((now + left).time_since_epoch())}, now,
               [this](log_level level, std::string_view component, std::string_view line) {
                 EXPECT_EQ(component, "tls");
                 said.push_back((level == log_level::warning ? "warning: " : "debug: ") + std::string(line));
               });
  }
  using lines = std::vector<std::string>;
  certificate_watch watch;
  wall_ms now{1'800'000'000'000ms};
  lines said;
};

TEST_F(watching, a_certificate_that_ends_late_is_told_once_and_quietly) {
  note("b1:9093", 24h * 30 + 1h);
  note("b1:9093", 24h * 30 + 1h);
  EXPECT_EQ(said, (lines{"debug: the certificate of b1:9093 (CN = b1) ends in 30 days"}));
}

TEST_F(watching, one_that_ends_soon_is_warned_of_once_a_day) {
  const auto end = 24h * 29;
  note("client", end);
  note("client", end);
  EXPECT_EQ(said, (lines{"warning: our certificate (CN = b1) ends in 29 days"}));
  now += 24h;
  note("client", end - 24h);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[1], "warning: our certificate (CN = b1) ends in 28 days");
}

TEST_F(watching, one_that_is_over_is_said_to_be) {
  note("b1:9093", -1h);
  EXPECT_EQ(said, (lines{"warning: the certificate of b1:9093 (CN = b1) is over"}));
}

TEST_F(watching, a_new_certificate_replaces_the_old_one) {
  note("client", 24h);
  note("client", 24h * 90);
  EXPECT_EQ(said.size(), 2u);
  ASSERT_EQ(watch.dates.all().size(), 1u);
  EXPECT_EQ(watch.dates.all()[0].not_after, now + 24h * 90);
}

TEST_F(watching, without_a_log_the_dates_are_kept_all_the_same) {
  watch.note({"client", "CN = us", now}, now, {});
  EXPECT_EQ(watch.dates.all().size(), 1u);
}

}  // namespace
}  // namespace ottla
