// core: which connection carries which request, how metadata is found, and that every promise is kept once.
#include <gtest/gtest.h>

#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "scripted_cluster.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::EndTxnRequest;
using protocol::EndTxnResponse;
using protocol::error_code;

class core_story : public ::testing::Test {
 protected:
  using lines = std::vector<std::string>;

  void open(const std::function<void(cluster_config&)>& set = [](cluster_config&) {}) {
    clients.emplace(brokers.open(set));
  }
  core& machine() { return clients->state()->machine(); }
  /// Sends from inside the core, as roles do; the outcome goes to `told`.
  void send(route to, std::string name, std::chrono::nanoseconds timeout = {}) {
    clients->post_to_core([this, to, name, timeout](core& on) {
      request ask =
          make_request<DescribeClusterRequest>([](DescribeClusterRequest&, std::int16_t, protocol::arena&) {});
      ask.timeout = timeout;
      ask.done = [this, name](response&& r) {
        told.push_back(name + (r.failure ? " " + std::string(r.failure.name()) : " ok"));
      };
      on.send(to, std::move(ask));
    });
    brokers.settle();
  }
  void know_brokers() {
    clients->post_to_core([](core& on) { on.meta().request_refresh(); });
    brokers.settle();
  }
  test::wire_request next() { return brokers.expect(DescribeClusterRequest::api_key); }
  void answer(const test::wire_request& to, error_code code = error_code::none) {
    DescribeClusterResponse out;
    out.error_code = code;
    test::answer(brokers.world.io, to, out);
    brokers.settle();
  }
  static route at(int broker, lane via = lane::control, std::uint32_t owner = 0) {
    return {route::target::broker, broker_id{broker}, via, owner_id{owner}};
  }

  struct handle {
    explicit handle(cluster c) : it(std::move(c)) {}
    cluster it;
    const std::shared_ptr<cluster_state>& state() const { return it.state(); }
    void post_to_core(std::function<void(core&)> work) {
      EXPECT_TRUE(it.state()->post([&on = it.state()->machine(), work = std::move(work)] { work(on); }));
    }
  };
  lines told;
  test::scripted_cluster brokers;
  std::optional<handle> clients;
};

TEST_F(core_story, opening_does_no_io) {
  open();
  EXPECT_EQ(brokers.world.io.lookups(), 0u);
  brokers.advance(10s);
  EXPECT_EQ(brokers.world.io.links().size(), 0u);
}

TEST_F(core_story, the_next_bootstrap_address_is_asked_at_once) {
  brokers.world.io.down = {"dead1:9092", "dead2:9092"};
  open([](cluster_config& c) { c.bootstrap = "dead1,dead2,b1"; });
  know_brokers();
  EXPECT_EQ(machine().meta().cluster_id(), "scripted");  // no time has passed
}

TEST_F(core_story, a_paused_broker_is_hedged_after_a_second) {
  brokers.paused = {"slow"};
  open([](cluster_config& c) { c.bootstrap = "slow,b1"; });
  know_brokers();
  brokers.advance(999ms);
  EXPECT_FALSE(machine().meta().ever_applied());
  brokers.advance(1ms);
  EXPECT_TRUE(machine().meta().ever_applied());
  EXPECT_EQ(brokers.metadata_asked, 1);
}

TEST_F(core_story, a_hedge_never_asks_the_same_address_twice) {
  brokers.paused = {"b1"};
  open();
  know_brokers();
  const int before = brokers.host().steps();
  brokers.advance(9s);
  EXPECT_EQ(brokers.world.io.links().size(), 1u);
  EXPECT_LT(brokers.host().steps() - before, 20);  // and nobody spins meanwhile
}

TEST_F(core_story, when_all_addresses_fail_it_waits_and_begins_again) {
  brokers.world.io.down = {"b1:9092"};
  open();
  know_brokers();
  EXPECT_TRUE(machine().meta().last_failure().is(client_code::broker_unreachable));
  EXPECT_EQ(brokers.world.io.links().size(), 1u);
  brokers.world.io.down.clear();
  brokers.advance(5s);
  EXPECT_TRUE(machine().meta().ever_applied());
}

class core_that_knows_its_cluster : public core_story {
 protected:
  // The bootstrap addresses lead to another machine than those that the cluster advertises.
  void know(const std::function<void(cluster_config&)>& set = [](cluster_config&) {}) {
    open([&](cluster_config& c) {
      c.bootstrap = "seed";
      c.metadata_max_age = 60s;
      set(c);
    });
    know_brokers();
    ASSERT_EQ(machine().meta().brokers().count(broker_id{1}), 1u);
    // The link to the seed is not in use any more.
    for (test::virtual_link* link : brokers.links_to("seed")) brokers.world.io.end(*link);
    brokers.advance(1s);
  }
  std::size_t links_to(const std::string& host) {
    return static_cast<std::size_t>(std::count_if(brokers.world.io.links().begin(), brokers.world.io.links().end(),
                                                  [&](const test::virtual_link& one) { return one.to.host == host; }));
  }
};

