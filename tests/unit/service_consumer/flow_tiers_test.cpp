// The flow alone, with retry topics: from tier to tier, what cannot be written there, and partitions given up.
#include "tier_parts.hpp"

namespace ottla::test {
namespace {

class flow_tiers : public parts_of_tiers {};

TEST_F(flow_tiers, a_message_goes_from_tier_to_tier_and_behind_the_last_to_the_dead_letters) {
  flow machine(with, rng);
  machine.add(part(0, {{"a", "bad"}, {"b", "good"}}), at(0ns));
  EXPECT_EQ(next_says(machine, retry("busy"), 0s), "bad");
  EXPECT_EQ(machine.next_deadline(), steady_ns(1s)) << "its try in place";
  machine.fire(steady_ns(1s));
  EXPECT_EQ(next_says(machine, retry("still busy"), 1s), "bad");
  asked out = only_letter(machine);
  EXPECT_EQ(out.tier, 1u);
  EXPECT_EQ(out.tries, 2);
  EXPECT_EQ(out.why, "still busy");
  EXPECT_FALSE(machine.take()) << "nobody passes it before it is acknowledged";
  EXPECT_EQ(position(machine, 0), -1);
  machine.letter_outcome(out.number, {}, steady_ns(1s), 0);
  EXPECT_EQ(position(machine, 0), 1);
  EXPECT_EQ(next_says(machine, done, 1s), "good") << "nobody waits for it any more";

  machine.add(part(short_tier(0), {{"a", "bad"}}), at(1s));
  EXPECT_EQ(next_says(machine, retry("again"), 6s, out.tries), "bad");
  EXPECT_EQ(machine.next_deadline(), never) << "its tries in place are used up";
  out = only_letter(machine);
  EXPECT_EQ(out.tier, 2u);
  EXPECT_EQ(out.tries, 3);
  machine.letter_outcome(out.number, {}, steady_ns(6s), 0);
  EXPECT_EQ(position(machine, short_tier(0)), 1);

  machine.add(part(long_tier(0), {{"a", "bad"}}), at(6s));
  EXPECT_EQ(next_says(machine, retry("for good"), 26s, out.tries), "bad");
  out = only_letter(machine);
  EXPECT_EQ(out.tier, 0u);
  EXPECT_EQ(out.tries, 4);
  EXPECT_EQ(position(machine, long_tier(0)), -1);
  machine.letter_outcome(out.number, {}, steady_ns(26s), 0);
  EXPECT_EQ(position(machine, long_tier(0)), 1);
  const service_consumer_stats sums = machine.stats();
  EXPECT_EQ(sums.retried, 3u);
  EXPECT_EQ(sums.tiered, 2u);
  EXPECT_EQ(sums.dead_lettered, 1u);
  std::vector<flow_note::kind> told;
  for (const flow_note& one : machine.take_notes()) told.push_back(one.what);
  using enum flow_note::kind;
  EXPECT_EQ(told, (std::vector<flow_note::kind>{flow_note::kind::retry, tiered, tiered, dead_lettered}));
}

TEST_F(flow_tiers, whoever_waits_for_its_time_holds_up_its_partition_of_the_tier_alone) {
  flow machine(with, rng);
  machine.add(part(short_tier(0), {{"a", "0"}, {"a", "1"}}), at(0ns));
  machine.add(part(short_tier(1), {{"b", "2"}}), at(0ns));
  machine.add(part(0, {{"a", "3"}}), at(0ns));
  auto turn = machine.take();
  machine.report(std::move(*turn), held(5s), at(0s));
  EXPECT_EQ(next_says(machine, done, 0s), "2");
  EXPECT_EQ(next_says(machine, done, 0s), "3");
  EXPECT_FALSE(machine.take());
  EXPECT_EQ(machine.next_deadline(), steady_ns(5s));
  machine.fire(steady_ns(5s - 1ns));
  EXPECT_FALSE(machine.take());
  machine.fire(steady_ns(5s));
  EXPECT_EQ(next_says(machine, done, 5s), "0");
  EXPECT_EQ(next_says(machine, done, 5s), "1");
  EXPECT_EQ(position(machine, short_tier(0)), 2);
  EXPECT_EQ(machine.stats().retried, 0u) << "to wait is no try";
}

TEST_F(flow_tiers, a_verdict_with_a_long_pause_skips_the_tiers_that_are_too_short) {
  with.retry.max = 3s;
  flow machine(with, rng);
  machine.add(part(0, 3), at(0ns));
  EXPECT_EQ(next_says(machine, retry_in(3s, "in place"), 0s), "0");
  EXPECT_TRUE(machine.take_letters().empty());
  machine.fire(steady_ns(3s));
  EXPECT_EQ(next_says(machine, done, 3s), "0");
  EXPECT_EQ(next_says(machine, retry_in(6s, "longer than the first tier"), 3s), "1");
  asked out = only_letter(machine);
  EXPECT_EQ(out.tier, 2u);
  machine.letter_outcome(out.number, {}, steady_ns(3s), 0);
  EXPECT_EQ(next_says(machine, retry_in(1h, "longer than any"), 3s), "2");
  EXPECT_EQ(only_letter(machine).tier, 2u);
}

TEST_F(flow_tiers, a_retry_that_cannot_be_written_stops_its_partition_and_nothing_is_skipped) {
  with.order = message_order::key;
  with.retry.count = 0;
  flow machine(with, rng);
  machine.add(part(0, {{"a", "bad"}, {"b", "good"}}), at(0ns));
  std::map<std::string, lane_turn> turns;
  while (auto turn = machine.take()) {
    const std::string value = front(*turn);
    turns.emplace(value, std::move(*turn));
  }
  ASSERT_EQ(turns.size(), 2u);
  turn_report end = fails(turns.at("bad"), 0, retry("busy"));
  machine.report(std::move(turns.at("bad")), std::move(end), at(0s));
  asked out = only_letter(machine);
  machine.letter_outcome(out.number, failure, steady_ns(0s));
  EXPECT_NE(machine.trouble().message().find("the retry of orders-0@0 to orders-retry-5s"), std::string::npos)
      << machine.trouble().message();
  EXPECT_EQ(machine.take_pauses().pause, (std::vector<topic_partition>{orders(0)})) << "that one alone";
  end = all_done(turns.at("good"));
  machine.report(std::move(turns.at("good")), std::move(end), at(0s));
  machine.add(part(0, {{"b", "later"}}), at(0ns));
  machine.add(part(short_tier(0), {{"c", "in the tier"}}), at(0ns));
  EXPECT_EQ(next_says(machine, done, 0s), "in the tier") << "retry topics go on";
  EXPECT_FALSE(machine.take());
  for (int failed = 1; failed < 4; ++failed) {
    machine.fire(machine.next_deadline());
    out = only_letter(machine);
    EXPECT_EQ(out.tier, 1u);
    EXPECT_EQ(out.tries, 1) << "its try is one, however often it could not be written";
    EXPECT_EQ(position(machine, 0), -1);
    machine.letter_outcome(out.number, failure, steady_ns(failed * 100ms));
  }
  machine.fire(machine.next_deadline());
  machine.letter_outcome(only_letter(machine).number, {}, steady_ns(1s), 0);
  EXPECT_EQ(position(machine, 0), 2);
  EXPECT_FALSE(machine.trouble());
  EXPECT_EQ(machine.take_pauses().resume, (std::vector<topic_partition>{orders(0)}));
  EXPECT_EQ(next_says(machine, done, 1s), "later");
  EXPECT_EQ(machine.stats().letter_failures, 4u);
  EXPECT_EQ(machine.stats().tiered, 1u);
}

TEST_F(flow_tiers, one_of_the_last_tier_stays_there_until_its_dead_letter_is_acknowledged) {
  flow machine(with, rng);
  machine.add(part(long_tier(0), {{"a", "bad"}, {"b", "good"}}), at(0ns));
  EXPECT_EQ(next_says(machine, reject("never"), 0s, 3), "bad");
  asked out = only_letter(machine);
  EXPECT_EQ(out.tier, 0u) << "rejected: dead at once";
  machine.letter_outcome(out.number, failure, steady_ns(0s));
  EXPECT_NE(machine.trouble().message().find("the dead letter of orders-retry-20s-0@0 to orders-dlq"),
            std::string::npos)
      << machine.trouble().message();
  EXPECT_EQ(position(machine, long_tier(0)), -1);
  machine.fire(machine.next_deadline());
  out = only_letter(machine);
  EXPECT_EQ(out.tries, 4);
  machine.letter_outcome(out.number, {}, steady_ns(1s));
  EXPECT_EQ(position(machine, long_tier(0)), 1);
  EXPECT_EQ(next_says(machine, done, 1s), "good");
}

TEST_F(flow_tiers, a_stop_leaves_what_waits_or_is_due_and_waits_for_what_is_being_written) {
  flow machine(with, rng);
  machine.add(part(short_tier(0), {{"a", "not yet"}}), at(0ns));
  machine.add(part(short_tier(1), {{"b", "due"}}), at(0ns));
  machine.add(part(long_tier(0), {{"c", "dies"}}), at(0ns));
  machine.add(part(0, {{"d", "fails"}, {"d", "behind"}}), at(0ns));
  auto turn = machine.take();
  machine.report(std::move(*turn), held(5s), at(0s));
  turn = machine.take();
  machine.report(std::move(*turn), held(1s), at(0s));
  EXPECT_EQ(next_says(machine, retry("no"), 0s, 9), "dies");
  const asked dead = only_letter(machine);
  auto running = machine.take();
  EXPECT_EQ(front(*running), "fails");
  machine.fire(steady_ns(1s));
  machine.stop();
  EXPECT_FALSE(machine.take()) << "what is due is the next owner's";
  EXPECT_EQ(machine.next_deadline(), never);
  EXPECT_FALSE(machine.drained());
  turn_report end = fails_again(*running, 1, retry("its last try in place"));
  machine.report(std::move(*running), std::move(end), at(1s));
  const asked tiered = only_letter(machine);
  EXPECT_EQ(tiered.tier, 1u) << "a failure that was seen is not forgotten";
  machine.letter_outcome(dead.number, {}, steady_ns(1s));
  EXPECT_FALSE(machine.drained());
  machine.letter_outcome(tiered.number, {}, steady_ns(1s), 7);
  EXPECT_TRUE(machine.drained());
  EXPECT_FALSE(machine.take());
  EXPECT_EQ(position(machine, short_tier(0)), -1);
  EXPECT_EQ(position(machine, short_tier(1)), -1);
  EXPECT_EQ(position(machine, long_tier(0)), 1);
  EXPECT_EQ(position(machine, 0), 1) << "what was behind it was not begun";
}

TEST_F(flow_tiers, a_retry_that_cannot_be_written_during_a_stop_is_left_to_the_next_owner) {
  flow machine(with, rng);
  machine.add(part(0, {{"a", "bad"}}), at(0ns));
  EXPECT_EQ(next_says(machine, retry("no"), 0s, 9), "bad");
  const asked out = only_letter(machine);
  machine.stop();
  machine.letter_outcome(out.number, failure, steady_ns(0s));
  EXPECT_TRUE(machine.drained());
  EXPECT_EQ(machine.next_deadline(), never) << "nobody is there to try again";
  EXPECT_EQ(position(machine, 0), -1);
}

// Otherwise what is finished above it would be handled twice.
TEST_F(flow_tiers, a_stop_tries_what_waits_below_a_finished_message_at_once_and_nothing_else) {
  with.order = message_order::key;
  with.key_lanes = 64;
  flow machine(with, rng);
  machine.add(part(short_tier(0), {{"a", "0"}, {"b", "1"}, {"c", "2"}}), at(0ns));
  for (int i = 0; i < 3; ++i) {
    auto turn = machine.take();
    ASSERT_TRUE(turn);
    turn_report end = front(*turn) == "1" ? all_done(*turn) : held(5s);
    machine.report(std::move(*turn), std::move(end), at(0s));
  }
  machine.stop();
  EXPECT_EQ(next_says(machine, done, 1s), "0");
  EXPECT_FALSE(machine.take());
  EXPECT_TRUE(machine.drained());
  EXPECT_EQ(position(machine, short_tier(0)), 2);
}

TEST_F(flow_tiers, a_partition_of_a_tier_that_is_given_up_takes_no_other_along) {
  with.retry.count = 0;
  flow machine(with, rng);
  machine.add(part(short_tier(0), {{"a", "waits"}}), at(0ns));
  machine.add(part(short_tier(1), {{"b", "waits elsewhere"}}), at(0ns));
  machine.add(part(long_tier(0), {{"c", "runs"}}), at(0ns));
  for (int i = 0; i < 2; ++i) {
    auto turn = machine.take();
    machine.report(std::move(*turn), held(5s), at(0s));
  }
  auto running = machine.take();
  const std::vector<topic_partition> given{short_tier(0), long_tier(0)};
  machine.abandon(given);
  EXPECT_TRUE(running->from->of->abandoned) << "its handler can see it";
  EXPECT_FALSE(machine.drained(given));
  turn_report end = fails_again(*running, 2, retry("no"));
  machine.report(std::move(*running), std::move(end), at(0s));
  const asked dead = only_letter(machine);
  EXPECT_EQ(dead.tier, 0u);
  machine.letter_outcome(dead.number, {}, steady_ns(0s));
  EXPECT_TRUE(machine.drained(given));
  EXPECT_EQ(position(machine, long_tier(0)), 1);
  machine.remove(given);

  machine.add(part(0, {{"d", "fails"}}), at(1s));
  EXPECT_EQ(next_says(machine, retry("busy"), 1s), "fails");
  const asked tiered = only_letter(machine);
  EXPECT_EQ(tiered.tier, 1u) << "who has a tier does not matter to who writes there";
  machine.letter_outcome(tiered.number, {}, steady_ns(1s), 1);
  EXPECT_EQ(position(machine, 0), 1);
  machine.fire(steady_ns(5s));
  EXPECT_EQ(next_says(machine, done, 5s), "waits elsewhere");
  EXPECT_FALSE(machine.take()) << "the other one's timer is gone";
}

TEST_F(flow_tiers, what_was_given_up_and_comes_again_waits_its_time_anew) {
  flow machine(with, rng);
  const partition_records first = part(short_tier(0), {{"a", "waits"}});
  machine.add(first, at(0ns));
  auto turn = machine.take();
  machine.report(std::move(*turn), held(5s), at(0s));
  machine.remove(std::vector<topic_partition>{short_tier(0)});
  EXPECT_EQ(machine.stats().held_records, 0u);
  machine.assigned(short_tier(0));
  machine.add(first, at(2s));
  turn = machine.take();
  ASSERT_TRUE(turn);
  machine.report(std::move(*turn), held(7s), at(2s));
  machine.fire(steady_ns(5s));
  EXPECT_FALSE(machine.take()) << "the first assignment's timer is gone";
  machine.fire(steady_ns(7s));
  EXPECT_EQ(next_says(machine, done, 7s), "waits");
  EXPECT_EQ(position(machine, short_tier(0)), 1);
}

TEST_F(flow_tiers, an_acknowledgement_that_comes_after_a_loss_changes_nothing_of_the_next_assignment) {
  with.retry.count = 0;
  flow machine(with, rng);
  const partition_records first = part(0, {{"a", "bad"}});
  machine.add(first, at(0ns));
  EXPECT_EQ(next_says(machine, retry("no"), 0s), "bad");
  const asked late = only_letter(machine);
  const std::vector<topic_partition> lost{orders(0)};
  machine.remove(lost);
  machine.assigned(orders(0));
  machine.add(first, at(0ns));
  machine.letter_outcome(late.number, {}, steady_ns(1s), 0);
  EXPECT_EQ(position(machine, 0), -1) << "it is handled again: at least once";
  EXPECT_EQ(next_says(machine, done, 1s), "bad");
  EXPECT_EQ(position(machine, 0), 1);
}

}  // namespace
}  // namespace ottla::test
