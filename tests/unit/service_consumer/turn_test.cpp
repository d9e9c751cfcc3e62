// A turn of a handler over records: on a clock that the handler itself moves.
#include <stdexcept>

#include "consuming/handler_turn.hpp"
#include "parts.hpp"

namespace ottla::test {
namespace {

struct counted_durations final : metrics {
  struct one {
    message_status status;
    std::chrono::nanoseconds each;
    std::uint64_t messages;
  };
  topic_id topic(std::string_view) noexcept override { return 1; }
  void received(topic_id, std::uint64_t) noexcept override {}
  void processed(topic_id, message_status status, std::chrono::nanoseconds each,
                 std::uint64_t messages) noexcept override {
    all.push_back({status, each, messages});
  }
  void retried(topic_id) noexcept override {}
  void sent(topic_id, message_status, std::chrono::nanoseconds, std::uint64_t) noexcept override {}
  void dead_lettered(topic_id) noexcept override {}
  void consumers(int) noexcept override {}
  void producers(int) noexcept override {}

  std::uint64_t messages() const {
    std::uint64_t sum = 0;
    for (const one& each : all) sum += each.messages;
    return sum;
  }
  std::chrono::nanoseconds sum() const {
    std::chrono::nanoseconds out{0};
    for (const one& each : all) out += each.each * each.messages;
    return out;
  }
  std::vector<one> all;
};

class turns : public parts_of_polls {
 protected:
  turn_report run(lane_turn& turn, message_handler handler, turn_pace pace = turn_pace()) {
    turn_watch watch;
    const handler_context context{handler, nullptr, nullptr, counts.get(), &turns::read, this, this};
    return run_turn(turn, context, watch, pace);
  }
  static steady_ns read(void* of) {
    turns& mine = *static_cast<turns*>(of);
    ++mine.readings;
    return mine.now;
  }
  lane_turn turn_over(int records) {
    machine.add(part(0, records), {});
    return *machine.take();
  }

