// C-15: a batch that its broker finds too large is cut in two, and nothing but its size changes (KIP-126).
#include "fixture.hpp"

namespace ottla {
namespace {

using test::acknowledge;
using test::refuse;

using splitting = producing;

TEST_F(splitting, C_15_both_halves_keep_their_share_of_the_sequences) {
  start();
  for (const char* value : {"a", "b", "c", "d", "e"}) send(value);
  auto whole = next();
  ASSERT_EQ(whole.only().values.size(), 5u);
  refuse(brokers, whole, error_code::message_too_large);
  auto first = next();
  EXPECT_EQ(first.only().values, (lines{"a", "b"}));
  EXPECT_EQ(first.only().header.base_sequence, 0);
  EXPECT_EQ(first.only().header.last_offset_delta, 1);
  EXPECT_EQ(waiting(), 0u);  // in order: the second half waits
  acknowledge(brokers, first, 100);
  auto second = next();
  EXPECT_EQ(second.only().values, (lines{"c", "d", "e"}));
  EXPECT_EQ(second.only().header.base_sequence, 2);
  EXPECT_EQ(second.only().header.producer_epoch, first.only().header.producer_epoch);
  acknowledge(brokers, second, 102);
  EXPECT_EQ(told, (lines{"a@100", "b@101", "c@102", "d@103", "e@104"}));
}

TEST_F(splitting, C_15_goes_on_until_single_records_and_only_those_can_fail) {
  start();
  for (const char* value : {"a", "b", "huge", "c"}) send(value);
  std::int64_t offset = 0;
  for (int i = 0; i < 20 && told.size() < 4; ++i) {
    brokers.advance(1s);
    auto request = next();
    const auto& values = request.only().values;
    if (std::find(values.begin(), values.end(), "huge") != values.end()) {
      refuse(brokers, request, error_code::message_too_large);
    } else {
      acknowledge(brokers, request, offset);
      offset += static_cast<std::int64_t>(values.size());
    }
  }
  EXPECT_EQ(told, (lines{"a@0", "b@1", "huge!MESSAGE_TOO_LARGE", "c@2"}));
}

TEST_F(splitting, C_15_batches_behind_the_split_one_keep_their_numbers) {
  start();
  prove();
  send("a");
  send_now("b");
  send_now("c");
  auto ab = next(), c = next();
  refuse(brokers, ab, error_code::message_too_large);
  refuse(brokers, c, error_code::out_of_order_sequence_number);
  std::vector<std::int32_t> sequences;
  for (int i = 0; i < 3; ++i) {
    brokers.advance(1s);
    auto one = next();
    sequences.push_back(one.only().header.base_sequence);
    acknowledge(brokers, one, 1 + i);
  }
  EXPECT_EQ(sequences, (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(told, (lines{"a@1", "b@2", "c@3"}));
}

TEST_F(splitting, C_15_compressed_batches_are_cut_by_records_too) {
  for (const auto& how : {gzip(), snappy(), lz4(), zstd()}) {
    told.clear();
    start([&](producer_config& c) { c.compression = how; });
    const std::string long_value(3000, 'x');
    for (int i = 0; i < 4; ++i) send(long_value + std::to_string(i));
    auto whole = next();
    ASSERT_EQ(whole.only().header.compression(), how.type);
    refuse(brokers, whole, error_code::message_too_large);
    auto first = next();
    EXPECT_EQ(first.only().header.compression(), how.type);
    EXPECT_EQ(first.only().values, (lines{long_value + "0", long_value + "1"}));
    acknowledge(brokers, first, 0);
    auto second = next();
    EXPECT_EQ(second.only().values, (lines{long_value + "2", long_value + "3"}));
    acknowledge(brokers, second, 2);
    EXPECT_EQ(told.size(), 4u);
    brokers.asked.clear();
    made.reset();
    clients.reset();
  }
}

TEST_F(splitting, C_15_keeps_keys_headers_timestamps_and_cookies_with_their_records) {
  std::vector<std::uint64_t> cookies;
  std::vector<std::int64_t> offsets;
  start([&](producer_config& c) {
    c.on_batch = [&](const batch_delivery& d) {
      for (std::size_t i = 0; i < d.count; ++i) offsets.push_back(d.base_offset + static_cast<std::int64_t>(i));
      cookies.insert(cookies.end(), d.cookies.begin(), d.cookies.end());
    };
  });
  const std::byte two{2};
  const record_header marked[] = {{"h", protocol::bytes_view(&two, 1)}, {"null", std::nullopt}};
  for (std::uint64_t i = 0; i < 4; ++i) {
    record what;
    what.partition = 0;
    if (i != 3) what.value = "v";
    if (i == 2) what.headers = marked;
    if (i == 1) what.key = "";
    what.timestamp = 1'000'000 - static_cast<std::int64_t>(i) * 1000;
    ASSERT_TRUE(orders.send(what, 70 + i));
  }
  refuse(brokers, next(), error_code::record_list_too_large);
  acknowledge(brokers, next(), 0);
  auto second = next();
  EXPECT_EQ(second.only().header.base_timestamp, 998'000);
  EXPECT_EQ(second.only().header.max_timestamp, 998'000);
  protocol::record_cursor cursor(protocol::bytes_view(second.only().bytes).subspan(protocol::batch_header_size), 2);
  protocol::record_data one;
  ASSERT_TRUE(cursor.next(one));
  std::vector<std::string> names;
  for (const auto& header : one.headers()) names.emplace_back(header.name);
  EXPECT_EQ(names, (lines{"h", "null"}));
  ASSERT_TRUE(cursor.next(one));
  EXPECT_FALSE(one.value().has_value());
  EXPECT_EQ(one.timestamp_delta, -1000);
  acknowledge(brokers, second, 2);
  EXPECT_EQ(cookies, (std::vector<std::uint64_t>{70, 71, 72, 73}));
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST_F(splitting, C_15_later_batches_of_the_topic_are_made_smaller) {
  start([](producer_config& c) { c.linger = 1s; });
  prove();
  send_now("x");
  auto x = next();  // the leader is busy: records gather
  for (int i = 0; i < 8; ++i) send(std::string(1000, 'a'));
  brokers.advance(2s);
  auto whole = next();
  EXPECT_EQ(whole.only().values.size(), 8u);
  acknowledge(brokers, x, 1);
  refuse(brokers, whole, error_code::message_too_large);
  for (int i = 0; i < 8; ++i) send(std::string(1000, 'b'));
  std::size_t largest = 0;
  while (waiting() > 0) {
    auto one = next();
    largest = std::max(largest, one.only().values.size());
    acknowledge(brokers, one, 2);
    brokers.advance(2s);
  }
  EXPECT_EQ(told.size(), 17u);
  EXPECT_EQ(largest, 4u);
}

TEST_F(splitting, C_15_a_batch_that_may_be_stored_whole_is_not_cut) {
  start();
  send("a");
  send_now("b");
  refuse(brokers, next(), error_code::request_timed_out);
  brokers.advance(2s);
  refuse(brokers, next(), error_code::message_too_large);
  EXPECT_EQ(told, (lines{"a!MESSAGE_TOO_LARGE?", "b!MESSAGE_TOO_LARGE?"}));
}

TEST_F(splitting, C_15_a_flush_waits_for_both_halves) {
  start();
  send("a");
  send("b");
  int splits = 0;
  const auto inner = brokers.world.answer;
  brokers.world.answer = [&] {
    const bool any = inner();
    if (brokers.asked.empty()) return any;
    const auto one = test::read_produce(std::move(brokers.asked.front()));
    brokers.asked.pop_front();
    const bool large = one.only().values.size() > 1;
    if (large) ++splits;
    test::tell_produce(brokers, one, {{large ? error_code::message_too_large : error_code::none, 0}});
    return true;
  };
  EXPECT_TRUE(made->flush(5s));
  EXPECT_EQ(splits, 1);
  EXPECT_EQ(told.size(), 2u);
  made.reset();  // before what the brokers' script refers to
}

}  // namespace
}  // namespace ottla
