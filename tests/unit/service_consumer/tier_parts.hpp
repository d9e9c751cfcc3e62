// A flow with two retry topics that is scripted by hand: turns with verdicts, and what is to be written then.
#pragma once

#include "parts.hpp"

namespace ottla::test {

class parts_of_tiers : public parts_of_polls {
 protected:
  parts_of_tiers() {
    for (const char* name : {"orders-retry-5s", "orders-retry-20s"}) where.cluster().create_topic(name, 3);
    with.retry.count = 1;
    with.dead_letter = "orders-dlq";
    with.dead_letter_backoff = with.dead_letter_max_backoff = 100ms;
    with.tiers.emplace().tiers = {5s, 20s};
  }
  static topic_partition short_tier(std::int32_t partition) { return {"orders-retry-5s", partition}; }
  static topic_partition long_tier(std::int32_t partition) { return {"orders-retry-20s", partition}; }

  // As run_turn does with a record of a retry topic: it was tried before it came there, and may have to wait.
  static turn_report held(std::chrono::nanoseconds until) {
    turn_report out;
    out.how = turn_report::outcome::held;
    out.until = steady_ns(until);
    return out;
  }
  static turn_report fails_again(lane_turn& turn, int tried_before, verdict said) {
    turn_report out = fails(turn, 0, std::move(said));
    out.tried_before = tried_before;
    return out;
  }
  static turn_report follows(lane_turn& turn, std::size_t behind, std::size_t to) {
    turn_report out = done_with(turn, behind);
    out.how = turn_report::outcome::follows;
    out.to = to;
    return out;
  }
  /// The next turn with that verdict for its first record; what was in front of it is returned.
  static std::string next_says(flow& machine, verdict said, std::chrono::nanoseconds now, int tried_before = 0) {
    auto turn = machine.take();
    if (!turn) return "nobody";
    const std::string value = front(*turn);
    turn_report end = said.is_done() ? done_with(*turn, 1) : fails_again(*turn, tried_before, std::move(said));
    machine.report(std::move(*turn), std::move(end), at(now));
    return value;
  }
  struct asked {
    std::uint64_t number = 0;
    std::size_t tier = 99;
    int tries = -1;
    bool follows = false;
    std::string why{};
  };
  /// The one record that is to be written elsewhere now; none: its number is 0.
  static asked only_letter(flow& machine) {
    const auto all = machine.take_letters();
    EXPECT_EQ(all.size(), 1u);
    if (all.empty()) return {};
    const letter& one = all.front();
    return {one.number, one.tier, one.tries, one.follows, one.why};
  }
  service_consumer_options with = options();
  random_stream rng{1};
  error failure{client_code::broker_unreachable, {}};
};

}  // namespace ottla::test
