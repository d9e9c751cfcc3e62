// Reading from the dev broker in virtual time: starts, seeks, pauses, bounds, look-ups, closing.
#include "simulated.hpp"

namespace ottla::test {
namespace {

class reading : public simulated {
 protected:
  reading() : simulated(1) { where.cluster().create_topic("orders", 3, 1); }
};

TEST_F(reading, all_records_of_a_topic_come_once_and_in_order) {
  fill("orders", 1, 100);
  cluster on = open();
  consumer in(on, {.topics = {"orders"}, .start = earliest});
  EXPECT_EQ(read(in, 100), numbers(0, 100));
  EXPECT_EQ(in.position({"orders", 1}), 100);
  EXPECT_TRUE(in.close(1s).has_value());
}

TEST_F(reading, every_codec_is_read) {
  int from = 0;
  for (const codec type : {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd}) {
    fill("orders", 0, 40, 20, type);
    cluster on = open();
    consumer in(on, {.partitions = {{"orders", 0, at_offset(from)}}});
    EXPECT_EQ(read(in, 40), numbers(from, from + 40));
    from += 40;
  }
}

TEST_F(reading, keys_values_and_headers_come_as_they_were_sent_null_is_not_empty) {
  {
    cluster on = open();
    producer out(on, {});
    topic to = out.topic("orders");
    const std::vector<record_header> headers{
        {"trace", std::as_bytes(std::span("abc", 3))}, {"", std::nullopt}, {"trace", bytes_view{}}};
    record full;
    full.key = "key";
    full.value = "";
    full.headers = headers;
    full.partition = 2;
    full.timestamp = 1'234;
    ASSERT_TRUE(to.send(full).has_value());
    record bare;
    bare.partition = 2;
    bare.headers = std::span(headers).first(2);
    ASSERT_TRUE(to.send(bare).has_value());
    ASSERT_TRUE(out.close(5s).has_value());
  }
  cluster on = open();
  consumer in(on, {.partitions = {{"orders", 2, earliest}}});
  const auto got = in.poll(5s);
  ASSERT_TRUE(got.has_value());
  ASSERT_EQ(got->count(), 2u);
  auto at = got->records().begin();
  const record_view full = *at;
  const record_view bare = *++at;
  EXPECT_TRUE(++at == std::default_sentinel);

  const auto check = [](const auto& one, std::size_t headers) {
    std::vector<std::pair<std::string, bool>> seen;
    for (const auto h : one.headers()) seen.emplace_back(h.name, h.value.has_value());
    std::vector<std::pair<std::string, bool>> want{{"trace", true}, {"", false}, {"trace", true}};
    want.resize(headers);
    EXPECT_EQ(seen, want);
  };
  check(full, 3);
  check(full.to_owned(), 3);
  check(bare, 2);
  check(bare.to_owned(), 2);
  EXPECT_EQ(full.key().text(), "key");
  EXPECT_EQ(full.to_owned().key().text(), "key");
  EXPECT_FALSE(full.value().is_null());
  EXPECT_EQ(full.to_owned().value().size(), 0u);
  EXPECT_FALSE(full.to_owned().value().is_null());
  EXPECT_TRUE(bare.key().is_null());
  EXPECT_TRUE(bare.to_owned().value().is_null());
  EXPECT_EQ(full.timestamp(), 1'234);
  EXPECT_EQ(full.to_owned().timestamp(), 1'234);
  EXPECT_EQ(full.topic(), "orders");
  EXPECT_EQ(full.partition(), 2);
  EXPECT_EQ(full.header("trace").size(), 0u) << "the last of a name counts";
  EXPECT_FALSE(full.header("trace").is_null());
  EXPECT_EQ(bare.header("trace").text(), "abc");
  EXPECT_TRUE(bare.header("none").is_null());
}

TEST_F(reading, what_is_written_while_we_wait_comes_at_once) {
  cluster on = open();
  consumer in(on, {.topics = {"orders"}, .start = latest});
  ASSERT_TRUE(in.wait_assignment(1s).has_value());
  ASSERT_TRUE(in.position({"orders", 0}, 1s).has_value());
  ASSERT_TRUE(in.poll(2s)->empty());
  fill("orders", 0, 10);
  const steady_ns before = where.now();
  EXPECT_EQ(read(in, 10), numbers(0, 10));
  EXPECT_LT(where.now() - before, 100ms);
  const auto marks = in.watermarks({"orders", 0});
  ASSERT_TRUE(marks.has_value());
  EXPECT_EQ(marks->high_watermark, 10);
  EXPECT_EQ(marks->log_start, 0);
}

class reading_three : public simulated {
 protected:
  reading_three() : simulated(3) { where.cluster().create_topic("orders", 3, 3); }
};

TEST_F(reading_three, leaders_that_move_and_brokers_that_die_lose_and_double_nothing) {
  cluster on = open();
  consumer in(on, {.partitions = {{"orders", 0, earliest}}});
  for (int round = 0; round < 6; ++round) {
    fill("orders", 0, 30);
    if (round % 2 == 0) {
      where.cluster().move_leader(
          "orders", 0, static_cast<std::size_t>(round / 2 + 1) % 3,
          {where.now().time_since_epoch(), std::chrono::milliseconds(where.wall_clock()->load())});
    } else {
      where.cluster().restart(static_cast<std::size_t>(round / 2));
    }
    EXPECT_EQ(read(in, 30), numbers(30 * round, 30 * round + 30)) << "round " << round << "\n" << log;
  }
  EXPECT_TRUE(errors.empty());
}

}  // namespace
}  // namespace ottla::test
