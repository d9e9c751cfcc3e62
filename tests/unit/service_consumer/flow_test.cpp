// The flow alone: records in, turns out, reports in, decisions out. Several turns are out at once, as with workers.
#include <set>

#include "parts.hpp"

namespace ottla::test {
namespace {

class flow_alone : public parts_of_polls {
 protected:
  service_consumer_options with = options();
  random_stream rng{1};
  error failure{client_code::broker_unreachable, {}};
};

TEST_F(flow_alone, a_partition_is_one_turn_at_a_time_and_partitions_go_side_by_side) {
  flow machine(with, rng);
  machine.add(part(0, 5), at(0ns));
  machine.add(part(0, 5), at(0ns));
  machine.add(part(1, 5), at(0ns));
  auto first = machine.take(), second = machine.take();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->from->of->where(), second->from->of->where());
  EXPECT_FALSE(machine.take()) << "the rest of partition 0 waits for its first turn";
  turn_report end = done_with(*first, 3);
  machine.report(std::move(*first), std::move(end), at(0s));
  first = machine.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(front(*first), "3") << "a turn that is over goes on where it stopped";
  end = all_done(*first);
  machine.report(std::move(*first), std::move(end), at(0s));
  first = machine.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->run.front().offset(), 5);
  EXPECT_EQ(position(machine, 0), 5);
}

TEST_F(flow_alone, a_retry_holds_up_its_partition_alone_until_it_is_due) {
  flow machine(with, rng);
  machine.add(part(0, 5), at(0ns));
  machine.add(part(1, 5), at(0ns));
  auto first = machine.take(), second = machine.take();
  turn_report end = fails(*first, 2, retry("busy"));
  EXPECT_TRUE(machine.report(std::move(*first), std::move(end), at(10s)));
  EXPECT_EQ(machine.next_deadline(), steady_ns(11s));
  end = all_done(*second);
  machine.report(std::move(*second), std::move(end), at(10s));
  machine.add(part(1, 5), at(0ns));
  second = machine.take();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->from->of->where(), orders(1));
  EXPECT_FALSE(machine.take());
  machine.fire(steady_ns(11s - 1ns));
  EXPECT_FALSE(machine.take());
  machine.fire(steady_ns(11s));
  first = machine.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(front(*first), "2");
  EXPECT_EQ(first->tries, 1);
  EXPECT_EQ(first->why, "busy");
  end = fails(*first, 0, retry_in(7s, "still"));
  machine.report(std::move(*first), std::move(end), at(11s));
  EXPECT_EQ(machine.next_deadline(), steady_ns(18s)) << "the verdict's own pause";
  machine.fire(steady_ns(18s));
  first = machine.take();
  EXPECT_EQ(first->tries, 2);
  end = done_with(*first, 1);
  machine.report(std::move(*first), std::move(end), at(18s));
  first = machine.take();
  EXPECT_EQ(first->tries, 0) << "tries are those of one message";
  EXPECT_TRUE(first->why.empty());
}

TEST_F(flow_alone, keys_wait_for_themselves_alone) {
  with.order = message_order::key;
  with.key_lanes = 64;
  flow machine(with, rng);
  machine.add(part(0, {{"a", "a0"}, {"b", "b0"}, {"a", "a1"}, {"b", "b1"}, {"c", "c0"}}), at(0ns));
  std::map<std::string, std::vector<std::string>> handled;
  std::size_t out_at_once = 0;
  std::vector<lane_turn> turns;
  while (auto turn = machine.take()) turns.push_back(std::move(*turn));
  out_at_once = turns.size();
  EXPECT_EQ(out_at_once, 3u) << "each key of its own";
  for (lane_turn& turn : turns) {
    const std::string key(turn.run.front().key().text());
    turn_report end = key == "a" ? fails(turn, 0, retry("busy")) : turn_report{};
    if (key != "a") {
      for (; !turn.run.ended(); ++end.handled) {
        handled[key].push_back(front(turn));
        end.last = turn.run.front().offset();
        (void)turn.from->of->tracked->finished(end.last);
        turn.run.next();
      }
    }
    machine.report(std::move(turn), std::move(end), at(0s));
  }
  EXPECT_EQ(handled["b"], (std::vector<std::string>{"b0", "b1"}));
  EXPECT_EQ(handled["c"], (std::vector<std::string>{"c0"}));
  EXPECT_EQ(position(machine, 0), -1) << "a0 is not finished, and it is the first";
  machine.add(part(0, {{"a", "a2"}, {"b", "b2"}}), at(0ns));
  auto next = machine.take();
  ASSERT_TRUE(next);
  EXPECT_EQ(front(*next), "b2");
  EXPECT_FALSE(machine.take()) << "a1 and a2 wait behind a0";
  machine.fire(steady_ns(1s));
  auto again = machine.take();
  ASSERT_TRUE(again);
  EXPECT_EQ(front(*again), "a0");
  turn_report end = all_done(*again);
  machine.report(std::move(*again), std::move(end), at(1s));
  EXPECT_EQ(position(machine, 0), 5) << "all of the first part";
}

