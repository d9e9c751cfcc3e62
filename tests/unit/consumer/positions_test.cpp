// Where reading begins and goes on: starts, seeks, resets, leaders and their epochs.
#include "scripted.hpp"

namespace ottla::test {
namespace {

class positions : public scripted {
 protected:
  positions() { append(orders_0, 30); }
  consumer_config from(start_position start, offset_reset reset = offset_reset::none) {
    consumer_config out;
    out.partitions = {{"orders", 0, start}};
    out.reset = reset;
    return out;
  }
};

TEST_F(positions, each_start_finds_its_place) {
  logs[orders_0].start = 10;
  const std::vector<std::pair<start_position, int>> cases{{earliest, 10}, {latest, 30},    {at_offset(20), 20},
                                                          {tail(5), 25},  {tail(100), 10}, {at_timestamp(5), 17}};
  for (const auto& [start, begin] : cases) {
    cluster on = open();
    consumer in(on, from(start));
    const auto at = in.position(orders_0, 1s);
    ASSERT_TRUE(at.has_value()) << at.error().message();
    EXPECT_EQ(at->offset, begin);
    EXPECT_EQ(read(in, 1s), texts(begin, 30));
  }
}

TEST_F(positions, a_time_after_the_last_record_is_the_end) {
  on_offsets = [](const protocol::ListOffsetsRequest& in, protocol::ListOffsetsResponse& out, call&) {
    if (in.topics[0].partitions[0].timestamp >= 0) out.topics[0].partitions[0].offset = -1;
  };
  cluster on = open();
  consumer in(on, from(at_timestamp(99'999)));
  const auto at = in.position(orders_0, 1s);
  ASSERT_TRUE(at.has_value());
  EXPECT_EQ(at->offset, 30);
}

TEST_F(positions, C_30_an_answer_to_a_fetch_from_before_a_seek_is_discarded) {
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData&, call& from) {
    if (fetches.size() == 1) from.hold = 300ms;
  };
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  ASSERT_TRUE(in.poll(100ms).has_value());  // the fetch from 0 is under way
  ASSERT_EQ(fetches.size(), 1u);
  ASSERT_TRUE(in.seek(orders_0, at_offset(20)).has_value());
  EXPECT_EQ(in.position(orders_0), 20);
  EXPECT_EQ(read(in, 2s), texts(20, 30));
  EXPECT_EQ(in.stats().discarded, 1u);
}

TEST_F(positions, C_30_what_was_prefetched_before_a_seek_is_discarded) {
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  host->run_for(100ms);
  EXPECT_GT(in.stats().prefetched_bytes, 0u);
  ASSERT_TRUE(in.seek(orders_0, at_offset(25)).has_value());
  EXPECT_EQ(read(in, 2s), texts(25, 30));
  EXPECT_EQ(in.stats().prefetched_bytes, 0u);
}

TEST_F(positions, C_30_nothing_of_a_partition_that_was_taken_away_is_shown) {
  add_topic("orders", 2);
  append({"orders", 1}, 10);
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  host->run_for(100ms);
  ASSERT_TRUE(in.assign({{"orders", 1, at_offset(0)}}).has_value());
  EXPECT_EQ(read(in, 2s), texts(0, 10));
  EXPECT_EQ(in.assignment(), (std::vector<topic_partition>{{"orders", 1}}));
}

TEST_F(positions, a_partition_that_stays_assigned_keeps_its_place_and_what_was_prefetched) {
  add_topic("orders", 2);
  append({"orders", 1}, 10);
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 100ms), texts(0, 30));
  append(orders_0, 10);
  host->run_for(700ms);
  ASSERT_TRUE(in.assign({{"orders", 0, {}}, {"orders", 1, at_offset(5)}}).has_value());
  EXPECT_EQ(in.position(orders_0), 30);
  EXPECT_EQ(read(in, 2s).size(), 15u);
}

TEST_F(positions, C_31_out_of_range_goes_where_the_policy_says) {
  logs[orders_0].start = 10;
  {
    cluster on = open();
    consumer in(on, from(at_offset(99), offset_reset::earliest));
    EXPECT_EQ(read(in, 2s), texts(10, 30));
  }
  {
    cluster on = open();
    consumer in(on, from(at_offset(3), offset_reset::latest));
    EXPECT_TRUE(read(in, 2s).empty());
    EXPECT_EQ(in.position(orders_0), 30);
  }
  EXPECT_TRUE(errors.empty());
  cluster on = open();
  consumer in(on, from(at_offset(3)));
  const std::size_t before = fetches.size();
  EXPECT_TRUE(read(in, 2s).empty());
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(errors[0].why.is(client_code::offset_out_of_range));
  EXPECT_EQ(fetches.size(), before + 1) << "it waits for a seek";
  ASSERT_TRUE(in.seek(orders_0, earliest).has_value());
  EXPECT_EQ(read(in, 1s), texts(10, 30));
}

TEST_F(positions, of_a_whole_topic_nothing_that_is_there_is_left_out) {
  logs[orders_0].start = 10;
  cluster on = open();
  consumer_config with = from(at_offset(3), offset_reset::latest);
  with.whole_topics = {"orders"};
  consumer in(on, with);
  EXPECT_EQ(read(in, 2s), texts(10, 30));
  with.partitions.clear();
  with.topics = {"orders"};
  with.start = latest;
  consumer other(on, with);
  EXPECT_EQ(read(other, 2s), texts(10, 30));
  EXPECT_TRUE(errors.empty());
}

TEST_F(positions, C_31_what_was_fetched_before_retention_overtook_us_is_still_read) {
  on_fetch = [&](const FetchRequest&, FetchResponse&, call&) {
    if (fetches.size() == 2) logs[orders_0] = {.data = {}, .end = 50, .start = 50};
    return false;
  };
  cluster on = open();
  consumer in(on, from(at_offset(0), offset_reset::earliest));
  host->run_for(2s);
  EXPECT_EQ(read(in, 1s), texts(0, 30));
  EXPECT_EQ(in.position(orders_0), 50);
}

TEST_F(positions, C_31_out_of_range_of_a_leader_that_lost_records_is_a_truncation) {
  epoch_end = 20;
  cluster on = open();
  consumer in(on, from(at_offset(0), offset_reset::earliest));
  EXPECT_EQ(read(in, 100ms), texts(0, 30));
  truncate(orders_0, 20);
  EXPECT_TRUE(read(in, 2s).empty()) << "not from the beginning again";
  EXPECT_EQ(in.position(orders_0), 20);
  EXPECT_EQ(epochs_asked.size(), 1u);
}

TEST_F(positions, C_32_an_epoch_that_the_broker_does_not_know_yet_is_waited_for) {
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (fetches.size() <= 3) {
      data.error_code = error_code::unknown_leader_epoch;
      data.records = bytes_view{};
    }
  };
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 3s), texts(0, 30));
  EXPECT_GE(fetches[3].at - fetches[0].at, 200ms);
  EXPECT_EQ(acts->metadata_asked, 1);
  EXPECT_TRUE(errors.empty());
}

