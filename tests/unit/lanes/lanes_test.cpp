// Lanes under pressure: a long poll, a JoinGroup that is held up and a throttled producer, each against whoever shares
// the cluster and the broker with it. One broker, one cluster, virtual time; what is counted is on the wire.
#include <algorithm>
#include <optional>

#include "conversations.hpp"
#include "ottla/admin.hpp"
#include "simulated.hpp"

namespace ottla::test {
namespace {

using protocol::api_key;

constexpr auto prompt = 20ms;  // a round trip takes 3 ms at most
constexpr auto beat = 500ms;

enum class pressure { long_poll, held_join, throttled_producer };
enum class victim { heartbeat, commit, producer, reader, admin };

std::string name_of(pressure one) {
  static const char* const names[] = {"a_long_poll", "a_held_join", "a_throttled_producer"};
  return names[static_cast<int>(one)];
}
std::string name_of(victim one) {
  static const char* const names[] = {"a_heartbeat", "a_commit", "another_producer", "another_reader", "an_admin"};
  return names[static_cast<int>(one)];
}

class lanes : public simulated {
 protected:
  lanes() {
    where.listen([this](const sim::wire_event& what) { wire.hear(what, where.now()); });
    for (const char* topic : {"orders", "silence"}) EXPECT_EQ(where.cluster().create_topic(topic, 1), "");
    shared.emplace(open());
  }

  consumer member_of(cluster& on, const std::string& group, const std::string& topic) {
    consumer_config config;
    config.group = group;
    config.topics = {topic};
    config.start = earliest;
    config.heartbeat_interval = beat;
    config.fetch_max_wait = 20s;
    config.auto_commit = false;
    consumer out(on, config);
    const steady_ns limit = where.now() + 30s;
    while (out.assignment().empty() && where.now() < limit) EXPECT_TRUE(out.poll(50ms).has_value());
    EXPECT_FALSE(out.assignment().empty());
    return out;
  }

  std::chrono::nanoseconds time_of(const std::function<void()>& what) {
    const steady_ns from = where.now();
    what();
    return where.now() - from;
  }

  conversations wire;  // before the cluster: it hears the last of it too
  std::optional<cluster> shared;
};

struct lanes_in_pairs : lanes, testing::WithParamInterface<std::tuple<pressure, victim>> {
  // From here on something of `shared` waits on the broker, for seconds.
  void press(pressure what) {
    switch (what) {
      case pressure::long_poll:
        // The member itself waits for records of a topic that gets none.
        EXPECT_TRUE(regular->poll(100ms).has_value());
        held = api_key::fetch;
        break;
      case pressure::held_join:
        // Who has the partition does not poll, so the coordinator waits for it and answers nobody.
        elsewhere.emplace(open(12));
        sleeper.emplace(member_of(*elsewhere, "slow", "silence"));
        {
          consumer_config config;
          config.group = "slow";
          config.topics = {"silence"};
          joining.emplace(*shared, config);
        }
        EXPECT_TRUE(joining->poll(100ms).has_value());
        held = api_key::join_group;
        break;
      case pressure::throttled_producer: {
        where.cluster().inject({.key = api_key::produce, .action = mock::fault_action::throttle, .hold = 15s});
        loud.emplace(*shared, producer_config{});
        ottla::topic to = loud->topic("silence");
        EXPECT_TRUE(to.wait_ready(5s));
        record what_is_sent;
        what_is_sent.value = "x";
        EXPECT_TRUE(to.send(what_is_sent).has_value());
        EXPECT_TRUE(loud->flush(5s).has_value());
        EXPECT_TRUE(to.send(what_is_sent).has_value());  // waits until the throttling ends
        held = api_key::produce;
        break;
      }
    }
    pressed_at = where.now();
  }

  // Whether the pressure lasted until now, so that what was seen meanwhile says something.
  bool still_pressed() {
    if (held == api_key::produce) return loud->stats().records_acked == 1;
    const auto all = wire.of(held);
    return std::any_of(all.begin(), all.end(),
                       [&](const asked& one) { return one.answered == never && one.sent <= pressed_at; });
  }