TEST_F(flow_alone, messages_without_a_key_spread_over_the_lanes) {
  with.order = message_order::key;
  with.key_lanes = 4;
  flow machine(with, rng);
  machine.add(part(0, 8), at(0ns));
  std::vector<std::size_t> sizes;
  while (auto turn = machine.take()) sizes.push_back(turn->run.left());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 2, 2}));
}

TEST_F(flow_alone, without_an_order_whoever_is_free_takes_the_next_and_a_retry_goes_alone) {
  with.order = message_order::none;
  flow machine(with, rng);
  machine.add(part(0, 130), at(0ns));
  auto first = machine.take(), second = machine.take(), third = machine.take();
  ASSERT_TRUE(first && second && third);
  EXPECT_EQ(first->run.left(), 64u);
  EXPECT_EQ(third->run.left(), 2u);
  EXPECT_FALSE(machine.take());
  turn_report end = fails(*first, 10, retry("busy"));
  machine.report(std::move(*first), std::move(end), at(0s));
  first = machine.take();
  ASSERT_TRUE(first) << "what was behind the failed one does not wait";
  EXPECT_EQ(front(*first), "11");
  EXPECT_EQ(first->tries, 0);
  for (auto* one : {&first, &second, &third}) {
    end = all_done(**one);
    machine.report(std::move(**one), std::move(end), at(0s));
  }
  EXPECT_EQ(position(machine, 0), 10) << "up to the one that waits";
  EXPECT_EQ(machine.stats().held_records, 1u);
  machine.fire(steady_ns(1s));
  auto alone = machine.take();
  ASSERT_TRUE(alone);
  EXPECT_EQ(front(*alone), "10");
  EXPECT_EQ(alone->tries, 1);
  end = all_done(*alone);
  machine.report(std::move(*alone), std::move(end), at(1s));
  EXPECT_EQ(position(machine, 0), 130);
  EXPECT_FALSE(machine.busy());
  EXPECT_EQ(machine.stats().held_bytes, 0u);
}

TEST_F(flow_alone, the_position_is_the_first_record_that_is_not_finished) {
  with.order = message_order::key;
  flow machine(with, rng);
  machine.add(part(0, {{"a", "0"}, {"b", "1"}, {"c", "2"}}), at(0ns));
  std::map<std::string, lane_turn> turns;
  while (auto turn = machine.take()) {
    const std::string value = front(*turn);
    turns.emplace(value, std::move(*turn));
  }
  const auto finish = [&](const std::string& value) {
    auto turn = turns.extract(value);
    turn_report end = all_done(turn.mapped());
    machine.report(std::move(turn.mapped()), std::move(end), at(0s));
  };
  finish("2");
  EXPECT_EQ(position(machine, 0), -1);
  finish("0");
  EXPECT_EQ(position(machine, 0), 1);
  finish("1");
  EXPECT_EQ(position(machine, 0), 3);
}

