// FindCoordinator: what is asked of old and new brokers, and what their answers are taken for.
#include "ottla/net/coordinator_lookup.hpp"

#include <gtest/gtest.h>

#include "ottla/protocol/find_coordinator.hpp"
#include "wire.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

decoded<FindCoordinatorRequest> written(const std::vector<std::string>& keys, std::int16_t version,
                                        coordinator_kind kind = coordinator_kind::group) {
  request ask = find_coordinators(keys, kind);
  protocol::writer out;
  ask.encode(out, version);
  wire_request sent;
  sent.version = version;
  sent.body.assign(out.view().begin(), out.view().end());
  return read_request<FindCoordinatorRequest>(sent);
}

response answered(const FindCoordinatorResponse& message, std::int16_t version) {
  protocol::writer out;
  write(out, message, version);
  response from;
  from.version = version;
  from.broker = "b1:9092";
  auto owner = std::make_shared<frame>(out.size());
  std::copy(out.view().begin(), out.view().end(), owner->writable().begin());
  from.owner = owner;
  from.body = owner->bytes();
  return from;
}

FindCoordinatorResponse::Coordinator at(std::string_view key, int broker, std::string_view host, int port) {
  FindCoordinatorResponse::Coordinator one;
  one.key = key;
  one.node_id = broker_id{broker};
  one.host = host;
  one.port = port;
  return one;
}

const std::vector<std::string> two{"a", "b"};

TEST(coordinator_lookup, names_all_keys_from_version_4_on_and_the_first_alone_before) {
  const auto many = written(two, 4);
  ASSERT_EQ(many->coordinator_keys.size(), 2u);
  EXPECT_EQ(many->coordinator_keys[1], "b");
  EXPECT_EQ(written(two, 3)->key, "a");
  EXPECT_EQ(written(two, 0)->key, "a");
}

TEST(coordinator_lookup, says_what_kind_of_key_it_is_and_refuses_versions_that_cannot) {
  EXPECT_EQ(written(two, 6)->key_type, 0);
  EXPECT_EQ(written(two, 1, coordinator_kind::transaction)->key_type, 1);
  EXPECT_EQ(find_coordinators(two).min_version, 0);
  EXPECT_EQ(find_coordinators(two, coordinator_kind::transaction).min_version, 1);
}

TEST(coordinator_lookup, reads_each_keys_place_whatever_the_order_of_the_answer) {
  auto list = std::vector{at("b", 2, "h2", 9093), at("a", 1, "h1", 9092)};
  FindCoordinatorResponse message;
  message.coordinators = protocol::array<FindCoordinatorResponse::Coordinator>(list);
  const auto found = read_coordinators(answered(message, 6), two);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].broker, broker_id{1});
  EXPECT_EQ((*found)[1].broker, broker_id{2});
  EXPECT_EQ(to_string((*found)[1].address), "h2:9093");
}

TEST(coordinator_lookup, reads_an_older_brokers_answer_for_the_first_key) {
  FindCoordinatorResponse message;
  message.node_id = broker_id{3};
  message.host = "h3";
  message.port = 9092;
  const auto found = read_coordinators(answered(message, 2), two);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().key, "a");
  EXPECT_EQ(found->front().broker, broker_id{3});
}

TEST(coordinator_lookup, tells_the_brokers_refusal_in_its_words) {
  auto list = std::vector{at("a", -1, "", -1)};
  list[0].error_code = error_code::coordinator_not_available;
  list[0].error_message = "not yet";
  FindCoordinatorResponse message;
  message.coordinators = protocol::array<FindCoordinatorResponse::Coordinator>(list);
  const auto found = read_coordinators(answered(message, 4), {two.data(), 1});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->front().failure.is(error_code::coordinator_not_available));
  EXPECT_TRUE(found->front().failure.retriable());
  EXPECT_EQ(found->front().failure.message(),
            "find the coordinator of group a at b1:9092 failed with COORDINATOR_NOT_AVAILABLE: not yet");
}

TEST(coordinator_lookup, C_60_trusts_no_address_that_makes_no_sense_and_no_answer_that_leaves_a_key_out) {
  for (const auto& odd : {at("a", -1, "h", 9092), at("a", 1, "", 9092), at("a", 1, "h", 0), at("a", 1, "h", 65536),
                          at("other", 1, "h", 9092)}) {
    auto list = std::vector{odd};
    FindCoordinatorResponse message;
    message.coordinators = protocol::array<FindCoordinatorResponse::Coordinator>(list);
    const auto found = read_coordinators(answered(message, 4), {two.data(), 1});
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->front().failure.is(client_code::malformed_response));
    EXPECT_EQ(found->front().broker, no_broker);
  }
}

}  // namespace
}  // namespace ottla::test