TEST_F(positions, C_32_c33_a_fenced_epoch_refreshes_metadata_and_validates_the_position) {
  epoch_end = 30;
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 100ms), texts(0, 30));
  acts->topics["orders"].partitions[0] = {.leader = 2, .epoch = 4};
  append(orders_0, 10, 10, 4);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call& from) {
    if (from.node == 0) {
      data.error_code = error_code::fenced_leader_epoch;
      data.records = bytes_view{};
    }
  };
  EXPECT_EQ(read(in, 3s), texts(30, 40));
  EXPECT_EQ(epochs_asked, (std::vector<std::int32_t>{0}));
  EXPECT_EQ(fetches.back().node, 1u);
  EXPECT_EQ(sessions[1].at(orders_0), 40);
}

TEST_F(positions, C_33_a_new_leader_whose_log_ends_earlier_is_a_truncation_that_is_followed_or_told) {
  for (const offset_reset policy : {offset_reset::earliest, offset_reset::none}) {
    logs.clear();
    append(orders_0, 30);
    acts->topics["orders"].partitions[0] = {};
    epoch_end = 20;
    errors.clear();
    cluster on = open();
    consumer in(on, from(at_offset(0), policy));
    EXPECT_EQ(read(in, 100ms), texts(0, 30));
    acts->topics["orders"].partitions[0] = {.leader = 2, .epoch = 1};
    truncate(orders_0, 20);
    batch_shape shape{.base_offset = 20, .values = {"twenty"}, .leader_epoch = 1};
    logs[orders_0].data = logs[orders_0].data + make_batch(shape);
    logs[orders_0].end = 21;
    on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call& from) {
      if (from.node == 0) {
        data.error_code = error_code::not_leader_or_follower;
        data.records = bytes_view{};
      }
    };
    const auto later = read(in, 3s);
    on_partition = {};
    if (policy == offset_reset::none) {
      EXPECT_TRUE(later.empty());
      ASSERT_EQ(errors.size(), 1u);
      EXPECT_TRUE(errors[0].why.is(client_code::offset_out_of_range));
    } else {
      EXPECT_EQ(later, (std::vector<std::string>{"twenty"}));
    }
  }
}