  api_key held{};
  steady_ns pressed_at{};
  std::optional<cluster> elsewhere;
  std::optional<consumer> regular, sleeper, joining;
  std::optional<producer> loud;
};

TEST_P(lanes_in_pairs, hold_up_nobody_else) {
  const auto [cause, harmed] = GetParam();
  regular.emplace(member_of(*shared, "regular", "silence"));
  std::optional<producer> other;
  std::optional<consumer> reader;
  std::optional<ottla::topic> orders;
  admin operators(*shared);
  if (harmed == victim::producer || harmed == victim::reader) {
    producer_config config;
    config.linger = 0us;
    other.emplace(*shared, config);
    orders = other->topic("orders");
    ASSERT_TRUE(orders->wait_ready(5s));
  }
  if (harmed == victim::reader) reader.emplace(member_of(*shared, "readers", "orders"));
  where.run_for(1s);
  const auto beats_before = wire.of(api_key::heartbeat);
  ASSERT_FALSE(beats_before.empty());
  const link_id beats_on = beats_before.front().link;
  press(cause);

  for (int i = 0; i < 12; ++i) {
    record one;
    one.value = "y";
    switch (harmed) {
      case victim::heartbeat:
        break;
      case victim::commit:
        EXPECT_LE(time_of([&] { EXPECT_TRUE(regular->commit({{{"silence", 0}, 0}}, 5s).has_value()); }), prompt);
        break;
      case victim::producer:
        ASSERT_TRUE(orders->send(one).has_value());
        EXPECT_LE(time_of([&] { EXPECT_TRUE(other->flush(5s).has_value()); }), prompt);
        break;
      case victim::reader:
        ASSERT_TRUE(orders->send(one).has_value());
        EXPECT_LE(time_of([&] {
                    const auto got = reader->poll(5s);
                    ASSERT_TRUE(got.has_value());
                    EXPECT_FALSE(got->empty());
                  }),
                  prompt);
        break;
      case victim::admin:
        EXPECT_LE(time_of([&] { EXPECT_TRUE(operators.list_topics(false, 5s).has_value()); }), prompt);
        break;
    }
    where.run_for(500ms);
  }
  EXPECT_TRUE(still_pressed());
  if (harmed != victim::heartbeat) return;
  steady_ns last = pressed_at;
  for (const asked& one : wire.of(api_key::heartbeat, pressed_at)) {
    if (one.link != beats_on) continue;
    EXPECT_LE(one.sent - last, beat + prompt);
    if (one.sent + prompt < where.now()) {
      EXPECT_LE(one.answered - one.sent, prompt);
    }
    last = one.sent;
  }
  EXPECT_LE(where.now() - last, beat + prompt);
}

INSTANTIATE_TEST_SUITE_P(
    each, lanes_in_pairs,
    testing::Combine(testing::Values(pressure::long_poll, pressure::held_join, pressure::throttled_producer),
                     testing::Values(victim::heartbeat, victim::commit, victim::producer, victim::reader,
                                     victim::admin)),
    [](const auto& of) { return name_of(std::get<0>(of.param)) + "_and_" + name_of(std::get<1>(of.param)); });

// What net/README.md says of connections: the bootstrap address, one for each producer, two for each member of a group,
// and the shared one as soon as the broker is asked by its name, for its groups say.
TEST_F(lanes, connections_to_a_broker_are_counted_by_owner_and_lane) {
  admin operators(*shared);
  ASSERT_TRUE(operators.list_topics(false, 5s).has_value());
  EXPECT_EQ(wire.open(), 1u);
  std::vector<producer> producers;
  for (int i = 0; i < 3; ++i) {
    ottla::topic to = producers.emplace_back(*shared, producer_config{}).topic("orders");
    ASSERT_TRUE(to.wait_ready(5s));
    record one;
    one.value = "x";
    ASSERT_TRUE(to.send(one).has_value());
    ASSERT_TRUE(producers.back().flush(5s).has_value());
  }
  EXPECT_EQ(wire.open(), 1u + 3);
  std::vector<consumer> members;
  for (int i = 0; i < 2; ++i) members.push_back(member_of(*shared, "group-" + std::to_string(i), "orders"));
  for (consumer& one : members) EXPECT_TRUE(one.poll(1s).has_value());
  EXPECT_EQ(wire.open(), 2u + 3 + 2 * 2);
  ASSERT_TRUE(operators.describe_cluster(5s).has_value());
  EXPECT_EQ(wire.open(), 2u + 3 + 2 * 2);
}

}  // namespace
}  // namespace ottla::test
