// What records of an answer are shown and how positions move: control and aborted batches, damage, lack of progress.
#include "scripted.hpp"

namespace ottla::test {
namespace {

class shown_records : public scripted {
 protected:
  shown_records() : scripted(1) {}
  void log_is(bytes data, std::int64_t end) { logs[orders_0] = {.data = std::move(data), .end = end}; }
  consumer_config from(std::int64_t offset, isolation_level isolation = isolation_level::read_uncommitted) {
    consumer_config out;
    out.partitions = {{"orders", 0, at_offset(offset)}};
    out.isolation = isolation;
    return out;
  }
};

TEST_F(shown_records, C_27_control_batches_move_the_position_and_are_never_shown) {
  log_is(make_batch({.base_offset = 0, .values = texts(0, 3), .producer_id = 5, .transactional = true}) +
             make_batch({.base_offset = 3, .producer_id = 5, .transactional = true, .control = true}) +
             make_batch({.base_offset = 4, .values = {"4"}}),
         5);
  for (const isolation_level isolation : {isolation_level::read_uncommitted, isolation_level::read_committed}) {
    cluster on = open();
    consumer in(on, from(0, isolation));
    EXPECT_EQ(read(in, 1s), (std::vector<std::string>{"0", "1", "2", "4"}));
    EXPECT_EQ(in.position(orders_0), 5);
  }
}

TEST_F(shown_records, C_27_a_marker_at_the_end_moves_the_position_too) {
  log_is(make_batch({.base_offset = 0, .producer_id = 5, .transactional = true, .control = true}), 1);
  cluster on = open();
  consumer in(on, from(0));
  const auto got = in.poll(1s);
  ASSERT_TRUE(got.has_value());
  EXPECT_TRUE(got->empty());
  ASSERT_EQ(got->end().size(), 1u) << "poll returns early to say so";
  EXPECT_EQ(got->end()[0].offset, 1);
}

TEST_F(shown_records, C_27_batches_that_compaction_emptied_or_thinned_move_by_their_last_delta) {
  log_is(make_batch({.base_offset = 0, .last_offset_delta = 9}) +
             make_batch({.base_offset = 10, .values = {"10", "11"}, .last_offset_delta = 9}) +
             make_batch({.base_offset = 40, .values = {"40"}}),
         41);
  cluster on = open();
  consumer in(on, from(0));
  EXPECT_EQ(read(in, 1s), (std::vector<std::string>{"10", "11", "40"}));
  EXPECT_EQ(in.position(orders_0), 41);
}

TEST_F(shown_records, C_27_records_below_the_position_are_skipped) {
  log_is(make_batch({.base_offset = 0, .values = texts(0, 10)}), 10);
  cluster on = open();
  consumer in(on, from(7));
  const auto got = in.poll(1s);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->count(), 3u);
  EXPECT_EQ(got->records().begin()->offset(), 7);
  EXPECT_EQ(got->records().begin()->value().text(), "7");
}

TEST_F(shown_records, C_27_a_cut_batch_at_the_end_of_an_answer_is_ignored) {
  append(orders_0, 30);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (fetches.size() == 1) data.records = data.records->first(data.records->size() - 20);
  };
  cluster on = open();
  consumer in(on, from(0));
  EXPECT_EQ(read(in, 1s), texts(0, 30));
  EXPECT_EQ(fetches[1].parts[0].offset, 20);
}

TEST_F(shown_records, C_26_aborted_transactions_are_dropped_between_their_first_offset_and_their_marker) {
  // 7 aborts, writes again in the open, and 8 commits meanwhile; what is not transactional is always shown.
  log_is(make_batch({.base_offset = 0, .values = {"a0"}, .producer_id = 7, .transactional = true}) +
             make_batch({.base_offset = 1, .values = {"b1"}, .producer_id = 8, .transactional = true}) +
             make_batch({.base_offset = 2, .values = {"c2"}, .producer_id = 7}) +
             make_batch(
                 {.base_offset = 3, .producer_id = 7, .transactional = true, .control = true, .abort_marker = true}) +
             make_batch({.base_offset = 4, .values = {"a4"}, .producer_id = 7, .transactional = true}) +
             make_batch({.base_offset = 5, .producer_id = 8, .transactional = true, .control = true}) +
             make_batch({.base_offset = 6, .producer_id = 7, .transactional = true, .control = true}) +
             make_batch({.base_offset = 7, .values = {"d7"}, .producer_id = 9, .transactional = true}) +
             make_batch(
                 {.base_offset = 8, .producer_id = 9, .transactional = true, .control = true, .abort_marker = true}),
         9);
  // Listed out of order: sorting is the client's work.
  logs[orders_0].aborted = {{.producer_id = protocol::producer_id{9}, .first_offset = 7},
                            {.producer_id = protocol::producer_id{7}, .first_offset = 0}};
  {
    cluster on = open();
    consumer in(on, from(0, isolation_level::read_committed));
    EXPECT_EQ(read(in, 1s), (std::vector<std::string>{"b1", "c2", "a4"}));
    EXPECT_EQ(in.position(orders_0), 9);
  }
  cluster on = open();
  consumer in(on, from(0));
  EXPECT_EQ(read(in, 1s), (std::vector<std::string>{"a0", "b1", "c2", "a4", "d7"}));
}