TEST_F(core_that_knows_its_cluster, C_56_asks_the_bootstrap_addresses_again_when_all_brokers_fail) {
  know();
  const std::size_t before = links_to("seed");
  brokers.world.io.down = {"b1:9092"};
  brokers.brokers[1] = "b9";  // it has moved, and only the seed can tell
  know_brokers();
  brokers.advance(5s);
  EXPECT_GT(links_to("seed"), before);
  EXPECT_EQ(machine().meta().brokers().at(broker_id{1}).host, "b9");
}

TEST_F(core_that_knows_its_cluster, C_56_asks_only_the_known_brokers_where_no_recovery_is_wanted) {
  know([](cluster_config& c) { c.recovery = metadata_recovery::none; });
  const std::size_t before = links_to("seed");
  brokers.world.io.down = {"b1:9092"};
  know_brokers();
  brokers.advance(1000s);
  EXPECT_EQ(links_to("seed"), before);
  EXPECT_EQ(machine().meta().brokers().size(), 1u);
}

TEST_F(core_that_knows_its_cluster, C_56_forgets_brokers_that_gave_no_metadata_for_as_long_as_was_said) {
  know([](cluster_config& c) { c.rebootstrap_trigger = 30s; });
  brokers.world.io.down = {"b1:9092", "seed:9092"};
  know_brokers();  // the first failure
  brokers.advance(29s);
  EXPECT_EQ(machine().meta().brokers().size(), 1u);
  brokers.advance(1s);
  EXPECT_TRUE(machine().meta().brokers().empty());
  const std::size_t tries = links_to("b1");
  brokers.advance(20s);
  EXPECT_EQ(links_to("b1"), tries);
  brokers.world.io.down.clear();
  brokers.advance(5s);
  EXPECT_EQ(machine().meta().brokers().size(), 1u);
  EXPECT_LT(brokers.host().steps(), 1000);
}

TEST_F(core_that_knows_its_cluster, C_56_a_link_that_was_idle_for_too_long_is_no_failure) {
  know([](cluster_config& c) {
    c.rebootstrap_trigger = 1s;
    c.connections_max_idle = 10s;
  });
  brokers.advance(50s);
  EXPECT_EQ(machine().meta().failing_since(), never);
  EXPECT_EQ(machine().meta().brokers().size(), 1u);
}

TEST_F(core_that_knows_its_cluster, C_56_starts_again_from_bootstrap_when_a_broker_asks_for_it_and_not_in_a_loop) {
  know();
  brokers.metadata_error = error_code::rebootstrap_required;
  const std::size_t before = links_to("seed");
  const int asked = brokers.metadata_asked;
  know_brokers();
  EXPECT_TRUE(machine().meta().brokers().empty());
  EXPECT_TRUE(machine().meta().last_failure().is(error_code::rebootstrap_required));
  brokers.advance(10s);
  EXPECT_GT(links_to("seed"), before);
  EXPECT_LT(brokers.metadata_asked - asked, 20);
  brokers.metadata_error = error_code::none;
  brokers.advance(2s);
  EXPECT_EQ(machine().meta().brokers().size(), 1u);
}

TEST_F(core_that_knows_its_cluster, C_56_a_broker_that_asks_for_bootstrap_is_not_obeyed_where_no_recovery_is_wanted) {
  know([](cluster_config& c) { c.recovery = metadata_recovery::none; });
  brokers.metadata_error = error_code::rebootstrap_required;
  know_brokers();
  EXPECT_EQ(machine().meta().brokers().size(), 1u);
}

TEST_F(core_story, lanes_and_owners_have_connections_of_their_own_and_control_is_shared) {
  open();
  know_brokers();
  send(at(1, lane::produce, 1), "a");
  send(at(1, lane::fetch, 1), "b");
  send(at(1, lane::produce, 2), "c");
  send(at(1, lane::control, 1), "d");
  send(at(1, lane::control, 2), "e");
  EXPECT_EQ(brokers.links_to("b1").size(), 5u);  // bootstrap, two produce, one fetch, one control
  for (int i = 0; i < 5; ++i) answer(next());
  EXPECT_EQ(told.size(), 5u);
}

