// metadata: what an answer may change and what it may not.
#include "ottla/net/metadata.hpp"

#include <gtest/gtest.h>

namespace ottla {
namespace {

using namespace std::chrono_literals;
using protocol::error_code;
using protocol::MetadataResponse;

class metadata_state : public ::testing::Test {
 protected:
  using partition = MetadataResponse::MetadataResponsePartition;

  static partition led(std::int32_t index, int leader, std::int32_t epoch) {
    partition out;
    out.partition_index = index;
    out.leader_id = broker_id{leader};
    out.leader_epoch = epoch;
    return out;
  }
  void hear(std::vector<partition> partitions, std::uint8_t id = 1, error_code code = error_code::none,
            std::vector<int> brokers = {1, 2}) {
    std::vector<MetadataResponse::MetadataResponseBroker> nodes(brokers.size());
    for (std::size_t i = 0; i < brokers.size(); ++i) {
      nodes[i].node_id = broker_id{brokers[i]};
      nodes[i].host = "b";
      nodes[i].port = 9092;
    }
    MetadataResponse::MetadataResponseTopic topic;
    topic.name = "orders";
    topic.topic_id.bytes[0] = std::byte{id};
    topic.error_code = code;
    topic.partitions = protocol::array<partition>(partitions);
    MetadataResponse answer;
    answer.brokers = protocol::array<MetadataResponse::MetadataResponseBroker>(nodes);
    answer.controller_id = broker_id{brokers.empty() ? -1 : brokers[0]};
    answer.topics = {&topic, 1};
    state.started();
    state.applied(answer, now, rng);
  }
  const partition_metadata& known(std::size_t index = 0) { return state.find("orders")->partitions.at(index); }

