// Retry topics in virtual time: tier behind tier, and what becomes of it when members come and go.
#include <set>

#include "flowing.hpp"
#include "ottla/service/dead_letter_replay.hpp"
#include "ottla/service/retry_topics.hpp"

namespace ottla::test {
namespace {

constexpr const char* tier_names[] = {"orders-retry-5s", "orders-retry-20s", "orders-retry-40s"};

class tiers : public flowing {
 protected:
  tiers() {
    for (const char* name : {"orders", tier_names[0], tier_names[1], tier_names[2]})
      where.cluster().create_topic(name, 2);
    where.cluster().create_topic("orders-dlq", 1);
    with = options();
    with.retry.count = 1;
    with.dead_letter = "orders-dlq";
    with.tiers.emplace().tiers = {5s, 20s, 40s};
    with.commit_interval = 100ms;
  }
  static say fails(std::set<std::string> which, int tries = 1000) {
    return [which = std::move(which), tries](const message& what) -> verdict {
      if (what.tries() <= tries && which.contains(std::string(what.value().text()))) return retry("not yet").as("busy");
      return done;
    };
  }
  std::vector<std::chrono::seconds> waits_of(const flowing_member& of, const std::string& value) {
    std::vector<std::chrono::seconds> out;
    steady_ns last{};
    for (std::size_t i = 0; i < of.seen.size(); ++i) {
      if (of.seen[i] != value) continue;
      if (last != steady_ns{}) out.push_back(std::chrono::round<std::chrono::seconds>(of.times[i] - last));
      last = of.times[i];
    }
    return out;
  }

  service_consumer_options with;
};

TEST_F(tiers, a_message_waits_in_each_and_dies_behind_the_last_while_all_others_go_on) {
  fill("orders", 0, 5);
  std::vector<message_origin> origins;
  std::vector<int> tries;
  with.counts = std::make_shared<memory_metrics>(where.now());
  flowing_member& one = join(with, [&](const message& what) -> verdict {
    if (what.value().text() != "1") return done;
    tries.push_back(what.tries());
    EXPECT_EQ(what.origin().topic, "orders");
    EXPECT_EQ(what.origin().partition, 0);
    EXPECT_EQ(what.origin().offset, 1);
    EXPECT_EQ(what.origin().tier, std::max(0, what.tries() - 2));
    EXPECT_EQ(what.last_failure(), what.tries() == 1 ? "" : "not yet");
    return retry("not yet").as("busy");
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 4; }, 4s)) << "nobody waits for it";
  turn_for(300ms);
  EXPECT_EQ(committed("orders", 0), 5);
  ASSERT_TRUE(turn_until([&] { return one.in->stats().dead_lettered == 1; }, 100s));
  EXPECT_EQ(tries, (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(waits_of(one, "1"), (std::vector<std::chrono::seconds>{1s, 5s, 20s, 40s}));
  EXPECT_EQ(one.in->stats().tiered, 3u);
  EXPECT_EQ(one.in->stats().retried, 4u);
  turn_for(300ms);
  for (const char* name : tier_names) EXPECT_EQ(committed(name, 0), 1) << name;

  const auto waiting = stored(tier_names[1]);
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(header(waiting[0], "x-retry-count"), "2");
  EXPECT_EQ(header(waiting[0], "x-retry-tier"), "2");
  EXPECT_EQ(header(waiting[0], "x-original-offset"), "1");
  EXPECT_EQ(header(waiting[0], "x-exception-type"), "busy");
  const auto letters = stored("orders-dlq");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].value().text(), "1");
  EXPECT_EQ(header(letters[0], "x-retry-count"), "4") << "the sum of all tries";
  EXPECT_EQ(header(letters[0], "x-original-topic"), "orders");
  EXPECT_EQ(header(letters[0], "x-original-partition"), "0");
  EXPECT_EQ(header(letters[0], "x-original-offset"), "1");
  EXPECT_EQ(header(letters[0], "x-retry-due"), "none");
  EXPECT_EQ(header(letters[0], "x-retry-tier"), "none");