TEST_F(core_story, an_unknown_broker_is_an_error_and_never_inside_send) {
  open();
  know_brokers();
  bool inside = true;
  clients->post_to_core([&](core& on) {
    request ask = make_request<DescribeClusterRequest>([](DescribeClusterRequest&, std::int16_t, protocol::arena&) {});
    ask.done = [&](response&& r) {
      EXPECT_FALSE(inside);
      told.push_back(r.failure.message());
    };
    on.send(at(42), std::move(ask));
    inside = false;
  });
  brokers.settle();
  EXPECT_EQ(told, (lines{"DescribeCluster failed with UNKNOWN_BROKER: the cluster has no broker 42 in its metadata"}));
}

TEST_F(core_story, C_57_a_time_out_fails_the_lane_and_leaves_the_others) {
  open();
  know_brokers();
  send(at(1, lane::fetch, 1), "slow", 2s);
  send(at(1, lane::fetch, 1), "behind");
  send(at(1), "control");
  brokers.advance(2s);
  EXPECT_EQ(told, (lines{"slow REQUEST_TIMED_OUT", "behind REQUEST_TIMED_OUT"}));
  next();
  next();
  answer(next());
  EXPECT_EQ(told.back(), "control ok");
}

TEST_F(core_story, closing_an_owners_lane_cancels_and_what_is_sent_meanwhile_goes_on_a_new_link) {
  open();
  know_brokers();
  send(at(1, lane::fetch, 1), "warm");
  answer(next());
  clients->post_to_core([this](core& on) {
    request ask = make_request<DescribeClusterRequest>([](DescribeClusterRequest&, std::int16_t, protocol::arena&) {});
    ask.done = [this, &on](response&& r) {
      told.push_back("old " + std::string(r.failure.name()));
      request again =
          make_request<DescribeClusterRequest>([](DescribeClusterRequest&, std::int16_t, protocol::arena&) {});
      again.done = [this](response&& second) { told.push_back(second.failure ? "lost" : "new ok"); };
      on.send(at(1, lane::fetch, 1), std::move(again));
    };
    on.send(at(1, lane::fetch, 1), std::move(ask));
  });
  const auto first = next();
  clients->post_to_core([](core& on) { on.close_connections(owner_id{1}, lane::fetch); });
  const auto second = next();
  EXPECT_TRUE(first.link->closed);
  EXPECT_NE(second.link, first.link);
  answer(second);
  EXPECT_EQ(told, (lines{"warm ok", "old CANCELLED", "new ok"}));
}

TEST_F(core_story, shutting_down_settles_every_request_timer_and_task_once) {
  open();
  know_brokers();
  brokers.world.io.down = {"b2:9092"};
  brokers.brokers[2] = "b2";
  know_brokers();
  brokers.advance(1s);
  send(at(1), "in flight");
  send(at(1), "behind it");
  clients->post_to_core([this](core& on) { on.at(on.now().mono + 100s, [this] { told.push_back("timer"); }); });
  clients->post_to_core([this](core& on) {  // still in the mailbox when it ends
    request ask = make_request<DescribeClusterRequest>([](DescribeClusterRequest&, std::int16_t, protocol::arena&) {});
    ask.done = [this](response&& r) { told.push_back("late " + std::string(r.failure.name())); };
    on.send(at(1), std::move(ask));
  });
  clients->it.close();
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (lines{"behind it CLOSED", "in flight CLOSED", "late CLOSED", "timer"}));
  EXPECT_EQ(brokers.world.io.open_links(), 0u);
  EXPECT_FALSE(clients->state()->post([] {}));
  clients->it.close();
}

TEST_F(core_story, timers_run_in_order_and_can_be_cancelled) {
  open();
  clients->post_to_core([this](core& on) {
    const steady_ns now = on.now().mono;
    on.at(now + 3s, [this] { told.push_back("3"); });
    const timer_id never_runs = on.at(now + 2s, [this] { told.push_back("2"); });
    on.at(now + 1s, [this] { told.push_back("1a"); });
    on.at(now + 1s, [this] { told.push_back("1b"); });
    on.cancel(never_runs);
  });
  brokers.advance(5s);
  EXPECT_EQ(told, (lines{"1a", "1b", "3"}));
}

TEST_F(core_story, a_call_is_answered) {
  open();
  brokers.world.answer = [this, inner = brokers.world.answer] {
    const bool any = inner();
    if (brokers.asked.empty()) return any;
    DescribeClusterResponse out;
    out.cluster_id = "called";
    test::answer(brokers.world.io, brokers.asked.front(), out);
    brokers.asked.pop_front();
    return true;
  };
  const auto answered = clients->it.call(broker_id{1}, DescribeClusterRequest{}, 5s);
  ASSERT_TRUE(answered) << answered.error().message();
  EXPECT_EQ((**answered).cluster_id, "called");
}