TEST_F(flow_alone, a_partition_above_its_bound_is_paused_until_half_of_it) {
  with.max_partition_records = 20;
  flow machine(with, rng);
  machine.add(part(0, 19), at(0ns));
  EXPECT_TRUE(machine.take_pauses().pause.empty());
  machine.add(part(0, 1), at(0ns));
  machine.add(part(1, 5), at(0ns));
  EXPECT_EQ(machine.take_pauses().pause, (std::vector<topic_partition>{orders(0)}));
  auto turn = machine.take();
  turn_report end = done_with(*turn, 9);
  EXPECT_FALSE(machine.report(std::move(*turn), std::move(end), at(0s))) << "11 are left: no news";
  EXPECT_TRUE(machine.take_pauses().resume.empty());
  (void)machine.take();  // partition 1
  turn = machine.take();
  end = done_with(*turn, 2);
  EXPECT_TRUE(machine.report(std::move(*turn), std::move(end), at(0s))) << "who polls must hear of it";
  const flow_pauses changes = machine.take_pauses();
  EXPECT_EQ(changes.resume, (std::vector<topic_partition>{orders(0)}));
  EXPECT_TRUE(changes.pause.empty());
}

TEST_F(flow_alone, bytes_are_held_until_the_last_record_of_a_part_is_finished) {
  with.max_partition_bytes = 1'000;
  flow machine(with, rng);
  machine.add(part(0, {{"k", std::string(600, 'x')}, {"k", std::string(600, 'y')}}), at(0ns));
  EXPECT_GE(machine.stats().held_bytes, 1'200u);
  EXPECT_EQ(machine.take_pauses().pause.size(), 1u);
  auto turn = machine.take();
  turn_report end = done_with(*turn, 1);
  machine.report(std::move(*turn), std::move(end), at(0s));
  EXPECT_TRUE(machine.take_pauses().resume.empty());
  turn = machine.take();
  end = all_done(*turn);
  machine.report(std::move(*turn), std::move(end), at(0s));
  EXPECT_EQ(machine.take_pauses().resume.size(), 1u);
  EXPECT_EQ(machine.stats().held_bytes, 0u);
}

TEST_F(flow_alone, when_all_hold_too_much_those_above_their_share_wait) {
  with.max_held_records = 30;
  flow machine(with, rng);
  machine.assigned(orders(2));
  machine.add(part(0, 25), at(0ns));
  machine.add(part(1, 5), at(0ns));
  EXPECT_EQ(machine.take_pauses().pause, (std::vector<topic_partition>{orders(0)})) << "a share is 10";
}

TEST_F(flow_alone, a_partition_far_ahead_of_its_position_is_paused) {
  with.order = message_order::none;
  with.max_ahead = 100;
  flow machine(with, rng);
  machine.add(part(0, 64), at(0ns));
  auto stuck = machine.take();  // a handler that does not come back
  machine.add(part(0, 36), at(0ns));
  auto turn = machine.take();
  turn_report end = all_done(*turn);
  machine.report(std::move(*turn), std::move(end), at(0s));
  EXPECT_EQ(machine.take_pauses().pause.size(), 1u) << "the crash would deliver 36 again";
  end = all_done(*stuck);
  machine.report(std::move(*stuck), std::move(end), at(0s));
  EXPECT_EQ(machine.take_pauses().resume.size(), 1u);
}

TEST_F(flow_alone, what_waits_is_copied_out_of_its_response) {
  flow machine(with, rng);
  machine.add(part(0, {{"a", "0"}, {"a", "1"}, {"a", "2"}}), at(0ns));
  auto turn = machine.take();
  turn_report end = fails(*turn, 1, retry("busy"));
  machine.report(std::move(*turn), std::move(end), at(0s));
  machine.detach();
  machine.detach();
  machine.fire(steady_ns(1s));
  turn = machine.take();
  EXPECT_EQ(front(*turn), "1");
  EXPECT_EQ(turn->run.left(), 2u);
  end = all_done(*turn);
  machine.report(std::move(*turn), std::move(end), at(1s));
  EXPECT_EQ(position(machine, 0), 3);
}

TEST_F(flow_alone, nothing_is_finished_before_its_dead_letter_is_acknowledged) {
  with.dead_letter = "orders-dlq";
  flow machine(with, rng);
  machine.add(part(0, 3), at(0ns));
  auto turn = machine.take();
  turn_report end = fails(*turn, 0, reject("bad"));
  EXPECT_TRUE(machine.report(std::move(*turn), std::move(end), at(0s)));
  EXPECT_FALSE(machine.take()) << "the messages behind it wait";
  auto letters = machine.take_letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].run.front().offset(), 0);
  EXPECT_EQ(letters[0].tries, 1);
  EXPECT_EQ(letters[0].why, "bad");
  EXPECT_TRUE(machine.take_letters().empty()) << "each once";
  EXPECT_EQ(position(machine, 0), -1);
  EXPECT_TRUE(machine.letter_outcome(letters[0].number, {}, steady_ns(1s)));
  EXPECT_EQ(position(machine, 0), 1);
  EXPECT_FALSE(machine.letter_outcome(letters[0].number, {}, steady_ns(1s))) << "told twice counts once";
  turn = machine.take();
  EXPECT_EQ(front(*turn), "1");
}

