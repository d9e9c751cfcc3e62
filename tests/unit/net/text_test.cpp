// Addresses as people write them, and errors as people read them.
#include <gtest/gtest.h>

#include "ottla/net/address.hpp"
#include "ottla/result.hpp"

namespace ottla {
namespace {

std::string parsed(std::string_view list) {
  auto all = parse_bootstrap(list);
  if (!all) return all.error().message();
  std::string out;
  for (const host_port& one : *all) out += (out.empty() ? "" : " ") + to_string(one);
  return out;
}

TEST(address, reads_lists_with_defaults_schemes_brackets_and_blanks) {
  EXPECT_EQ(parsed("a:1,b:2"), "a:1 b:2");
  EXPECT_EQ(parsed("localhost"), "localhost:9092");
  EXPECT_EQ(parsed(" PLAINTEXT://a:1 , b ,"), "a:1 b:9092");
  EXPECT_EQ(parsed("[::1]:9093,[fe80::1%eth0]"), "[::1]:9093 [fe80::1%eth0]:9092");
}

TEST(address, reads_the_paths_of_unix_sockets) {
  EXPECT_EQ(parsed("unix:/run/kafka.sock,a:1,unix:///run/b"), "unix:/run/kafka.sock a:1 unix:/run/b");
  for (const std::string& bad : {std::string("unix:"), std::string("unix:/"), std::string("unix:kafka.sock"),
                                 std::string("unix://kafka"), "unix:/" + std::string(107, 'x')}) {
    EXPECT_FALSE(parse_bootstrap(bad)) << bad;
  }
  EXPECT_TRUE(parse_bootstrap("unix:/" + std::string(106, 'x')));
}

TEST(address, names_the_part_that_is_wrong) {
  EXPECT_EQ(parsed(""), "bootstrap failed with INVALID_CONFIG: \"\" names no broker; write host:port,host:port");
  EXPECT_EQ(parsed("a:1,b:x"),
            "bootstrap failed with INVALID_CONFIG: \"b:x\" has a port that is not a number from 1 to 65535; write "
            "host:port,host:port");
  for (const char* bad : {"a:0", "a:65536", "a:-1", "a:9092x", "a:", ":9092", "[::1", "[::1]x", "::1", "[]:1"}) {
    EXPECT_FALSE(parse_bootstrap(bad)) << bad;
  }
}

TEST(error_message, is_one_sentence_of_what_whom_why_how_often_and_what_next) {
  error_context context;
  context.asked = "Produce to orders-3";
  context.broker = "b1:9092 (broker 1)";
  context.detail = "the broker said no";
  context.advice = "ask again";
  context.attempts = 3;
  context.elapsed = std::chrono::milliseconds(1500);
  context.persisted = persistence::possibly;
  EXPECT_EQ(error(protocol::error_code::not_leader_or_follower, context).message(),
            "Produce to orders-3 at b1:9092 (broker 1) failed with NOT_LEADER_OR_FOLLOWER: the broker said no (tried 3 "
            "times in 1500 ms); it may "
            "have taken effect; ask again");
  EXPECT_EQ(error(client_code::would_deadlock, {}).message(),
            "WOULD_DEADLOCK: a blocking call on the client's own thread would never end");
}

TEST(error_message, every_code_has_a_name_of_its_own) {
  std::vector<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(client_code::bulkhead_full); ++code) {
    const std::string_view one = name(static_cast<client_code>(code));
    EXPECT_EQ(std::count(names.begin(), names.end(), one), 0) << one;
    names.push_back(one);
  }
}

TEST(error_value, is_false_until_it_holds_a_code) {
  EXPECT_FALSE(error());
  EXPECT_TRUE(error(client_code::closed, {}));
  EXPECT_TRUE(error(client_code::closed, {}).is(client_code::closed));
  EXPECT_FALSE(error(client_code::closed, {}).is(protocol::error_code::none));
}

TEST(result_value, holds_one_side) {
  result<int> good = 3, bad = unexpected(error(client_code::closed, {}));
  EXPECT_EQ(*good, 3);
  EXPECT_EQ(bad.value_or(7), 7);
  EXPECT_TRUE(result<void>());
  EXPECT_FALSE(result<void>(error(client_code::closed, {})));
}

}  // namespace
}  // namespace ottla