  std::shared_ptr<counted_durations> counts = std::make_shared<counted_durations>();
  service_consumer_options with = options();
  flow machine{with, random_stream{1}};
  steady_ns now{1s};
  int readings = 0;
};

TEST_F(turns, of_a_fast_handler_read_the_clock_for_one_message_of_64) {
  lane_turn turn = turn_over(500);
  const turn_report end = run(turn, [&](const message&) { now += 100ns; });
  EXPECT_EQ(end.handled, 500u);
  EXPECT_LT(readings, 500 / 64 + 10);
  EXPECT_EQ(counts->messages(), 500u);
  EXPECT_EQ(counts->sum(), 500 * 100ns);
  for (const auto& one : counts->all) EXPECT_EQ(one.each, 100ns);
  EXPECT_EQ(position(machine, 0), 500);
}

TEST_F(turns, put_a_slow_message_among_fast_ones_where_it_belongs) {
  lane_turn turn = turn_over(200);
  run(turn, [&](const message& m) { now += m.offset() == 100 ? 5ms : 100ns; });
  EXPECT_EQ(counts->messages(), 200u);
  EXPECT_EQ(counts->sum(), 5ms + 199 * 100ns);
  int slow = 0;
  for (const auto& one : counts->all) {
    if (one.each <= 100ns) continue;
    EXPECT_EQ(one.each, 5ms);
    slow += static_cast<int>(one.messages);
  }
  EXPECT_EQ(slow, 1);
}

TEST_F(turns, of_a_slow_handler_time_each_message) {
  lane_turn turn = turn_over(15);
  run(turn, [&](const message& m) { now += m.offset() % 2 == 0 ? 200us : 1ms; });
  ASSERT_EQ(counts->all.size(), 15u);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(counts->all[i].each, i % 2 == 0 ? 200us : 1ms);
}

TEST_F(turns, time_each_message_where_the_clock_may_stand_still) {
  lane_turn turn = turn_over(50);
  run(
      turn, [&](const message& m) { now += m.offset() * 1us; }, turn_pace(1));
  ASSERT_EQ(counts->all.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(counts->all[static_cast<std::size_t>(i)].each, i * 1us);
}

TEST_F(turns, stop_at_a_verdict_in_the_middle_of_a_stretch_with_its_message_in_front) {
  lane_turn turn = turn_over(100);
  const turn_report end = run(turn, [&](const message& m) -> verdict {
    now += m.offset() == 57 ? 3ms : 100ns;
    if (m.offset() == 57) return reject("no amount").as("bad_order");
    return done;
  });
  EXPECT_EQ(end.how, turn_report::outcome::failed);
  EXPECT_EQ(end.handled, 57u);
  EXPECT_EQ(end.said.type(), "bad_order");
  EXPECT_EQ(end.took, 3ms);
  EXPECT_EQ(front(turn), "57");
  EXPECT_EQ(turn.run.left(), 43u);
  EXPECT_EQ(counts->messages(), 57u) << "the failed try is the flow's to count";
  EXPECT_EQ(position(machine, 0), 57);
}

TEST_F(turns, stop_at_an_exception_in_the_middle_of_a_stretch_with_its_message_in_front) {
  lane_turn turn = turn_over(100);
  const turn_report end = run(turn, [&](const message& m) {
    now += 100ns;
    if (m.offset() == 57) throw std::runtime_error("broke");
  });
  EXPECT_EQ(end.handled, 57u);
  EXPECT_TRUE(end.said.is_retry());
  EXPECT_EQ(end.said.type(), "std::runtime_error");
  EXPECT_EQ(front(turn), "57");
  EXPECT_EQ(position(machine, 0), 57);
}

TEST_F(turns, tell_the_first_message_alone_that_it_failed_before) {
  lane_turn turn = turn_over(20);
  turn.tries = 2;
  turn.why = "busy";
  run(turn, [&](const message& m) {
    EXPECT_EQ(m.tries(), m.offset() == 0 ? 3 : 1);
    EXPECT_EQ(m.last_failure(), m.offset() == 0 ? "busy" : "");
  });
}

TEST_F(turns, begin_nothing_more_once_the_partition_is_abandoned) {
  lane_turn turn = turn_over(100);
  const turn_report end = run(turn, [&](const message& m) {
    now += 100ns;
    if (m.offset() == 57) machine.stop();
  });
  EXPECT_EQ(end.handled, 58u);
  EXPECT_EQ(end.last, 57);
}

TEST_F(turns, end_in_time_also_when_a_fast_handler_becomes_slow) {
  lane_turn turn = turn_over(500);
  const turn_report end = run(turn, [&](const message& m) { now += m.offset() < 100 ? 100ns : 15ms; });
  EXPECT_LE(end.handled, 100u + 64u);
  EXPECT_EQ(counts->messages(), end.handled);
}

TEST_F(turns, of_one_lane_finish_no_record_of_another) {
  with.order = message_order::key;
  with.key_lanes = 2;
  flow keyed_machine(with, random_stream{1});
  std::vector<keyed> records;
  for (int i = 0; i < 64; ++i) records.push_back({std::to_string(i % 8), std::to_string(i)});
  keyed_machine.add(part(0, records), {});
  auto first = keyed_machine.take(), second = keyed_machine.take();
  ASSERT_TRUE(first && second);
  const std::size_t here = first->run.left(), there = second->run.left();
  std::vector<std::int64_t> seen;
  const turn_report end = run(*first, [&](const message& m) { seen.push_back(m.offset()); });
  EXPECT_EQ(end.handled, here);
  EXPECT_EQ(end.last, seen.back());
  EXPECT_EQ(first->from->of->tracked->amount().unfinished, there);
  EXPECT_TRUE(first->run.ended());
}

}  // namespace
}  // namespace ottla::test