// The leader that is asked first is silent until leadership has gone on, and its log is not what the next one has.
TEST_F(positions, C_33_a_position_is_judged_by_the_leader_of_now_and_not_by_one_whose_answer_comes_late) {
  metadata_age = 100ms;
  epoch_end = 20;
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 50ms), texts(0, 30));
  on_epochs = [&](call& asked) { asked.hold = epochs_asked.size() == 1 ? 5s : 0s; };
  acts->topics["orders"].partitions[0] = {.leader = 2, .epoch = 1};
  EXPECT_TRUE(read(in, 1s).empty());
  EXPECT_EQ(epochs_asked, (std::vector<std::int32_t>{0})) << "and not answered";
  epoch_end = 30;
  append(orders_0, 10, 10, 2);
  acts->topics["orders"].partitions[0] = {.leader = 1, .epoch = 2};
  EXPECT_EQ(read(in, 1s), texts(30, 40)) << "without waiting for the first answer";
  EXPECT_TRUE(read(in, 6s).empty());
  EXPECT_EQ(epochs_asked, (std::vector<std::int32_t>{0, 0}));
  EXPECT_TRUE(errors.empty()) << errors[0].why.message();
  EXPECT_EQ(in.position(orders_0), 40);
}

// 1. a position of epoch 0 is asked about, and the answer is late;
// 2. the partition is taken away, assigned again, and read on, into epoch 1;
// 3. that position is asked about too, and both answers come: the end of epoch 0 lies before it, and means nothing.
TEST_F(positions, C_33_an_answer_about_an_earlier_assignment_judges_nothing) {
  metadata_age = 100ms;
  add_topic("orders", 2);
  epoch_ends = {{0, 30}, {1, 40}};
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 50ms), texts(0, 30));
  on_epochs = [&](call& asked) { asked.hold = epochs_asked.size() == 1 ? 5s : 0s; };
  acts->topics["orders"].partitions[0] = {.leader = 2, .epoch = 1};
  EXPECT_TRUE(read(in, 500ms).empty());
  EXPECT_EQ(epochs_asked, (std::vector<std::int32_t>{0})) << "and not answered";
  append(orders_0, 10, 10, 1);
  ASSERT_TRUE(in.assign({{"orders", 1, at_offset(0)}}).has_value());
  ASSERT_TRUE(in.assign({{"orders", 0, at_offset(30)}}).has_value());
  EXPECT_EQ(read(in, 1s), texts(30, 40));
  append(orders_0, 10, 10, 2);
  acts->topics["orders"].partitions[0] = {.leader = 1, .epoch = 2};
  EXPECT_EQ(read(in, 6s), texts(40, 50));
  EXPECT_EQ(epochs_asked, (std::vector<std::int32_t>{0, 0, 1}));
  EXPECT_TRUE(errors.empty()) << errors[0].why.message();
  EXPECT_EQ(in.position(orders_0), 50);
}

TEST_F(positions, C_33_an_undefined_end_of_an_epoch_is_no_alarm) {
  epoch_end = -1;
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 100ms), texts(0, 30));
  acts->topics["orders"].partitions[0] = {.leader = 2, .epoch = 1};
  append(orders_0, 10, 10, 1);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call& from) {
    if (from.node == 0) {
      data.error_code = error_code::not_leader_or_follower;
      data.records = bytes_view{};
    }
  };
  EXPECT_EQ(read(in, 3s), texts(30, 40));
  EXPECT_EQ(epochs_asked.size(), 1u);
  EXPECT_TRUE(errors.empty());
}

TEST_F(positions, C_35_a_leader_named_by_an_answer_is_followed_without_asking_for_metadata) {
  epoch_end = 30;
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 100ms), texts(0, 30));
  append(orders_0, 10, 10, 1);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call& from) {
    if (from.node != 0) return;
    data.error_code = error_code::not_leader_or_follower;
    data.records = bytes_view{};
    data.current_leader = {.leader_id = broker_id{2}, .leader_epoch = 1};
  };
  const int asked = acts->metadata_asked;
  EXPECT_EQ(read(in, 600ms), texts(30, 40));
  EXPECT_EQ(acts->metadata_asked, asked);
}

TEST_F(positions, C_38_an_unknown_topic_id_is_waited_for_and_told_if_it_stays) {
  int refusals = 3;
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (refusals-- <= 0) return;
    data.error_code = error_code::unknown_topic_id;
    data.records = bytes_view{};
  };
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  EXPECT_EQ(read(in, 3s), texts(0, 30));
  EXPECT_TRUE(errors.empty()) << "right behind a creation it is nothing";
  refusals = 1'000;
  append(orders_0, 10);
  const std::size_t before = fetches.size();
  EXPECT_TRUE(read(in, 30s).empty());
  ASSERT_FALSE(errors.empty());
  EXPECT_TRUE(errors[0].why.is(error_code::unknown_topic_id));
  EXPECT_LT(errors.size(), 6u);
  EXPECT_LT(fetches.size() - before, 60u);
}

