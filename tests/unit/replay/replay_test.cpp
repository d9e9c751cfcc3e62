// What is sent back, where to, in which form; what is left, and found by a later replay.
#include "fixture.hpp"

namespace ottla::test {
namespace {

using outcome = replayed_letter::outcome;

TEST(Replay, each_letter_goes_back_into_the_partition_it_came_from_as_it_was) {
  replays on;
  on.letter(0, 7, {"orders", 2}, "no stock");
  const auto done = on.replay();
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(done->sent, 1u);
  const auto records = on.kit.broker().records("orders", 2);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, "k2");
  EXPECT_EQ(records[0].value, "7");
  EXPECT_EQ(records[0].timestamp, 1'700'000'000'007);
  const auto was = on.kit.broker().records(letters, 0)[0].headers;
  auto wanted = was;
  for (auto& [name, value] : wanted) {
    if (name == "x-retry-count") value = "0";
  }
  wanted.emplace_back("x-replayed-from", "orders-dlq/0/0");
  EXPECT_EQ(records[0].headers, wanted);
}

TEST(Replay, again_sends_nothing_again_and_then_only_what_came_since) {
  replays on;
  on.some_letters(10);
  ASSERT_EQ(on.replay()->sent, 10u);
  on.expect_each_once("first");
  const auto again = on.replay();
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(again->sent, 0u);
  on.letter(1, 10, {});
  EXPECT_EQ(on.replay()->sent, 1u);
  on.expect_each_once("again");
}

TEST(Replay, what_was_not_wanted_stays_and_is_found_later) {
  replays on;
  on.some_letters(12);
  auto how = replays::options();
  how.wanted = [](const dead_letter_note& note) { return note.error == "error 1"; };
  const auto first = on.replay(how);
  ASSERT_TRUE(first.has_value()) << first.error().message();
  EXPECT_EQ(first->sent, 4u);
  EXPECT_EQ(first->not_wanted, 8u);
  const auto rest = on.replay();
  ASSERT_TRUE(rest.has_value()) << rest.error().message();
  EXPECT_EQ(rest->sent, 8u);
  EXPECT_GT(rest->earlier, 0u);
  for (const auto& [value, count] : on.counts()) EXPECT_EQ(count, 1) << value;
  EXPECT_EQ(on.counts().size(), 12u);
}

TEST(Replay, max_is_kept_exactly_and_the_rest_comes_with_the_next) {
  replays on;
  on.some_letters(11);
  auto how = replays::options();
  how.max = 4;
  for (const std::uint64_t wanted : {4u, 4u, 3u, 0u}) {
    const auto some = on.replay(how);
    ASSERT_TRUE(some.has_value()) << some.error().message();
    EXPECT_EQ(some->sent, wanted);
  }
  on.expect_each_once("by fours");
}

TEST(Replay, all_go_where_they_are_told_by_their_keys) {
  replays on;
  ASSERT_EQ(on.kit.broker().create_topic("elsewhere", 3), "");
  on.some_letters(10);
  auto how = replays::options();
  how.to = "elsewhere";
  ASSERT_EQ(on.replay(how)->sent, 10u);
  auto through = on.kit.open();
  producer out(*through);
  for (int partition = 0; partition < 3; ++partition) {
    for (const auto& one : on.kit.broker().records("elsewhere", partition)) {
      const auto own = out.topic("elsewhere").deliver({.key = *one.key, .value = "probe"}, 10s);
      ASSERT_TRUE(own.has_value());
      EXPECT_EQ(own->partition, partition) << "a producer puts " << *one.key << " elsewhere";
    }
  }
}

TEST(Replay, what_says_no_origin_or_one_that_is_not_there_is_left_and_told) {
  replays on;
  on.letter(0, 0, {"", -1});
  on.letter(0, 1, {"nowhere", 0});
  on.letter(0, 2, {letters, 0});
  on.letter(0, 3, {});
  auto how = replays::options();
  std::vector<outcome> told;
  how.on_letter = [&](const replayed_letter& one) { told.push_back(one.what); };
  const auto done = on.replay(how);
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(told, (std::vector{outcome::no_origin, outcome::refused, outcome::refused, outcome::sent}));
  EXPECT_EQ(done->no_origin, 1u);
  EXPECT_EQ(done->refused, 2u);
  ASSERT_EQ(on.kit.broker().create_topic("nowhere", 1), "");
  EXPECT_EQ(on.replay()->sent, 1u) << "once its topic is there";
}

TEST(Replay, a_dry_run_tells_and_changes_nothing) {
  replays on;
  on.some_letters(6);
  auto how = replays::options();
  how.dry_run = true;
  std::vector<topic_partition> to;
  how.on_letter = [&](const replayed_letter& one) {
    EXPECT_EQ(one.what, outcome::would_send);
    to.push_back(one.to);
  };
  EXPECT_EQ(on.replay(how)->sent, 6u);
  EXPECT_EQ(to.size(), 6u);
  EXPECT_TRUE(on.counts().empty());
  EXPECT_EQ(on.replay()->sent, 6u);
  EXPECT_EQ(on.replay(how)->sent, 0u);
}

TEST(Replay, a_letter_that_is_refused_holds_up_no_other) {
  replays on;
  ASSERT_EQ(on.kit.broker().create_topic("small", 1, 1, {{"max.message.bytes", "2000"}}), "");
  for (int i = 0; i < 5; ++i) on.letter(0, i, {"small", 0}, std::string(i == 2 ? 1000 : 10, 'e'));
  auto how = replays::options();
  how.batch_records = 100;
  ASSERT_EQ(on.kit.broker().create_topic("tiny", 1, 1, {{"max.message.bytes", "900"}}), "");
  how.to = "tiny";
  const auto done = on.replay(how);
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(done->sent, 4u);
  EXPECT_EQ(done->refused, 1u);
  EXPECT_EQ(on.counts({"tiny"}).size(), 4u);
  EXPECT_EQ(on.replay()->sent, 1u) << "to where it came from it fits";
}

TEST(Replay, more_gaps_than_can_be_remembered_stop_it_and_nothing_is_lost_or_doubled) {
  replays on;
  for (int i = 0; i < 360; ++i) on.letter(0, i, {}, i % 2 == 0 ? "even" : "odd");
  auto how = replays::options();
  how.batch_records = 10;
  how.max_note_bytes = 300;
  auto some = how;
  some.wanted = [](const dead_letter_note& note) { return note.error == "odd"; };
  const auto stopped = on.replay(some);
  ASSERT_FALSE(stopped.has_value());
  EXPECT_NE(stopped.error().message().find("--error-matches"), std::string::npos) << stopped.error().message();
  const auto rest = on.replay(how);
  ASSERT_TRUE(rest.has_value()) << rest.error().message();
  const auto seen = on.counts();
  EXPECT_EQ(seen.size(), 360u);
  for (const auto& [value, count] : seen) EXPECT_EQ(count, 1) << value;
}

TEST(Replay, a_group_that_others_use_is_not_touched) {
  replays on;
  on.some_letters(2);
  auto through = on.kit.open();
  const group_offset foreign{letters, 0, 1, -1, "mine"};
  ASSERT_TRUE(admin(*through).alter_group_offsets(group, {&foreign, 1}).has_value());
  const auto refused = on.replay();
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message().find("not written by a replay"), std::string::npos);
}

// The second begins while the first is at work: the first's thread waits below it on the stack, and its core goes on.
TEST(Replay, of_two_that_run_one_is_refused_and_each_letter_is_sent_once) {
  int refused = 0;
  for (auto when = 10ms; when < 200ms; when += 10ms) {
    replays on;
    on.some_letters(12);
    result<replay_summary> second{replay_summary{}};
    on.kit.world().at(on.kit.now() + when, [&] { second = on.replay(); });
    const auto first = on.replay();
    const std::string story = "the second after " + std::to_string(when.count()) + " ms";
    ASSERT_TRUE(first.has_value()) << story << ": " << first.error().message();
    on.kit.run_for(200ms);
    if (!second) {
      EXPECT_TRUE(second.error().is(protocol::error_code::non_empty_group)) << second.error().message();
      ++refused;
    }
    on.expect_each_once(story);
  }
  EXPECT_GT(refused, 2);
}

}  // namespace
}  // namespace ottla::test
