// Where prefetch_bytes has no room for a response of each broker: who has data is read at full speed, who has none
// costs little, and nobody is forgotten.
#include "scripted.hpp"

namespace ottla::test {
namespace {

constexpr std::chrono::milliseconds max_wait{500};  // what a consumer_config has

// Each of three nodes leads one partition of orders, and has so much for an answer, in whole batches or not.
class short_room : public scripted {
 protected:
  short_room() : scripted(3) {
    add_topic("orders", 3);
    for (std::int32_t i = 0; i < 3; ++i) acts->topics["orders"].partitions[static_cast<std::size_t>(i)].leader = i + 1;
    on_partition = [this](const topic_partition&, FetchResponse::PartitionData& data, call&) {
      if (data.records && data.records->size() > most) data.records = data.records->first(most);
    };
  }

  /// Room for one response.
  static consumer_config narrow() {
    consumer_config out;
    for (std::int32_t i = 0; i < 3; ++i) out.partitions.push_back({"orders", i, at_offset(0)});
    out.prefetch_bytes = 16 << 10;
    return out;
  }

  std::size_t asked(std::size_t node) const {
    return static_cast<std::size_t>(
        std::count_if(fetches.begin(), fetches.end(), [&](const seen_fetch& one) { return one.node == node; }));
  }

  std::size_t most = 2'000;
};

TEST_F(short_room, brokers_without_data_do_not_hold_up_the_one_that_has_some) {
  append({"orders", 1}, 20'000);  // some 200 answers of it
  cluster on = open();
  consumer in(on, narrow());
  EXPECT_EQ(read(in, 2s), texts(0, 20'000));
  EXPECT_GT(asked(1), 150u);
  for (const std::size_t idle : {0u, 2u}) {
    EXPECT_GE(asked(idle), 2u) << "and it is not forgotten";
    EXPECT_LE(asked(idle), 5u) << "four times within 2 s, and once at the beginning";
  }
}

TEST_F(short_room, brokers_without_data_are_asked_as_often_as_long_polls_would) {
  cluster on = open();
  consumer in(on, narrow());
  EXPECT_TRUE(read(in, 20s).empty());
  for (std::size_t node = 0; node < 3; ++node) {
    EXPECT_GE(asked(node), 20u) << "of node " << node;
    EXPECT_LE(asked(node), 41u) << "of node " << node;
  }
  for (std::size_t i = 1; i < fetches.size(); ++i)
    EXPECT_GE(fetches[i].at - fetches[i - 1].at, fetches[i - 1].waits) << "one at a time, request " << i;
  for (const std::int32_t partition : {2, 0, 1}) {
    append({"orders", partition}, 10);
    EXPECT_EQ(read(in, 2 * max_wait), texts(0, 10)) << "what comes there is not long unseen";
  }
}

TEST_F(short_room, what_a_few_bytes_are_not_worth_is_asked_for_as_seldom_as_fetch_max_wait_says) {
  append({"orders", 1}, 20'000);
  consumer_config config = narrow();
  config.fetch_min_bytes = 50'000;
  cluster on = open();
  consumer in(on, config);
  EXPECT_GT(read(in, 5s).size(), 500u);
  for (std::size_t node = 0; node < 3; ++node) EXPECT_LE(asked(node), 11u) << "of node " << node;
}

// The long polls of the others end at different times: there is never so much room but for who waits for it.
TEST_F(short_room, a_batch_larger_than_the_room_is_waited_for_by_the_others) {
  batch_shape large;
  large.values = {std::string(300'000, 'x')};
  logs[{"orders", 1}] = {.data = make_batch(large), .end = 1};
  on_fetch = [this](const FetchRequest&, FetchResponse&, call& from) {
    // A broker that does not send a first batch whole which is larger than the partition's share.
    most = from.node == 1
               ? static_cast<std::size_t>(fetches.back().parts.empty() ? 1'024 : fetches.back().parts[0].max_bytes)
               : 2'000;
    if (from.node != 2 || asked(2) > 1) return false;
    from.hold = 200ms;
    return true;
  };
  consumer_config config = narrow();
  config.max_partition_fetch_bytes = 1'024;
  config.prefetch_bytes = 200'000;
  cluster on = open();
  consumer in(on, config);
  EXPECT_EQ(read(in, 2s).size(), 1u);
  EXPECT_TRUE(errors.empty()) << errors[0].why.message();
}

TEST_F(short_room, with_room_for_all_each_broker_waits_for_data_itself) {
  append({"orders", 1}, 1'000);
  consumer_config config = narrow();
  config.prefetch_bytes = 1 << 20;
  cluster on = open();
  consumer in(on, config);
  EXPECT_EQ(read(in, 2s), texts(0, 1'000));
  for (const seen_fetch& one : fetches) EXPECT_EQ(one.waits, max_wait);
}

}  // namespace
}  // namespace ottla::test