TEST_F(positions, C_38_a_topic_created_anew_is_read_as_the_policy_says) {
  cluster on = open();
  consumer in(on, from(at_offset(0), offset_reset::earliest));
  EXPECT_EQ(read(in, 100ms), texts(0, 30));
  add_topic("orders", 1, 9);
  logs.clear();
  append(orders_0, 50);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (acts->metadata_asked < 2) {
      data.error_code = error_code::unknown_topic_id;
      data.records = bytes_view{};
    }
  };
  EXPECT_EQ(read(in, 3s), texts(0, 50)) << "and not from 30, which means nothing there";
}

TEST_F(positions, an_unknown_topic_is_told_once_and_by_name) {
  cluster on = open();
  consumer in(on, {.topics = {"nowhere"}, .start = earliest});
  const auto known = in.wait_assignment(20s);
  ASSERT_FALSE(known.has_value());
  EXPECT_TRUE(known.error().is(client_code::unknown_topic));
  EXPECT_NE(known.error().message().find("nowhere"), std::string::npos);
  read(in, 20s);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].where, (topic_partition{"nowhere", -1}));
}

TEST_F(positions, partitions_that_are_added_later_are_read_from_their_beginning) {
  cluster on = open();
  consumer in(on, {.topics = {"orders"}, .start = latest});
  ASSERT_TRUE(in.wait_assignment(1s).has_value());
  EXPECT_TRUE(read(in, 1s).empty());
  acts->topics["orders"].partitions.push_back({});
  append({"orders", 1}, 10);
  EXPECT_EQ(read(in, 400s), texts(0, 10));
}

TEST_F(positions, a_partition_that_does_not_exist_is_told) {
  cluster on = open();
  consumer in(on, {.partitions = {{"orders", 5, at_offset(0)}}});
  read(in, 1s);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(errors[0].why.is(client_code::unknown_partition));
}

TEST_F(positions, pausing_keeps_what_is_there_and_resuming_goes_on) {
  cluster on = open();
  consumer in(on, from(at_offset(0)));
  host->run_for(100ms);
  const std::vector<topic_partition> one{orders_0};
  ASSERT_TRUE(in.pause(one).has_value());
  EXPECT_EQ(in.paused(), one);
  const std::size_t before = fetches.size();
  EXPECT_TRUE(read(in, 3s).empty());
  EXPECT_LE(fetches.size(), before + 1);
  EXPECT_GT(in.stats().prefetched_bytes, 0u);
  ASSERT_TRUE(in.resume(one).has_value());
  EXPECT_EQ(read(in, 1s), texts(0, 30));
}

TEST_F(positions, paused_data_gives_way_when_others_need_the_room) {
  add_topic("orders", 2);
  append({"orders", 1}, 2'000);
  append(orders_0, 2'000 - 30);
  consumer_config config;
  config.partitions = {{"orders", 0, at_offset(0)}, {"orders", 1, at_offset(0)}};
  config.prefetch_bytes = 20'000;
  config.fetch_max_bytes = 20'000;
  cluster on = open();
  consumer in(on, config);
  host->run_for(100ms);
  const std::vector<topic_partition> one{orders_0};
  ASSERT_TRUE(in.pause(one).has_value());
  append({"orders", 1}, 500);
  EXPECT_EQ(read(in, 5s).size(), 2'500u);
  ASSERT_TRUE(in.resume(one).has_value());
  EXPECT_EQ(read(in, 5s), texts(0, 2'000));
}

TEST_F(positions, no_response_is_asked_for_that_is_larger_than_fetch_max_bytes) {
  append(orders_0, 200);
  consumer_config config = from(at_offset(0));
  config.fetch_max_bytes = 10'000;  // a partition's share is 1 MiB
  cluster on = open();
  consumer in(on, config);
  EXPECT_EQ(read(in, 2s).size(), 230u);
  ASSERT_FALSE(fetches.empty());
  for (const auto& one : fetches) EXPECT_LE(one.max_bytes, 10'000);
}

TEST_F(positions, no_more_is_prefetched_than_the_budget_allows) {
  logs.clear();
  append(orders_0, 20'000, 100);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (data.records->size() > 10'000) data.records = data.records->first(10'000);
  };
  consumer_config config = from(at_offset(0));
  config.prefetch_bytes = 50'000;
  config.fetch_max_bytes = 10'000;
  cluster on = open();
  consumer in(on, config);
  host->run_for(10s);
  EXPECT_LE(in.stats().prefetched_bytes, 120'000u);
  EXPECT_EQ(read(in, 5s), texts(0, 20'000));
}

}  // namespace
}  // namespace ottla::test