TEST_F(flow_alone, a_dead_letter_that_cannot_be_written_stops_its_partition_and_is_tried_again) {
  with.dead_letter = "orders-dlq";
  with.order = message_order::key;
  with.dead_letter_backoff = 100ms;
  with.dead_letter_max_backoff = 300ms;
  flow machine(with, rng);
  machine.add(part(0, {{"a", "bad"}, {"b", "good"}}), at(0ns));
  machine.add(part(1, 2), at(0ns));
  std::optional<lane_turn> bad;
  std::vector<lane_turn> others;
  while (auto turn = machine.take()) {
    if (front(*turn) == "bad") {
      bad = std::move(*turn);
    } else {
      others.push_back(std::move(*turn));
    }
  }
  turn_report end = fails(*bad, 0, reject("bad"));
  machine.report(std::move(*bad), std::move(end), at(0s));
  auto letters = machine.take_letters();
  machine.letter_outcome(letters.at(0).number, failure, steady_ns(0s));
  EXPECT_TRUE(machine.trouble());
  EXPECT_NE(machine.trouble().message().find("orders-0@0 to orders-dlq"), std::string::npos)
      << machine.trouble().message();
  EXPECT_EQ(machine.take_pauses().pause, (std::vector<topic_partition>{orders(0)})) << "that one alone";
  for (lane_turn& turn : others) {
    end = all_done(turn);
    machine.report(std::move(turn), std::move(end), at(0s));
  }
  machine.add(part(0, {{"b", "later"}}), at(0ns));
  machine.add(part(1, 1), at(0ns));
  auto turn = machine.take();
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->from->of->where(), orders(1)) << "nothing of partition 0 is begun, of no key";
  EXPECT_FALSE(machine.take());
  steady_ns now(0s);
  for (const auto pause : {100ms, 200ms, 300ms, 300ms}) {
    EXPECT_EQ(machine.next_deadline(), now + pause);
    now += pause;
    machine.fire(now);
    letters = machine.take_letters();
    ASSERT_EQ(letters.size(), 1u);
    machine.letter_outcome(letters[0].number, failure, now);
  }
  now += 300ms;
  machine.fire(now);
  machine.letter_outcome(machine.take_letters().at(0).number, {}, now);
  EXPECT_FALSE(machine.trouble());
  EXPECT_EQ(machine.take_pauses().resume, (std::vector<topic_partition>{orders(0)}));
  EXPECT_EQ(position(machine, 0), 2);
  turn = machine.take();
  ASSERT_TRUE(turn);
  EXPECT_EQ(front(*turn), "later");
  EXPECT_EQ(machine.stats().letter_failures, 5u);
  EXPECT_EQ(machine.stats().dead_lettered, 1u);
}

TEST_F(flow_alone, what_is_given_up_waits_for_what_runs_and_drops_the_rest) {
  with.dead_letter = "orders-dlq";
  flow machine(with, rng);
  machine.add(part(0, 5), at(0ns));
  machine.add(part(1, 5), at(0ns));
  auto first = machine.take(), second = machine.take();
  turn_report end = fails(*second, 0, reject("bad"));
  machine.report(std::move(*second), std::move(end), at(0s));
  const auto letters = machine.take_letters();
  const std::vector<topic_partition> both{orders(0), orders(1)};
  machine.abandon(both);
  EXPECT_TRUE(first->from->of->abandoned) << "a handler can see it";
  EXPECT_EQ(machine.stats().held_records, 0u);
  EXPECT_FALSE(machine.take());
  EXPECT_FALSE(machine.drained(both));
  EXPECT_TRUE(machine.letter_outcome(letters[0].number, {}, steady_ns(0s)));
  EXPECT_TRUE(machine.drained(std::vector<topic_partition>{orders(1)}));
  EXPECT_FALSE(machine.drained(both));
  end = done_with(*first, 2);
  EXPECT_TRUE(machine.report(std::move(*first), std::move(end), at(0s)));
  EXPECT_TRUE(machine.drained(both));
  EXPECT_EQ(position(machine, 0), 2);
  EXPECT_EQ(position(machine, 1), 1) << "its dead letter arrived in time";
  EXPECT_FALSE(machine.take());
  machine.remove(both);
  EXPECT_TRUE(machine.uncommitted().empty());
}

