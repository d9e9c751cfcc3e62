// Quotas: which is in force for whom, how long a client waits that has gone past it, and what is told of them.
#include <limits>

#include "acl_support.hpp"
#include "fetch_support.hpp"
#include "ottla/mock/memory_disk.hpp"
#include "ottla/protocol/alter_client_quotas.hpp"
#include "ottla/protocol/describe_client_quotas.hpp"
#include "ottla/protocol/produce.hpp"
#include "quotas/quota_meters.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;
using name = std::optional<std::string_view>;
using request_entity = protocol::AlterClientQuotasRequest::EntityData;

error_code set_quota(client_end& by, std::vector<request_entity> entity, std::string_view key, double value,
                     bool remove = false) {
  protocol::AlterClientQuotasRequest::OpData op{key, value, remove, {}};
  protocol::AlterClientQuotasRequest::EntryData entry{{entity.data(), entity.size()}, {&op, 1}, {}};
  protocol::AlterClientQuotasRequest request;
  request.entries = {&entry, 1};
  const auto told = by.ask(request);
  return told->entries.size() == 1 ? told->entries[0].error_code : error_code::unknown_server_error;
}
request_entity user(name who) { return {"user", who, {}}; }
request_entity client(name id) { return {"client-id", id, {}}; }

std::vector<std::byte> large(std::size_t bytes) { return batch({.values = {std::string(bytes, 'x')}}); }

/// throttle_time_ms of a Produce, or -1 if there was no answer.
std::int32_t throttled(client_end& by, std::size_t bytes) {
  send_produce(by, "t", 0, large(bytes));
  const auto told = by.take<protocol::ProduceResponse>(12);
  return told ? (*told)->throttle_time_ms : -1;
}

class quotas : public testing::Test {
 protected:
  quotas() { EXPECT_EQ(kafka.create_topic("t", 1), ""); }
  mock::broker kafka;
  client_end admin{kafka};
};