TEST_F(shown_records, C_28_bytes_without_progress_are_asked_for_again_with_pauses) {
  append(orders_0, 10);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    data.records = logs[orders_0].data;
  };
  cluster on = open();
  consumer in(on, from(10));
  EXPECT_TRUE(read(in, 5s).empty());
  EXPECT_LT(fetches.size(), 20u) << "not a busy loop";
  EXPECT_GE(fetches.size(), 4u) << "and no standstill";
}

TEST_F(shown_records, C_29_a_batch_larger_than_the_limit_is_asked_for_with_more_room) {
  log_is(make_batch({.base_offset = 0, .values = {std::string(5'000, 'x')}}), 1);
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    const auto limit = static_cast<std::size_t>(fetches.back().parts.empty() ? 0 : fetches.back().parts[0].max_bytes);
    if (data.records->size() > limit)
      data.records = data.records->first(std::min<std::size_t>(limit, data.records->size()));
  };
  cluster on = open();
  consumer_config config = from(0);
  config.max_partition_fetch_bytes = 1'000;
  consumer in(on, config);
  EXPECT_EQ(read(in, 1s).size(), 1u);
  EXPECT_GT(fetches[1].parts[0].max_bytes, 5'000);
  EXPECT_EQ(fetches[2].parts[0].max_bytes, 1'000) << "for that batch only";
}

TEST_F(shown_records, C_29_a_batch_that_no_response_may_hold_is_told_and_not_silence) {
  log_is(make_batch({.base_offset = 0, .values = {"x"}}), 1);
  protocol::store_big_endian<std::int32_t>(logs[orders_0].data.data() + 8, 2'000'000'000);
  cluster on = open();
  consumer in(on, from(0));
  read(in, 2s);
  ASSERT_FALSE(errors.empty());
  EXPECT_TRUE(errors[0].why.is(client_code::record_too_large));
  EXPECT_EQ(errors[0].where, orders_0);
}

TEST_F(shown_records, a_damaged_batch_is_an_error_of_its_partition_and_the_rest_goes_on) {
  add_topic("orders", 2);
  append(orders_0, 30);
  append({"orders", 1}, 20);
  const std::size_t one = logs[orders_0].data.size() / 3;
  logs[orders_0].data[one + 100] ^= std::byte{1};
  cluster on = open();
  consumer in(on, {.partitions = {{"orders", 0, at_offset(0)}, {"orders", 1, at_offset(0)}}});
  EXPECT_EQ(read(in, 2s).size(), 30u) << "ten before the damage, twenty of the other partition";
  ASSERT_FALSE(errors.empty());
  EXPECT_TRUE(errors[0].why.is(client_code::corrupt_batch));
  EXPECT_EQ(errors[0].where, orders_0);
  EXPECT_EQ(in.position(orders_0), 10);
  // The advice is to seek past it.
  ASSERT_TRUE(in.seek(orders_0, at_offset(20)).has_value());
  EXPECT_EQ(read(in, 1s), texts(20, 30));
}

TEST_F(shown_records, a_batch_damaged_on_its_way_is_fetched_again) {
  append(orders_0, 30);
  bytes damaged = logs[orders_0].data;
  damaged[damaged.size() - 1] ^= std::byte{1};
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (fetches.size() == 1) data.records = damaged;
  };
  cluster on = open();
  consumer in(on, from(0));
  EXPECT_EQ(read(in, 2s), texts(0, 30));
  EXPECT_EQ(errors.size(), 1u);
}

TEST_F(shown_records, bytes_that_are_no_batch_stop_the_partition_only_until_the_reader_said_so) {
  append(orders_0, 20);
  bytes garbage = logs[orders_0].data + bytes(100, std::byte{0xff});
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (fetches.size() == 1) data.records = garbage;
  };
  cluster on = open();
  consumer in(on, from(0));
  EXPECT_EQ(read(in, 2s), texts(0, 20));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(errors[0].why.is(client_code::corrupt_batch));
}

TEST_F(shown_records, C_60_offsets_that_run_backwards_are_damage) {
  log_is(
      make_batch({.base_offset = 10, .values = texts(10, 15)}) + make_batch({.base_offset = 3, .values = texts(3, 5)}),
      20);
  cluster on = open();
  consumer in(on, from(10));
  EXPECT_EQ(read(in, 1s), texts(10, 15));
  ASSERT_FALSE(errors.empty());
  EXPECT_TRUE(errors[0].why.is(client_code::corrupt_batch));
}

TEST_F(shown_records, timestamps_say_whose_they_are) {
  log_is(make_batch({.base_offset = 0, .values = {"a", "b"}, .base_timestamp = 500}) +
             make_batch({.base_offset = 2, .values = {"c", "d"}, .base_timestamp = 900, .append_time = true}),
         4);
  cluster on = open();
  consumer in(on, from(0));
  const auto got = in.poll(1s);
  ASSERT_TRUE(got.has_value());
  std::vector<std::int64_t> times;
  for (const record_view& r : got->records()) times.push_back(r.timestamp());
  EXPECT_EQ(times, (std::vector<std::int64_t>{500, 501, 900, 900}));
  EXPECT_EQ(got->records().begin()->timestamp_type(), timestamp_type::create);
}

TEST_F(shown_records, owned_records_and_partitions_outlive_poll_and_consumer) {
  append(orders_0, 20);
  std::vector<record_owned> kept;
  std::vector<partition_records> parts;
  {
    cluster on = open();
    consumer in(on, from(0));
    auto got = in.poll(1s);
    ASSERT_TRUE(got.has_value());
    for (const record_view& r : got->records()) kept.push_back(r.to_owned());
    parts = std::move(got->partitions());
  }
  ASSERT_EQ(kept.size(), 20u);
  for (int i = 0; i < 20; ++i) {
    const record_owned& one = kept[static_cast<std::size_t>(i)];
    EXPECT_EQ(one.offset(), i);
    EXPECT_EQ(one.value().text(), std::to_string(i));
    EXPECT_TRUE(one.key().is_null());
    EXPECT_EQ(one.topic(), "orders");
  }
  ASSERT_EQ(parts.size(), 1u);
  int next = 0;
  for (const record_view& r : parts[0]) EXPECT_EQ(r.offset(), next++);
  EXPECT_EQ(next, 20);
}

TEST_F(shown_records, a_bound_on_records_cuts_batches_and_loses_none) {
  append(orders_0, 30);
  consumer_config config = from(0);
  config.max_poll_records = 7;
  cluster on = open();
  consumer in(on, config);
  std::vector<std::string> all;
  while (all.size() < 30) {
    const auto got = in.poll(1s);
    ASSERT_TRUE(got.has_value());
    ASSERT_LE(got->count(), 7u);
    ASSERT_GT(got->count(), 0u);
    for (const record_view& r : got->records()) all.emplace_back(r.value().text());
    ASSERT_EQ(got->end().size(), 1u);
    EXPECT_EQ(got->end()[0].offset, static_cast<std::int64_t>(all.size()));
    EXPECT_EQ(in.position(orders_0), got->end()[0].offset);
  }
  EXPECT_EQ(all, texts(0, 30));
}

TEST_F(shown_records, what_waits_behind_a_bound_on_records_is_not_taken_for_kept) {
  append(orders_0, 1'000);
  consumer_config config = from(0);
  config.max_poll_records = 300;
  config.max_held_bytes = 1'000;  // less than what is decoded at once
  cluster on = open();
  consumer in(on, config);
  auto kept = in.poll(1s);
  ASSERT_TRUE(kept.has_value());
  std::size_t seen = kept->count();
  EXPECT_GT(in.stats().held_bytes, 1'000u);
  while (seen < 1'000) {
    const auto got = in.poll(1s);
    ASSERT_TRUE(got.has_value()) << got.error().message();
    ASSERT_GT(got->count(), 0u);
    seen += got->count();
  }
  EXPECT_FALSE(in.poll(0ms).has_value()) << "the orders_0 poll is kept, and now it alone is what is held";
  *kept = polled();
  EXPECT_TRUE(in.poll(0ms).has_value());
}

TEST_F(shown_records, what_the_application_keeps_is_bounded_and_told) {
  append(orders_0, 1'000);
  consumer_config config = from(0);
  config.max_held_bytes = 1'000;
  cluster on = open();
  consumer in(on, config);
  auto kept = in.poll(1s);
  ASSERT_TRUE(kept.has_value());
  EXPECT_GT(in.stats().held_bytes, 1'000u);
  const auto refused = in.poll(1s);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(client_code::held_by_user));
  *kept = polled();
  EXPECT_EQ(in.stats().held_bytes, 0u);
  EXPECT_TRUE(in.poll(0ms).has_value());
}

}  // namespace
}  // namespace ottla::test