// Otherwise a clean stop would have messages handled twice.
TEST_F(flow_alone, what_lies_below_a_finished_message_is_handled_before_a_partition_is_given_up) {
  with.order = message_order::none;
  flow machine(with, rng);
  machine.add(part(0, 256), at(0ns));
  auto first = machine.take(), second = machine.take(), third = machine.take();
  turn_report end = done_with(*second, 20);
  machine.report(std::move(*second), std::move(end), at(0s));
  end = fails(*first, 3, retry("busy"));
  machine.report(std::move(*first), std::move(end), at(0s));
  const std::vector<topic_partition> one{orders(0)};
  machine.abandon(one);
  EXPECT_FALSE(machine.drained(one));
  std::set<std::int64_t> begun;
  for (int rounds = 0; rounds < 10; ++rounds) {
    auto turn = machine.take();
    if (!turn) break;
    const auto below =
        static_cast<std::size_t>(std::max<std::int64_t>(turn->from->of->drain_to - turn->run.front().offset(), 0));
    begun.insert(turn->run.front().offset());
    end = done_with(*turn, std::min(below, turn->run.left()));
    machine.report(std::move(*turn), std::move(end), at(0s));
  }
  EXPECT_EQ(begun, (std::set<std::int64_t>{3, 4})) << "the one that waited is tried at once";
  EXPECT_FALSE(machine.drained(one)) << "the third turn is out";
  end = done_with(*third, 1);  // what it was in the middle of
  machine.report(std::move(*third), std::move(end), at(0s));
  while (auto turn = machine.take()) {
    const auto below = static_cast<std::size_t>(turn->from->of->drain_to - turn->run.front().offset());
    begun.insert(turn->run.front().offset());
    end = done_with(*turn, std::min(below, turn->run.left()));
    machine.report(std::move(*turn), std::move(end), at(0s));
  }
  EXPECT_EQ(begun, (std::set<std::int64_t>{3, 4, 84}));
  EXPECT_TRUE(machine.drained(one));
  EXPECT_EQ(position(machine, 0), 129) << "all that is finished, and nothing twice";
}

TEST_F(flow_alone, what_lies_above_a_message_that_fails_again_is_not_begun) {
  with.order = message_order::key;
  flow machine(with, rng);
  machine.add(part(0, {{"a", "0"}, {"b", "1"}, {"c", "2"}, {"d", "3"}}), at(0ns));
  std::map<std::string, lane_turn> turns;
  while (auto turn = machine.take()) {
    const std::string value = front(*turn);
    turns.emplace(value, std::move(*turn));
  }
  const auto report = [&](const std::string& value, bool fine) {
    auto turn = turns.extract(value);
    turn_report end = fine ? all_done(turn.mapped()) : fails(turn.mapped(), 0, retry("busy"));
    machine.report(std::move(turn.mapped()), std::move(end), at(0s));
  };
  report("3", true);
  report("0", false);
  report("2", false);
  const std::vector<topic_partition> one{orders(0)};
  machine.abandon(one);
  while (auto turn = machine.take()) {
    const std::string value = front(*turn);
    turns.emplace(value, std::move(*turn));
  }
  ASSERT_EQ(turns.size(), 3u) << "0 and 2 are tried at once, 1 still runs";
  const flow_partition& of = *turns.at("2").from->of;
  EXPECT_EQ(of.drain_to, 4);
  report("0", false);
  EXPECT_EQ(of.drain_to, 0) << "2 was lined up and not begun: its turn ends there";
  auto turn = turns.extract("2");
  turn_report end;
  machine.report(std::move(turn.mapped()), std::move(end), at(0s));
  EXPECT_FALSE(machine.drained(one));
  report("1", true);
  EXPECT_FALSE(machine.take());
  EXPECT_TRUE(machine.drained(one));
  EXPECT_EQ(position(machine, 0), -1);
}