TEST_F(quotas, whoever_sends_too_much_is_answered_at_once_and_then_not_read_for_a_while) {
  ASSERT_EQ(set_quota(admin, {user("CN=alice")}, "producer_byte_rate", 1000), error_code::none);
  client_end alice = someone(kafka, "alice");
  EXPECT_EQ(throttled(alice, 9'000), 0) << "ten windows of 1,000 bytes are free";
  const std::int32_t wait = throttled(alice, 10'000);
  EXPECT_NEAR(wait, 9'200, 200) << "19,000 bytes need 19 s, and 10 s are behind us";

  send_produce(alice, "t", 0, large(1));
  EXPECT_FALSE(alice.take<protocol::ProduceResponse>(12).has_value()) << "muted (KIP-219)";
  kafka.step(later(start, std::chrono::milliseconds(wait - 1)));
  EXPECT_FALSE(alice.take<protocol::ProduceResponse>(12).has_value());
  kafka.step(later(start, std::chrono::milliseconds(wait)));
  EXPECT_TRUE(alice.take<protocol::ProduceResponse>(12).has_value());
}

TEST_F(quotas, without_answers_the_connection_is_held_up_all_the_same) {
  ASSERT_EQ(set_quota(admin, {user("CN=alice")}, "producer_byte_rate", 100), error_code::none);
  client_end alice = someone(kafka, "alice");
  send_produce(alice, "t", 0, large(10'000), 0);
  EXPECT_EQ(throttled(alice, 1), -1);
  EXPECT_EQ(kafka.records("t", 0).size(), 1u);
}

TEST_F(quotas, connections_of_one_user_fill_one_measure_and_those_of_others_their_own) {
  ASSERT_EQ(set_quota(admin, {user(std::nullopt)}, "producer_byte_rate", 1000), error_code::none);
  client_end one = someone(kafka, "alice"), two = someone(kafka, "alice"), bob = someone(kafka, "bob");
  EXPECT_EQ(throttled(one, 9'000), 0);
  EXPECT_GT(throttled(two, 9'000), 0);
  EXPECT_EQ(throttled(bob, 9'000), 0);
}

TEST_F(quotas, the_most_particular_quota_counts) {
  const auto waits = [&](const char* who, const char* id) {
    client_end by = someone(kafka, who);
    by.client_name = id;
    return throttled(by, 9'000) > 0;
  };
  ASSERT_EQ(set_quota(admin, {client(std::nullopt)}, "producer_byte_rate", 10), error_code::none);
  EXPECT_TRUE(waits("a1", "x"));
  ASSERT_EQ(set_quota(admin, {client("vip")}, "producer_byte_rate", 1e6), error_code::none);
  EXPECT_FALSE(waits("a2", "vip"));
  ASSERT_EQ(set_quota(admin, {user(std::nullopt)}, "producer_byte_rate", 10), error_code::none);
  EXPECT_TRUE(waits("a3", "vip")) << "a default for users counts more than one client's";
  ASSERT_EQ(set_quota(admin, {user("CN=a4")}, "producer_byte_rate", 1e6), error_code::none);
  EXPECT_FALSE(waits("a4", "vip"));
  ASSERT_EQ(set_quota(admin, {user("CN=a4"), client("slow")}, "producer_byte_rate", 10), error_code::none);
  EXPECT_TRUE(waits("a4", "slow"));
  ASSERT_EQ(set_quota(admin, {user("CN=a4"), client("slow")}, "producer_byte_rate", 0, true), error_code::none);
  EXPECT_FALSE(waits("a4", "slow")) << "what is removed is as if it had never been";
}

TEST_F(quotas, a_fetch_that_is_too_much_comes_back_empty_and_does_not_count) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(throttled(admin, 1'000), 0);
  ASSERT_EQ(set_quota(admin, {user("CN=alice")}, "consumer_byte_rate", 1000), error_code::none);
  client_end alice = someone(kafka, "alice");
  const auto read = [&](std::int64_t from) {
    ask_fetch(alice, {.partitions = {{"t", 0, from}}, .max_bytes = 9'000, .session_epoch = 0});
    return alice.take<protocol::FetchResponse>(12);
  };
  const auto first = read(0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ((*first)->throttle_time_ms, 0);
  EXPECT_NE((*first)->session_id, 0);
  const auto second = read(8);
  ASSERT_TRUE(second.has_value());
  EXPECT_NEAR((*second)->throttle_time_ms, 8'000, 1'000);
  EXPECT_EQ((*second)->responses.size(), 0u);
  EXPECT_EQ((*second)->session_id, 0) << "a session that would have begun does not";
  alice.now = later(start, 10'500ms);
  kafka.step(alice.now);
  const auto third = read(8);
  ASSERT_TRUE(third.has_value());
  EXPECT_NEAR((*third)->throttle_time_ms, 7'000, 1'000) << "with the empty answer it would be twice as much";
  alice.now = later(start, 30s);
  kafka.step(alice.now);
  const auto fourth = read(8);
  ASSERT_TRUE(fourth.has_value());
  EXPECT_EQ((*fourth)->throttle_time_ms, 0);
  EXPECT_EQ((*fourth)->responses.size(), 1u);
}

TEST_F(quotas, an_answer_is_never_larger_than_what_all_windows_allow) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(throttled(admin, 1'000), 0);
  ASSERT_EQ(set_quota(admin, {user("CN=alice")}, "consumer_byte_rate", 500), error_code::none);
  client_end alice = someone(kafka, "alice");
  ask_fetch(alice, {.partitions = {{"t", 0, 0}}});
  const auto first = alice.take<protocol::FetchResponse>(12);
  ASSERT_TRUE(first.has_value());
  EXPECT_GT((*first)->throttle_time_ms, 0) << "what stands around the records makes it a little too much";
  EXPECT_LT((*first)->throttle_time_ms, 1'000);
  alice.now = later(start, std::chrono::milliseconds((*first)->throttle_time_ms));
  kafka.step(alice.now);
  const told_fetch told = fetch(alice, {.partitions = {{"t", 0, 0}}});
  ASSERT_EQ(told.parts.size(), 1u) << "else nobody would ever get anything";
  EXPECT_GT(told.parts[0].bytes, 4'000u);
  EXPECT_LE(told.parts[0].bytes, 5'000u);
}

TEST_F(quotas, what_cannot_be_a_quota_is_refused) {
  const auto refused = error_code::invalid_request;
  EXPECT_EQ(set_quota(admin, {}, "producer_byte_rate", 1), refused);
  EXPECT_EQ(set_quota(admin, {{"group", "g", {}}}, "producer_byte_rate", 1), refused);
  EXPECT_EQ(set_quota(admin, {user("")}, "producer_byte_rate", 1), refused);
  EXPECT_EQ(set_quota(admin, {user("a"), {"ip", "1.2.3.4", {}}}, "producer_byte_rate", 1), refused);
  EXPECT_EQ(set_quota(admin, {user("a")}, "no_such_rate", 1), refused);
  EXPECT_EQ(set_quota(admin, {user("a")}, "connection_creation_rate", 1), refused);
  for (const double bad :
       {0.0, -1.0, 0.5, 1e19, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_EQ(set_quota(admin, {user("a")}, "producer_byte_rate", bad), refused) << bad;
  EXPECT_EQ(set_quota(admin, {user("a")}, "request_percentage", 0.5), error_code::none);
}

TEST_F(quotas, filters_find_by_name_by_default_and_by_type) {
  set_quota(admin, {user("a")}, "producer_byte_rate", 1);
  set_quota(admin, {user(std::nullopt)}, "producer_byte_rate", 2);
  set_quota(admin, {user("a"), client("c")}, "request_percentage", 50);
  using component = protocol::DescribeClientQuotasRequest::ComponentData;
  const auto found = [&](std::vector<component> components, bool strict) {
    protocol::DescribeClientQuotasRequest request;
    request.components = {components.data(), components.size()};
    request.strict = strict;
    const auto told = admin.ask(request);
    return told->entries ? static_cast<int>(told->entries->size()) : -1;
  };
  EXPECT_EQ(found({}, false), 3);
  EXPECT_EQ(found({{"user", 0, "a", {}}}, false), 2);
  EXPECT_EQ(found({{"user", 0, "a", {}}}, true), 1);
  EXPECT_EQ(found({{"user", 1, std::nullopt, {}}}, false), 1);
  EXPECT_EQ(found({{"user", 2, std::nullopt, {}}}, true), 2);
  EXPECT_EQ(found({{"client-id", 2, std::nullopt, {}}}, false), 1);
  EXPECT_EQ(found({{"user", 1, "a", {}}}, false), -1);
  EXPECT_EQ(found({{"group", 0, "a", {}}}, false), -1);
}

TEST(Quotas, AreKeptOnTheDisk) {
  mock::memory_disk disk;
  {
    mock::broker kafka;
    ASSERT_EQ(kafka.open(disk).error, "");
    ASSERT_EQ(kafka.create_topic("t", 1), "");
    client_end admin(kafka);
    ASSERT_EQ(set_quota(admin, {user(std::nullopt), client("c")}, "producer_byte_rate", 10), error_code::none);
    ASSERT_EQ(set_quota(admin, {user("gone")}, "producer_byte_rate", 10), error_code::none);
    ASSERT_EQ(set_quota(admin, {user("gone")}, "producer_byte_rate", 10, true), error_code::none);
  }
  mock::broker kafka;
  ASSERT_EQ(kafka.open(disk).error, "");
  client_end admin(kafka);
  const auto told = admin.ask(protocol::DescribeClientQuotasRequest{});
  ASSERT_EQ(told->entries->size(), 1u);
  EXPECT_EQ((*told->entries)[0].values[0].value, 10);
  admin.client_name = "c";
  EXPECT_GT(throttled(admin, 9'000), 0);
}

TEST(RateMeter, CountsElevenWindowsAndTakesTheFirstTenForEmptyAtTheBeginning) {
  mock::rate_meter meter;
  meter.record(1000, 5s);
  EXPECT_DOUBLE_EQ(meter.rate(5s), 100);
  for (int second = 6; second <= 20; ++second) meter.record(1000, std::chrono::seconds(second));
  EXPECT_NEAR(meter.rate(20s), 1100, 1) << "eleven windows in ten seconds, the last has just begun";
  EXPECT_EQ(meter.rate(40s), 0);
}

TEST(RateMeter, SaysHowLongUntilTheRateIsBackAtTheLimit) {
  mock::rate_meter meter;
  meter.record(20'000, 5s);
  EXPECT_EQ(meter.excess(1000, 5s), 10s);
  EXPECT_EQ(meter.excess(2000, 5s), 0ms);
}

TEST(QuotaMeters, ForgetWhoHasBeenSilentWhenTheMemoryIsUsedUp) {
  mock::quota_meters meters;
  const std::string long_name(30'000, 'x');
  for (int i = 0; i < 2'000; ++i)
    meters.record("producer_byte_rate", {1000, std::to_string(i) + long_name}, 1, std::chrono::milliseconds(i));
  EXPECT_EQ(meters.record("producer_byte_rate", {1000, "1999" + long_name}, 20'000, 2s), 10s) << "the newest are kept";
}

}  // namespace
}  // namespace ottla::test
