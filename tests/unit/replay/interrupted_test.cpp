// Each letter once, wherever a replay is interrupted: killed, stopped and continued, cut off, while brokers misbehave.
#include "fixture.hpp"

namespace ottla::test {
namespace {

/// Pieces of I/O of a replay that nothing happens to.
int whole_length() {
  for (int at = 0;; at += 8) {
    replays probe;
    probe.some_letters(9);
    if (!probe.interrupted(at, [](sim::sim_host&) {})) return at;
  }
}

TEST(InterruptedReplay, killed_before_any_piece_of_io_each_letter_is_sent_once) {
  const int length = whole_length();
  ASSERT_GT(length, 60);
  for (int at = 0; at < length; ++at) {
    replays on;
    on.some_letters(9);
    if (!on.interrupted(at, [](sim::sim_host& host) { host.die(); })) break;
    const auto next = on.replay();
    ASSERT_TRUE(next.has_value()) << "killed at " << at << ": " << next.error().message();
    on.expect_each_once("killed at " + std::to_string(at));
    EXPECT_EQ(on.replay()->sent, 0u);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(InterruptedReplay, killed_twice_in_a_row_each_letter_is_sent_once) {
  const int length = whole_length();
  for (int at = 20; at < length; at += 7) {
    for (int then = 30; then < length; then += 11) {
      replays on;
      on.some_letters(9);
      if (!on.interrupted(at, [](sim::sim_host& host) { host.die(); })) return;
      on.interrupted(then, [](sim::sim_host& host) { host.die(); });
      const std::string story = "killed at " + std::to_string(at) + " and " + std::to_string(then);
      const auto next = on.replay();
      ASSERT_TRUE(next.has_value()) << story << ": " << next.error().message();
      on.expect_each_once(story);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// The one that was stopped is given up by the group, the next one does its work and more, and then it goes on, perhaps
// in the middle of sending a batch.
TEST(InterruptedReplay, stopped_until_another_has_finished_and_then_continued_each_letter_is_sent_once) {
  const int length = whole_length();
  for (int at = 0; at < length; ++at) {
    replays on;
    on.some_letters(9);
    result<replay_summary> other{replay_summary{}};
    const bool came = on.interrupted(at, [&](sim::sim_host& host) {
      host.freeze();
      other = on.replay();
      host.thaw();
    });
    if (!came) break;
    const std::string story = "stopped at " + std::to_string(at);
    EXPECT_TRUE(other.has_value()) << story << ": " << other.error().message();
    const auto next = on.replay();
    ASSERT_TRUE(next.has_value()) << story << ": " << next.error().message();
    on.expect_each_once(story);
    if (::testing::Test::HasFailure()) return;
  }
}

// Not the process but its thread: the core goes on, loses the partitions, and takes a request afterwards. What was
// planned was refused in the other replay's hands, so its identity is as new, and the letters were sent under another.
TEST(InterruptedReplay, a_thread_that_stood_still_once_it_was_allowed_to_send_sends_nothing_any_more) {
  const int length = whole_length();
  int behind_another = 0;
  for (int at = 0; at < length; ++at) {
    replays on;
    on.some_letters(9);
    const bool came = on.interrupted(at, [&](sim::sim_host&) {
      sim::world& where = on.kit.world();
      where.at(where.now() + 1us, [&] {
        on.kit.broker().inject({.key = protocol::api_key::heartbeat, .error = protocol::error_code::unknown_member_id});
        on.kit.broker().inject(
            {.key = protocol::api_key::produce, .error = protocol::error_code::topic_authorization_failed});
        for (int i = 0; i < 2; ++i) behind_another += on.replay().has_value() ? 1 : 0;
      });
    });
    if (!came) break;
    const std::string story = "stood still at " + std::to_string(at);
    for (int i = 0; i < 3; ++i) (void)on.replay();  // what was refused once, and what waited for a session to end
    for (const auto& [value, count] : on.counts()) EXPECT_EQ(count, 1) << "letter " << value << ", " << story;
    EXPECT_EQ(on.counts().size(), static_cast<std::size_t>(on.written)) << story;
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(behind_another, 0) << "no replay ran while another one stood still";
}

TEST(InterruptedReplay, what_brokers_do_to_its_requests_doubles_nothing) {
  using mock::fault_action;
  using protocol::api_key;
  for (const api_key key : {api_key::produce, api_key::offset_commit, api_key::offset_fetch, api_key::init_producer_id,
                            api_key::list_offsets, api_key::fetch, api_key::join_group, api_key::heartbeat}) {
    for (const fault_action action : {fault_action::close_after, fault_action::close_before,
                                      fault_action::close_mid_frame, fault_action::drop_answer, fault_action::delay}) {
      for (int which = 0; which < 3; ++which) {
        replays on;
        on.some_letters(9);
        const std::string story = "API " + std::to_string(static_cast<int>(key)) + ", action " +
                                  std::to_string(static_cast<int>(action)) + ", request " + std::to_string(which);
        if (which > 0) on.kit.broker().inject({.key = key, .action = fault_action::delay, .count = which, .hold = 1ms});
        on.kit.broker().inject({.key = key, .action = action, .hold = 8s});
        (void)on.replay();  // it may have given up
        const auto next = on.replay();
        ASSERT_TRUE(next.has_value()) << story << ": " << next.error().message();
        on.expect_each_once(story);
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(InterruptedReplay, errors_that_leave_it_open_whether_a_batch_was_stored_double_nothing) {
  using protocol::error_code;
  for (const error_code code : {error_code::request_timed_out, error_code::not_enough_replicas_after_append,
                                error_code::not_leader_or_follower, error_code::leader_not_available}) {
    replays on;
    on.some_letters(9);
    on.kit.broker().inject({.key = protocol::api_key::produce, .action = mock::fault_action::close_after, .count = 1});
    on.kit.broker().inject(
        {.key = protocol::api_key::produce, .action = mock::fault_action::answer_error, .count = 2, .error = code});
    const auto done = on.replay();
    ASSERT_TRUE(done.has_value()) << done.error().message();
    on.expect_each_once(std::string(protocol::name(code)));
  }
}

// Brokers forget a producer by the time of what it wrote, so one of old letters whenever they look.
TEST(InterruptedReplay, an_answer_that_is_lost_doubles_nothing_though_brokers_forget_who_sent_it) {
  using mock::fault_action;
  for (const fault_action action : {fault_action::drop_answer, fault_action::close_after}) {
    for (int which = 0; which < 4; ++which) {
      replays on;
      on.some_letters(9);
      for (auto when = 0ms; when < 40s; when += 200ms) {
        on.kit.world().at(on.kit.now() + when, [&] {
          for (int id = 0; id < 1'100; ++id) on.kit.broker().expire_producer(id);
        });
      }
      const auto produce = protocol::api_key::produce;
      if (which > 0)
        on.kit.broker().inject({.key = produce, .action = fault_action::delay, .count = which, .hold = 1ms});
      on.kit.broker().inject({.key = produce, .action = action});
      const auto done = on.replay();
      ASSERT_TRUE(done.has_value()) << done.error().message();
      on.expect_each_once("answer " + std::to_string(which) + " lost");
      EXPECT_EQ(on.replay()->sent, 0u);
    }
  }
}

// The answer comes when nobody waits for it any more, and who asks again may no more write there.
TEST(InterruptedReplay, a_refusal_behind_an_answer_that_came_too_late_is_not_believed) {
  replays on;
  on.some_letters(9);
  const auto produce = protocol::api_key::produce;
  on.kit.broker().inject({.key = produce, .action = mock::fault_action::delay, .hold = 5'100ms});
  on.kit.broker().inject({.key = produce,
                          .action = mock::fault_action::answer_error,
                          .count = 1,
                          .error = protocol::error_code::topic_authorization_failed});
  const auto first = on.replay();
  ASSERT_TRUE(first.has_value()) << first.error().message();
  EXPECT_EQ(first->refused, 1u) << "it is believed where nothing was sent before";
  ASSERT_TRUE(on.replay().has_value());
  for (const auto& [value, count] : on.counts()) EXPECT_EQ(count, 1) << value;
  EXPECT_EQ(on.counts().size(), 9u);
}

/// Kills a replay behind its first batch, before that is remembered. False if there is no such place at `at`.
bool killed_behind_a_batch(replays& on, int at) {
  return on.interrupted(at, [&](sim::sim_host& host) { host.die(); }) && !on.counts().empty();
}

TEST(InterruptedReplay, the_marker_tells_when_the_broker_has_forgotten_the_producer) {
  for (int at = 30; at < 120; ++at) {
    replays on;
    on.some_letters(9);
    if (!killed_behind_a_batch(on, at)) continue;
    for (int id = 0; id < 5'000; ++id) on.kit.broker().expire_producer(id);
    ASSERT_TRUE(on.replay().has_value());
    on.expect_each_once("killed at " + std::to_string(at) + ", producers expired");
  }
}

TEST(InterruptedReplay, a_log_that_was_cut_is_doubt_and_the_caller_decides) {
  int doubts = 0;
  for (int at = 30; at < 120 && doubts < 3; ++at) {
    for (const replay_doubt choice : {replay_doubt::send, replay_doubt::leave_out}) {
      replays on;
      for (int i = 0; i < 3; ++i) on.letter(0, i, {"payments", 0});
      if (!killed_behind_a_batch(on, at)) continue;
      const auto end = on.kit.broker().partition("payments", 0)->high_watermark;
      ASSERT_TRUE(on.kit.broker().cut_front("payments", 0, end, on.kit.world().broker_time()));
      for (int id = 0; id < 5'000; ++id) on.kit.broker().expire_producer(id);
      const auto stopped = on.replay();
      if (stopped) {  // it had been remembered
        EXPECT_EQ(stopped->sent, 0u);
        continue;
      }
      EXPECT_NE(stopped.error().message().find("--in-doubt"), std::string::npos) << stopped.error().message();
      auto how = replays::options();
      how.in_doubt = choice;
      const auto settled = on.replay(how);
      ASSERT_TRUE(settled.has_value()) << settled.error().message();
      EXPECT_EQ(settled->sent, choice == replay_doubt::send ? 3u : 0u);
      EXPECT_EQ(on.replay()->sent, 0u);
      ++doubts;
    }
  }
  EXPECT_GT(doubts, 0);
}

}  // namespace
}  // namespace ottla::test