TEST_F(flow_alone, a_message_that_is_rejected_while_its_partition_is_given_up_is_still_a_dead_letter) {
  with.dead_letter = "orders-dlq";
  flow machine(with, rng);
  machine.add(part(0, 5), at(0ns));
  auto turn = machine.take();
  const std::vector<topic_partition> one{orders(0)};
  machine.abandon(one);
  turn_report end = fails(*turn, 1, reject("bad"));
  machine.report(std::move(*turn), std::move(end), at(0s));
  EXPECT_FALSE(machine.drained(one));
  machine.letter_outcome(machine.take_letters().at(0).number, {}, steady_ns(0s));
  EXPECT_TRUE(machine.drained(one));
  EXPECT_EQ(position(machine, 0), 2);
}

TEST_F(flow_alone, timers_of_what_is_given_up_do_not_fire) {
  flow machine(with, rng);
  machine.add(part(0, 2), at(0ns));
  auto turn = machine.take();
  turn_report end = fails(*turn, 0, retry("busy"));
  machine.report(std::move(*turn), std::move(end), at(0s));
  machine.abandon(std::vector<topic_partition>{orders(0)});
  EXPECT_EQ(machine.next_deadline(), never);
  machine.fire(steady_ns(10s));
  EXPECT_FALSE(machine.take());
}

TEST_F(flow_alone, verdicts_that_come_after_a_loss_change_nothing) {
  flow machine(with, rng);
  machine.add(part(0, 5), at(0ns));
  auto late = machine.take();
  const std::vector<topic_partition> one{orders(0)};
  machine.remove(one);
  machine.assigned(orders(0));
  turn_report end = done_with(*late, 3);
  machine.report(std::move(*late), std::move(end), at(0s));
  EXPECT_EQ(position(machine, 0), -1);
  EXPECT_EQ(machine.stats().held_records, 0u);
  EXPECT_TRUE(machine.drained());
}

TEST_F(flow_alone, without_a_dead_letter_topic_the_partition_stops) {
  flow machine(with, rng);
  machine.add(part(0, 3), at(0ns));
  auto turn = machine.take();
  turn_report end = fails(*turn, 1, reject("bad"));
  machine.report(std::move(*turn), std::move(end), at(0s));
  EXPECT_TRUE(machine.take_letters().empty());
  EXPECT_EQ(machine.next_deadline(), never);
  EXPECT_NE(machine.trouble().message().find("orders-0@1"), std::string::npos) << machine.trouble().message();
  EXPECT_EQ(position(machine, 0), 1);
  EXPECT_EQ(machine.stats().stopped, 1u);
}

TEST_F(flow_alone, or_the_message_is_skipped_where_that_was_asked_for) {
  with.otherwise = without_dead_letter::skip;
  flow machine(with, rng);
  machine.add(part(0, 3), at(0ns));
  auto turn = machine.take();
  turn_report end = fails(*turn, 1, reject("bad"));
  machine.report(std::move(*turn), std::move(end), at(0s));
  EXPECT_EQ(position(machine, 0), 2);
  turn = machine.take();
  EXPECT_EQ(front(*turn), "2");
  EXPECT_EQ(machine.stats().skipped, 1u);
  const auto notes = machine.take_notes();
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].what, flow_note::kind::skipped);
  EXPECT_EQ(notes[0].offset, 1);
}

TEST_F(flow_alone, a_position_that_goes_back_begins_anew) {
  flow machine(with, rng);
  const partition_records first = part(0, 3);
  machine.add(first, at(0ns));
  auto turn = machine.take();
  machine.add(first, at(0ns));  // the log was cut, and is read from there again
  EXPECT_TRUE(turn->from->of->abandoned);
  auto again = machine.take();
  ASSERT_TRUE(again);
  EXPECT_EQ(front(*again), "0");
  turn_report end = all_done(*turn);
  machine.report(std::move(*turn), std::move(end), at(0s));
  EXPECT_EQ(position(machine, 0), -1);
}

}  // namespace
}  // namespace ottla::test