TEST_F(core_story, a_call_ends_at_its_deadline_and_leaves_no_timer_behind) {
  open();
  brokers.paused = {"b1"};
  const steady_ns before = brokers.world.now;
  const auto late = clients->it.call(route{}, DescribeClusterRequest{}, 3s);
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error().is(client_code::broker_unreachable));
  EXPECT_EQ(brokers.world.now - before, 3s);
  EXPECT_EQ(late.error().context().asked, "DescribeCluster");
}

TEST_F(core_story, a_call_that_is_late_says_whether_its_request_went_out) {
  open();
  know_brokers();
  const auto ask = [this] {
    clients->post_to_core([this](core& on) {
      call_spec spec;
      spec.to = at(1);
      spec.deadline = on.now().mono + 3s;
      spec.make = [] { return make_request<EndTxnRequest>([](EndTxnRequest&, std::int16_t, protocol::arena&) {}); };
      spec.done = [this](result<response> outcome) {
        EXPECT_TRUE(outcome.error().is(client_code::timed_out)) << outcome.error().message();
        told.emplace_back(outcome.error().persisted() == persistence::possibly ? "perhaps" : "certainly not");
      };
      start_call(on, std::move(spec));
    });
  };
  ask();
  const auto got = brokers.expect(EndTxnRequest::api_key);  // a broker has it, and says nothing
  brokers.advance(3s + 1ms);
  EXPECT_EQ(told, (lines{"perhaps"}));
  brokers.world.io.down = {"b1:9092"};
  brokers.world.io.end(*got.link);
  ask();
  brokers.advance(4s);
  EXPECT_EQ(told, (lines{"perhaps", "certainly not"}));
}

TEST_F(core_story, a_call_that_is_refused_behind_a_try_without_an_answer_leaves_that_in_doubt) {
  open();
  know_brokers();
  clients->post_to_core([this](core& on) {
    call_spec spec;
    spec.to = at(1);
    spec.deadline = on.now().mono + 30s;
    spec.repeatable = true;
    spec.make = [] { return make_request<EndTxnRequest>([](EndTxnRequest&, std::int16_t, protocol::arena&) {}); };
    spec.judge = [](response& r) {
      auto message = decode<EndTxnResponse>(r);
      return message ? error((**message).error_code, {}) : message.error();
    };
    spec.done = [this](result<response> outcome) {
      ASSERT_FALSE(outcome);
      EXPECT_TRUE(outcome.error().is(error_code::cluster_authorization_failed)) << outcome.error().message();
      told.emplace_back(outcome.error().persisted() == persistence::possibly ? "perhaps" : "certainly not");
    };
    start_call(on, std::move(spec));
  });
  brokers.world.io.end(*brokers.expect(EndTxnRequest::api_key).link);  // a broker had it, and the answer is lost
  brokers.advance(1s);
  EndTxnResponse refusal;
  refusal.error_code = error_code::cluster_authorization_failed;
  test::answer(brokers.world.io, brokers.expect(EndTxnRequest::api_key), refusal);
  brokers.settle();
  EXPECT_EQ(told, (lines{"perhaps"}));
}

TEST_F(core_story, an_unreachable_cluster_is_told_with_address_tries_and_reason) {
  brokers.world.io.down = {"b1:9092"};
  open();
  const auto late = clients->it.call(route{}, DescribeClusterRequest{}, 1s);
  ASSERT_FALSE(late);
  const std::string text = late.error().message();
  EXPECT_EQ(
      text.rfind("DescribeCluster failed with BROKER_UNREACHABLE: b1:9092: connecting failed: Connection refused, ", 0),
      0u)
      << text;
  EXPECT_NE(text.find("check the bootstrap addresses"), std::string::npos);
}

TEST_F(core_story, C_59_not_controller_is_asked_again_of_the_new_one) {
  brokers.brokers[2] = "b2";
  open();
  know_brokers();
  clients->post_to_core([this](core& on) {
    call_spec spec;
    spec.asked = "DescribeCluster";
    spec.to = route{route::target::controller};
    spec.deadline = on.now().mono + 10s;
    spec.make = [] {
      return make_request<DescribeClusterRequest>([](DescribeClusterRequest&, std::int16_t, protocol::arena&) {});
    };
    spec.judge = [](response& r) {
      auto message = decode<DescribeClusterResponse>(r);
      return message && (**message).error_code != error_code::none ? error((**message).error_code, {}) : error();
    };
    spec.done = [this](result<response> outcome) {
      told.push_back(outcome ? outcome->broker : outcome.error().message());
    };
    start_call(on, std::move(spec));
  });
  const auto first = next();
  EXPECT_EQ(first.link->to.host, "b1");
  brokers.controller = 2;
  answer(first, error_code::not_controller);
  brokers.advance(1s);
  const auto second = next();
  EXPECT_EQ(second.link->to.host, "b2");
  answer(second);
  EXPECT_EQ(told, (lines{"b2:9092 (broker 2)"}));
}