  steady_ns now{1000s};
  random_stream rng{1};
  metadata state{300s, backoff(100ms, 1000ms, random_stream(2))};
};

class known_topic : public metadata_state {
 protected:
  known_topic() {
    state.want_topic("orders", now);
    hear({led(0, 1, 5), led(1, 2, 3)});
  }
};

TEST_F(known_topic, C_34_an_older_epoch_changes_nothing) {
  hear({led(0, 2, 4), led(1, 2, 3)});
  EXPECT_EQ(known().leader, broker_id{1});
  EXPECT_EQ(known().leader_epoch, 5);
}

TEST_F(known_topic, C_34_no_leader_is_no_rewind) {
  hear({led(0, -1, -1), led(1, 2, 3)});
  EXPECT_EQ(known().leader, no_broker);
  EXPECT_EQ(known().leader_epoch, 5);
  hear({led(0, 2, 4), led(1, 2, 3)});  // still older than 5
  EXPECT_EQ(known().leader, no_broker);
  hear({led(0, 2, 6), led(1, 2, 3)});
  EXPECT_EQ(known().leader, broker_id{2});
}

TEST_F(known_topic, C_35_a_hint_counts_only_with_a_newer_epoch_and_a_known_broker) {
  EXPECT_FALSE(state.apply_leader_hint("orders", 0, broker_id{2}, 5));
  EXPECT_FALSE(state.apply_leader_hint("orders", 0, broker_id{7}, 6));
  EXPECT_FALSE(state.apply_leader_hint("orders", 9, broker_id{2}, 6));
  EXPECT_FALSE(state.apply_leader_hint("other", 0, broker_id{2}, 6));
  state.apply_broker_hint(broker_id{7}, {"b7", 9092});
  EXPECT_TRUE(state.apply_leader_hint("orders", 0, broker_id{7}, 6));
  EXPECT_EQ(known().leader, broker_id{7});
  EXPECT_EQ(state.brokers().size(), 3u);  // the others are still there
  hear({led(0, 1, 5), led(1, 2, 3)});     // an answer from before the move
  EXPECT_EQ(known().leader, broker_id{7});
}

TEST_F(known_topic, C_14_counts_unknown_answers_in_a_row_and_keeps_what_was_known) {
  for (int i = 1; i <= 3; ++i) {
    hear({}, 1, error_code::unknown_topic_or_partition);
    EXPECT_EQ(state.find("orders")->unknown_answers, i);
  }
  EXPECT_EQ(state.find("orders")->partitions.size(), 2u);
  hear({led(0, 1, 5), led(1, 2, 3)});
  EXPECT_EQ(state.find("orders")->unknown_answers, 0);
}

TEST_F(known_topic, a_topic_created_anew_starts_over) {
  hear({led(0, 2, 0)}, 9);
  EXPECT_EQ(known().leader, broker_id{2});
  EXPECT_EQ(known().leader_epoch, 0);
  EXPECT_EQ(state.find("orders")->partitions.size(), 1u);
  protocol::uuid old, fresh;
  old.bytes[0] = std::byte{1};
  fresh.bytes[0] = std::byte{9};
  EXPECT_EQ(state.name_of(old), "");
  EXPECT_EQ(state.name_of(fresh), "orders");
}

TEST_F(known_topic, an_answer_without_brokers_takes_none_away) {
  hear({led(0, 1, 5), led(1, 2, 3)}, 1, error_code::none, {});
  EXPECT_EQ(state.brokers().size(), 2u);
  EXPECT_EQ(state.controller(), broker_id{1});
}

TEST_F(known_topic, C_60_impossible_partition_numbers_are_ignored) {
  hear({led(-5, 1, 5), led(INT32_MAX, 1, 5), led(0, 1, 6)});
  EXPECT_EQ(state.find("orders")->partitions.size(), 2u);
  EXPECT_EQ(known().leader_epoch, 6);
}

TEST_F(known_topic, is_refreshed_early_by_up_to_a_fifth_and_at_once_if_asked) {
  EXPECT_GE(state.next_deadline(), now + 240s);
  EXPECT_LE(state.next_deadline(), now + 300s);
  EXPECT_FALSE(state.due(now + 1s));
  state.request_refresh();
  EXPECT_TRUE(state.due(now + 1s));
  EXPECT_FALSE(state.due(now + 1ms));  // but not in a hot loop
}

TEST_F(known_topic, a_partition_without_a_leader_is_asked_for_with_backoff) {
  std::chrono::nanoseconds last{0};
  for (int i = 0; i < 6; ++i) {
    hear({led(0, -1, 5), led(1, 2, 3)});
    const auto wait = state.next_deadline() - now;
    EXPECT_LE(wait, 1200ms);
    if (i == 3) {
      EXPECT_GT(wait, 500ms);
    }
    last = wait;
  }
  EXPECT_GE(last, 800ms);
}

TEST_F(known_topic, who_cannot_be_a_broker_is_none) {
  hear({led(0, 1, 6), led(1, -7, 4)}, 1, error_code::none, {-7, 1, -1, 3});
  EXPECT_EQ(state.brokers().size(), 2u);
  EXPECT_TRUE(state.brokers().contains(broker_id{1}) && state.brokers().contains(broker_id{3}));
  state.apply_broker_hint(broker_id{-2}, {"b", 9092});
  state.apply_broker_hint(broker_id{4}, {"", 9092});
  EXPECT_EQ(state.brokers().size(), 2u);
  state.apply_broker_hint(broker_id{4}, {"unix:/b", 0});
  EXPECT_EQ(state.brokers().size(), 3u);
  hear({led(0, 1, 7)}, 1, error_code::none, {-7});
  EXPECT_EQ(state.brokers().size(), 3u) << "an answer without brokers: what is known stays";
}

TEST_F(metadata_state, a_topic_is_forgotten_with_its_last_user) {
  state.want_topic("orders", now);
  state.want_topic("orders", now);
  state.release_topic("orders");
  EXPECT_NE(state.find("orders"), nullptr);
  state.release_topic("orders");
  EXPECT_EQ(state.find("orders"), nullptr);
}

TEST_F(known_topic, C_56_the_time_to_rebootstrap_runs_from_the_first_failure_and_a_success_ends_it) {
  EXPECT_EQ(state.failing_since(), never);
  state.started();
  state.stumbled(now);
  now += 5s;
  state.failed(error(client_code::broker_unreachable, {}), now);
  EXPECT_EQ(state.failing_since(), now - 5s);
  hear({led(0, 1, 5)});
  EXPECT_EQ(state.failing_since(), never);
}

TEST_F(known_topic, C_56_rebootstrapping_forgets_brokers_and_keeps_what_is_known_of_topics) {
  state.started();
  state.failed(error(client_code::broker_unreachable, {}), now);
  state.rebootstrap();
  EXPECT_TRUE(state.brokers().empty());
  EXPECT_EQ(state.controller(), no_broker);
  EXPECT_EQ(known(0).leader_epoch, 5);
  EXPECT_FALSE(state.due(now));  // the backoff of the refresh that failed
  EXPECT_TRUE(state.due(now + 2s));
}

}  // namespace
}  // namespace ottla