  cluster on = open();
  dead_letter_replay back(on, {.topic = "orders-dlq"});
  const auto sent = back.run();
  ASSERT_TRUE(sent.has_value()) << sent.error().message();
  EXPECT_EQ(sent->sent, 1u);
  const auto source = stored("orders");
  ASSERT_FALSE(source.empty());  // retention took the first ones, which are from 1970
  EXPECT_EQ(source.back().offset(), 5) << "it goes back to where it came from first";
  EXPECT_EQ(source.back().value().text(), "1");
}

TEST_F(tiers, figures_name_the_topic_that_was_read_and_letters_the_one_it_came_from) {
  fill("orders", 0, 3);
  const auto counts = std::make_shared<memory_metrics>(where.now());
  with.counts = counts;
  with.retry.count = 0;
  with.tiers->tiers = {5s};
  flowing_member& one = join(with, fails({"1"}));
  ASSERT_TRUE(turn_until([&] { return one.in->stats().dead_lettered == 1; }));
  std::map<std::string, double> figures;
  for (const metric_family& family : counts->snapshot(where.now())) {
    for (const metric_sample& sample : family.samples) {
      std::string name = family.name.substr(family.name.find('_') + 1);
      for (const auto& [label, value] : sample.labels) name += " " + value;
      figures[name] = sample.value;
    }
  }
  EXPECT_EQ(figures["messages_received_total orders"], 3);
  EXPECT_EQ(figures["messages_received_total orders-retry-5s"], 1);
  EXPECT_EQ(figures["messages_processed_total orders success"], 2);
  EXPECT_EQ(figures["messages_processed_total orders error"], 1);
  EXPECT_EQ(figures["messages_processed_total orders-retry-5s dead_letter"], 1);
  EXPECT_EQ(figures["retry_attempts_total orders"], 1);
  EXPECT_EQ(figures["dlq_messages_total orders"], 1);
  EXPECT_EQ(figures["dlq_messages_total orders-retry-5s"], 0);
}

TEST_F(tiers, a_rejected_message_dies_at_once_wherever_it_is) {
  fill("orders", 0, 2);
  with.retry.count = 0;
  flowing_member& one = join(with, [](const message& what) -> verdict {
    if (what.value().text() == "0" || what.tries() == 2) return reject("bad");
    return retry("not yet");
  });
  ASSERT_TRUE(turn_until([&] { return one.in->stats().dead_lettered == 2; }));
  EXPECT_EQ(one.seen, (std::vector<std::string>{"0", "1", "1"}));
  EXPECT_TRUE(stored(tier_names[1]).empty());
}

TEST_F(tiers, a_verdict_with_a_pause_of_its_own_goes_to_the_first_tier_that_waits_so_long) {
  fill("orders", 0, 4);
  with.retry.max = 10s;
  flowing_member& one = join(with, [](const message& what) -> verdict {
    if (what.tries() > 1) return done;
    if (what.value().text() == "0") return retry_in(10s, "in place: no longer than the policy's longest");
    if (what.value().text() == "1") return retry_in(11s, "twenty seconds");
    if (what.value().text() == "2") return retry_in(2h, "the last");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.in->stats().tiered == 2; }));
  EXPECT_TRUE(stored(tier_names[0]).empty());
  EXPECT_EQ(stored(tier_names[1]).size(), 1u);
  EXPECT_EQ(stored(tier_names[2]).size(), 1u);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 4; }, 100s));
  EXPECT_EQ(waits_of(one, "0"), (std::vector<std::chrono::seconds>{10s}));
  EXPECT_EQ(waits_of(one, "1"), (std::vector<std::chrono::seconds>{20s}));
  EXPECT_EQ(waits_of(one, "2"), (std::vector<std::chrono::seconds>{40s}));
}

TEST_F(tiers, nothing_is_committed_before_the_retry_is_acknowledged_and_its_partition_stops_alone) {
  fill("orders", 0, 3);
  fill("orders", 1, 3);
  with.retry.count = 0;
  with.dead_letter_timeout = 1'000ms;
  with.dead_letter_backoff = 500ms;
  flowing_member& one = join(with, fails({"1"}));
  where.cluster().inject({.key = protocol::api_key::produce,
                          .action = mock::fault_action::answer_error,
                          .count = 1'000'000,
                          .error = protocol::error_code::topic_authorization_failed});
  ASSERT_TRUE(turn_until([&] { return one.in->stats().stopped == 1 && one.finished.size() == 4; }));
  EXPECT_NE(one.in->trouble().message().find("the retry of orders-0@1 to orders-retry-5s"), std::string::npos)
      << one.in->trouble().message();
  turn_for(3s);
  EXPECT_EQ(committed("orders", 0), 1);
  EXPECT_EQ(committed("orders", 1), 3);
  where.cluster().clear_faults();
  ASSERT_TRUE(turn_until([&] { return one.in->stats().tiered == 1; }));
  turn_for(1s);
  EXPECT_EQ(committed("orders", 0), 3);
  EXPECT_FALSE(one.in->trouble());
}

TEST_F(tiers, what_waits_survives_a_crash_and_keeps_its_time) {
  fill("orders", 0, 2);
  with.retry.count = 0;
  with.reading.session_timeout = 6s;
  with.reading.start = latest;  // of the source alone
  with.tiers->tiers = {40s};
  flowing_member& one = join(with, fails({"2"}, 1));
  ASSERT_TRUE(turn_until([&] { return !one.in->assignment().empty(); }));
  turn_for(1s);
  fill("orders", 0, 2);
  ASSERT_TRUE(turn_until([&] { return one.in->stats().tiered == 1; }));
  const steady_ns sent = where.now();
  turn_for(500ms);
  one.on->close();
  one.in.reset();
  where.run_for(20s);
  flowing_member& two = join(with, fails({"2"}, 1));
  ASSERT_TRUE(turn_until([&] { return two.finished.size() == 1; }, 100s));
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(two.times[0] - sent), 40s);
  EXPECT_EQ(two.seen, (std::vector<std::string>{"2"}));
}