TEST_F(core_story, a_call_that_may_have_taken_effect_is_not_repeated_and_one_that_only_asks_is) {
  open();
  know_brokers();
  const auto tries_of = [this](auto message, std::string asked) {
    using message_type = decltype(message);
    auto tries = std::make_shared<int>(0);
    told.clear();
    clients->post_to_core([this, tries, asked](core& on) {
      call_spec spec;
      spec.asked = asked;
      spec.to = at(1);
      spec.deadline = on.now().mono + 60s;
      spec.make = [tries] {
        ++*tries;
        return make_request<message_type>([](message_type&, std::int16_t, protocol::arena&) {});
      };
      spec.done = [this](result<response> outcome) {
        told.push_back(outcome ? "answered" : std::string(outcome.error().name()));
      };
      start_call(on, std::move(spec));
    });
    brokers.world.io.end(*brokers.expect(message_type::api_key).link);
    brokers.advance(5s);
    return *tries;
  };
  EXPECT_EQ(tries_of(EndTxnRequest{}, "EndTxn"), 1);
  EXPECT_EQ(told, (lines{"DISCONNECTED"}));
  EXPECT_EQ(tries_of(DescribeClusterRequest{}, "DescribeCluster"), 2);
  answer(next());
  EXPECT_EQ(told, (lines{"answered"}));
}

TEST_F(core_story, calls_made_together_wait_for_none_of_the_others) {
  brokers.brokers[2] = "b2";
  open();
  know_brokers();
  brokers.paused.insert("b1");
  brokers.world.answer = [this, usual = brokers.world.answer] {
    const bool any = usual();
    while (!brokers.asked.empty()) {
      test::answer(brokers.world.io, brokers.asked.front(), DescribeClusterResponse{});
      brokers.asked.pop_front();
    }
    return any;
  };
  const DescribeClusterRequest message;
  std::vector<blocking_call> calls(2);
  calls[0] = {.to = at(1), .ask = borrow_request(message)};
  calls[1] = {.to = at(2), .ask = borrow_request(message)};
  const auto answers = call_blocking(*clients->state(), std::move(calls), 3s);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[0].error().is(client_code::timed_out));
  ASSERT_TRUE(answers[1]) << answers[1].error().message();
  EXPECT_EQ(answers[1]->broker, "b2:9092 (broker 2)");
}

TEST_F(core_story, a_call_to_be_sent_once_tells_its_first_failure) {
  open();
  know_brokers();
  brokers.world.answer = [this, usual = brokers.world.answer] {
    const bool any = usual();
    while (!brokers.asked.empty()) {
      told.emplace_back("asked");
      brokers.world.io.end(*brokers.asked.front().link);
      brokers.asked.pop_front();
    }
    return any;
  };
  const DescribeClusterRequest message;
  std::vector<blocking_call> calls(1);
  calls[0] = {.to = at(1), .ask = borrow_request(message), .repeatable = true, .once = true};
  const auto answers = call_blocking(*clients->state(), std::move(calls), 60s);
  EXPECT_TRUE(answers[0].error().is(client_code::disconnected));
  EXPECT_EQ(told, (lines{"asked"}));
}

TEST_F(core_story, a_nudge_wakes_the_host_only_if_it_would_sleep_past_it) {
  open();
  brokers.settle();
  core& on = machine();
  (void)on.prepare_sleep(steady_ns(2000s));
  const int before = brokers.host().steps();
  on.nudge(steady_ns(3000s));
  EXPECT_FALSE(brokers.host().woken());
  EXPECT_EQ(on.prepare_sleep(never), steady_ns{});  // who wants to sleep anew must look first
  on.nudge(steady_ns(1500s));
  EXPECT_TRUE(brokers.host().woken());
  brokers.settle();
  EXPECT_GT(brokers.host().steps(), before);
  EXPECT_EQ(on.prepare_sleep(steady_ns(9000s)), steady_ns(9000s));  // a step has seen to it
}

}  // namespace
}  // namespace ottla
