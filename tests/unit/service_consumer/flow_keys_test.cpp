// The flow alone, with an order of keys over retry topics: when a key is held, and from when on it is free.
#include "consuming/key_hash.hpp"
#include "tier_parts.hpp"

namespace ottla::test {
namespace {

class flow_keys : public parts_of_tiers {
 protected:
  flow_keys() {
    with.retry.count = 0;
    with.order = message_order::key;
    with.key_lanes = 64;
    with.tiers->keep_key_order = true;
  }
  static std::uint64_t hash(std::string_view key) { return key_hash(blob(key).bytes()); }
  static void know_all(flow& machine, std::int32_t partition) {
    const auto keys = machine.keys_of(orders(partition));
    ASSERT_TRUE(keys);
    for (std::size_t level = 1; level <= 2; ++level) {
      keys->begin_scan(level);
      keys->end_scan(level);
    }
    machine.recheck(orders(partition));
    machine.recheck(short_tier(partition));
  }
};

TEST_F(flow_keys, nothing_begins_before_it_is_known_what_it_must_not_overtake) {
  flow machine(with, rng);
  machine.add(part(0, {{"a", "0"}}), at(0ns));
  machine.add(part(short_tier(0), {{"b", "1"}}), at(0ns));
  machine.add(part(long_tier(0), {{"c", "2"}}), at(0ns));
  EXPECT_EQ(next_says(machine, done, 0s), "2") << "above the last tier there is nothing";
  EXPECT_FALSE(machine.take());
  const auto keys = machine.keys_of(orders(0));
  keys->begin_scan(2);
  keys->end_scan(2);
  EXPECT_TRUE(machine.recheck()) << "the source must still wait";
  EXPECT_EQ(next_says(machine, done, 0s), "1");
  EXPECT_FALSE(machine.take());
  keys->begin_scan(1);
  keys->end_scan(1);
  EXPECT_FALSE(machine.recheck());
  EXPECT_EQ(next_says(machine, done, 0s), "0");
}

TEST_F(flow_keys, a_key_is_held_from_when_its_retry_is_sent_until_it_is_finished) {
  flow machine(with, rng);
  machine.add(part(0, {{"a", "a1"}, {"a", "a2"}}), at(0ns));
  know_all(machine, 0);
  const auto keys = machine.keys_of(orders(0));
  EXPECT_EQ(next_says(machine, retry("busy"), 0s), "a1");
  const asked first = only_letter(machine);
  EXPECT_EQ(keys->waits_at(0, hash("a")), 1u);
  machine.letter_outcome(first.number, {}, steady_ns(0s), 0);
  EXPECT_EQ(keys->waits_at(0, hash("a")), 1u);

  auto turn = machine.take();
  EXPECT_EQ(front(*turn), "a2");
  turn_report end = follows(*turn, 0, keys->waits_at(0, hash("a")));
  machine.report(std::move(*turn), std::move(end), at(0s));
  const asked second = only_letter(machine);
  EXPECT_EQ(second.tier, 1u);
  EXPECT_TRUE(second.follows);
  EXPECT_EQ(second.tries, 0) << "to follow is no try";
  EXPECT_EQ(position(machine, 0), 1) << "it is not finished before it is acknowledged";
  machine.letter_outcome(second.number, {}, steady_ns(0s), 1);
  EXPECT_EQ(position(machine, 0), 2);
  EXPECT_EQ(machine.stats().followed, 1u);
  EXPECT_EQ(machine.stats().retried, 1u);

  machine.add(part(short_tier(0), {{"a", "a1"}, {"a", "a2"}}), at(0s));
  EXPECT_EQ(keys->waits_at(0, hash("a")), 1u);
  EXPECT_EQ(next_says(machine, reject("bad"), 5s, 1), "a1");
  machine.letter_outcome(only_letter(machine).number, {}, steady_ns(5s));
  EXPECT_EQ(keys->waits_at(0, hash("a")), 1u) << "a2 is still there";
  turn = machine.take();
  EXPECT_EQ(front(*turn), "a2");
  keys->finished(1, hash("a"));  // as run_turn does
  end = all_done(*turn);
  machine.report(std::move(*turn), std::move(end), at(5s));
  EXPECT_EQ(keys->waits_at(0, hash("a")), 0u);
  EXPECT_EQ(position(machine, short_tier(0)), 2);
}

TEST_F(flow_keys, a_key_that_moves_on_is_held_there_before_it_is_free_below) {
  flow machine(with, rng);
  machine.add(part(0, {{"a", "a1"}}), at(0ns));
  know_all(machine, 0);
  const auto keys = machine.keys_of(orders(0));
  EXPECT_EQ(next_says(machine, retry("busy"), 0s), "a1");
  machine.letter_outcome(only_letter(machine).number, {}, steady_ns(0s), 0);
  machine.add(part(short_tier(0), {{"a", "a1"}}), at(0s));
  EXPECT_EQ(next_says(machine, retry("busy"), 5s, 1), "a1");
  const asked out = only_letter(machine);
  EXPECT_EQ(out.tier, 2u);
  EXPECT_EQ(keys->waits_at(0, hash("a")), 1u) << "who comes goes behind it where it surely is";
  EXPECT_EQ(keys->waits_at(1, hash("a")), 2u);
  machine.letter_outcome(out.number, {}, steady_ns(5s), 0);
  EXPECT_EQ(keys->waits_at(0, hash("a")), 2u);
}

TEST_F(flow_keys, a_key_whose_retry_could_not_be_written_is_held_again_with_the_next_try) {
  flow machine(with, rng);
  machine.add(part(0, {{"a", "a1"}, {"a", "a2"}}), at(0ns));
  know_all(machine, 0);
  const auto keys = machine.keys_of(orders(0));
  EXPECT_EQ(next_says(machine, retry("busy"), 0s), "a1");
  machine.letter_outcome(only_letter(machine).number, failure, steady_ns(0s));
  EXPECT_FALSE(machine.take()) << "its partition is stopped, so nobody asks";
  machine.fire(machine.next_deadline());
  const asked again = only_letter(machine);
  EXPECT_EQ(keys->waits_at(0, hash("a")), 1u);
  machine.letter_outcome(again.number, {}, steady_ns(1s), 0);
  EXPECT_EQ(keys->waits_at(0, hash("a")), 1u);
  EXPECT_EQ(front(*machine.take()), "a2");
}

}  // namespace
}  // namespace ottla::test