TEST_F(tiers, a_time_far_off_parks_nothing_for_longer_than_the_tier_waits) {
  cluster on = open();
  producer out(on, {});
  ottla::topic to = out.topic(tier_names[0]);
  for (const char* due : {"9223372036854775807", "99999999999999999999", "-5", "soon", ""}) {
    const record_header headers[] = {{"x-retry-due", blob(due).bytes()}, {"x-retry-count", blob("2147483647").bytes()}};
    ASSERT_TRUE(to.deliver({.value = due, .headers = headers, .partition = 0}, 5s).has_value());
  }
  flowing_member& one = join(with, fails({}));
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 5; }));
  const auto until = one.times.back() - one.times.front();
  EXPECT_LE(until, 6s);
  EXPECT_GE(where.now().time_since_epoch(), 5s);
}

TEST_F(tiers, close_leaves_what_waits_for_its_time_to_the_next_owner) {
  fill("orders", 0, 2);
  with.retry.count = 0;
  with.tiers->tiers = {40s};
  flowing_member& one = join(with, fails({"0"}, 1));
  ASSERT_TRUE(turn_until([&] { return one.in->stats().tiered == 1; }));
  turn_for(2s);
  const steady_ns begin = where.now();
  ASSERT_TRUE(one.in->close(10s).has_value());
  EXPECT_LE(where.now() - begin, 2s);
  EXPECT_EQ(committed("orders", 0), 2);
  EXPECT_EQ(committed("orders-retry-40s", 0), -1);
  flowing_member& two = join(with, fails({"0"}, 1));
  ASSERT_TRUE(turn_until([&] { return two.finished.size() == 1; }, 100s));
  EXPECT_EQ(two.seen, (std::vector<std::string>{"0"}));
}

TEST(retry_topics_options, name_topics_by_their_tiers) {
  EXPECT_EQ(tier_text(5s), "5s");
  EXPECT_EQ(tier_text(60s), "1m");
  EXPECT_EQ(tier_text(90s), "90s");
  EXPECT_EQ(tier_text(7200s), "2h");
  EXPECT_EQ(tier_text(1'500ms), "1500ms");
  retry_topics how;
  EXPECT_EQ(how.topic_of("orders", 3), "orders-retry-10m");
  how.name = "again.{tier}.{topic}";
  EXPECT_EQ(how.topic_of("a{tier}", 1), "again.5s.a{tier}");
}

TEST(retry_topics_options, say_what_is_out_of_its_range_or_contradicts) {
  const std::vector<std::string> read{"orders", "bills"};
  const auto wrong = [&](const std::function<void(retry_topics&)>& change) {
    retry_topics how;
    change(how);
    const auto valid = how.validate(read);
    return valid ? std::string() : valid.error().message();
  };
  EXPECT_EQ(wrong([](retry_topics&) {}), "");
  EXPECT_NE(wrong([](retry_topics& t) { t.tiers.clear(); }), "");
  EXPECT_NE(wrong([](retry_topics& t) { t.tiers.assign(17, 1s); }), "");
  EXPECT_NE(wrong([](retry_topics& t) { t.tiers = {5s, 5s}; }), "");
  EXPECT_NE(wrong([](retry_topics& t) { t.tiers = {0s}; }), "");
  EXPECT_NE(wrong([](retry_topics& t) { t.max_keys = 0; }), "");
  EXPECT_NE(wrong([](retry_topics& t) { t.name = "{topic}-retry"; }).find("twice"), std::string::npos);
  EXPECT_NE(wrong([](retry_topics& t) { t.name = "retry-{tier}"; }).find("twice"), std::string::npos);
  EXPECT_NE(wrong([](retry_topics& t) { t.name = "{topic} {tier}"; }).find("legal"), std::string::npos);
  EXPECT_NE(wrong([](retry_topics& t) { t.name = "{topic}{tier}" + std::string(250, 'x'); }), "");

  service_consumer_options options;
  options.reading.group = "billing";
  options.tiers.emplace();
  const auto refused = [&](const char* word) {
    const auto valid = options.validate();
    ASSERT_FALSE(valid.has_value());
    EXPECT_NE(valid.error().message().find(word), std::string::npos) << valid.error().message();
  };
  options.reading.topic_pattern = "orders.*";
  refused("topic_pattern");
  options.reading.topic_pattern.clear();
  options.reading.topics = {"orders"};
  EXPECT_TRUE(options.validate().has_value());
  options.dead_letter = "orders-retry-1m";
  refused("dead_letter");
  options.dead_letter.clear();
  options.tiers->keep_key_order = true;
  refused("assignors");
  options.reading.assignors = {assignor::range};
  EXPECT_TRUE(options.validate().has_value());
  options.order = message_order::none;
  refused("message_order");
}

}  // namespace
}  // namespace ottla::test
