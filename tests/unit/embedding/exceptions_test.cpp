// Handlers that throw: what comes out where, and that nothing is called twice, left out or left half-done.
#include <unistd.h>

#include <memory>
#include <vector>

#include "embedded.hpp"

namespace ottla::test {
namespace {

class handlers_that_throw : public embedded {
 protected:
  using numbers = std::vector<int>;
};

TEST_F(handlers_that_throw, of_a_batch_are_called_once_each_and_in_order) {
  cluster on = open(threading::manual);
  int batches = 0;
  producer_config with;
  with.linger = 1h;  // one batch
  with.delivery_timeout = 2h;
  with.on_batch = [&](const batch_delivery& all) {
    batches += static_cast<int>(all.count);
    throw thrown("batch");
  };
  producer out(on, std::move(with));
  topic orders = out.topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  numbers told;
  // More than one of the slab's chunks.
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(orders.send(of("v"), [&told, i, owned = std::make_shared<int>(i)](const delivery& d) {
      EXPECT_TRUE(d);
      EXPECT_EQ(d.offset, i);
      told.push_back(*owned);
      if (i % 100 == 7 || i == 299) throw thrown("one");
    }));
  }
  int exceptions = 0;
  const int flushed =
      repeat_until([&] { return told.size() == 300 && batches == 300; }, [&] { EXPECT_TRUE(out.flush(10s)); });
  exceptions += flushed;
  EXPECT_EQ(exceptions, 5);  // four records, and the batch
  for (int i = 0; i < 300; ++i) EXPECT_EQ(told[static_cast<std::size_t>(i)], i);
  EXPECT_TRUE(out.flush(10s));
  EXPECT_EQ(out.stats().records_acked, 300u);
  EXPECT_EQ(out.stats().buffered_bytes, 0u);  // the batch went back
  ASSERT_TRUE(orders.send(of("v"), [&](const delivery&) { told.push_back(300); }));
  EXPECT_THROW((void)out.close(10s), thrown);  // on_batch again
  EXPECT_EQ(told.size(), 301u);
  EXPECT_TRUE(out.close(10s));  // goes on where the exception ended it
  EXPECT_TRUE(out.flush(10s));
}

TEST_F(handlers_that_throw, leave_the_others_of_a_turn_to_the_next) {
  cluster on = open(threading::manual);
  int called = 0;
  run_until(on, [rounds = 0]() mutable { return ++rounds > 3; });
  ASSERT_TRUE(on.state()->post([&] {
    for (int i = 0; i < 10; ++i) {
      on.state()->machine().done().push([&, i] {
        EXPECT_EQ(called++, i);
        if (i % 3 == 0) throw thrown("every third");
      });
    }
  }));
  EXPECT_EQ(run_until(on, [&] { return called == 10; }), 4);
  EXPECT_TRUE(on.state()->may_block());  // nobody is taken to be inside a handler
}

TEST_F(handlers_that_throw, come_out_of_run_for_whatever_they_wait_for) {
  cluster on = open(threading::manual);
  numbers told(3);
  const auto count = [&](std::size_t which) {
    return [&told, which](const auto&...) {
      ++told[which];
      throw thrown("told");
    };
  };
  producer out(on, {.transactional_id = "throwing"});
  topic orders = out.topic("orders");
  orders.when_ready(10s, count(0));
  ASSERT_TRUE(out.init_transactions_async(10s, count(1)));
  EXPECT_EQ(run_until(on, [&] { return told[0] == 1 && told[1] == 1; }), 2);
  ASSERT_TRUE(out.begin_transaction());
  ASSERT_TRUE(orders.send(of("v")));
  ASSERT_TRUE(out.commit_transaction_async(10s, count(2)));
  EXPECT_EQ(run_until(on, [&] { return told[2] == 1; }), 1);
  EXPECT_TRUE(out.close(10s));
  EXPECT_EQ(told, (numbers{1, 1, 1}));
}

TEST_F(handlers_that_throw, of_commits_come_out_of_the_poll_that_runs_them) {
  cluster on = open(threading::manual);
  ASSERT_TRUE(producer(on).topic("orders").deliver(of("v"), 10s));
  consumer_config with = reading_as("billing");
  with.auto_commit = false;
  consumer in(on, std::move(with));
  std::vector<partition_position> end;
  repeat_until([&] { return !end.empty(); },
               [&] {
                 auto got = in.poll(1s);
                 ASSERT_TRUE(got);
                 if (got->count() > 0) end.assign(got->end().begin(), got->end().end());
               });
  int told = 0;
  ASSERT_TRUE(in.commit_async(end, [&](const error& why) {
    EXPECT_FALSE(why);
    ++told;
    throw thrown("committed");
  }));
  EXPECT_EQ(repeat_until([&] { return told == 1; }, [&] { EXPECT_TRUE(in.poll(100ms)); }), 1);
  EXPECT_TRUE(in.poll(0ms));
  const topic_partition first{"orders", 0};
  const auto known = in.committed({&first, 1}, 10s);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->front().offset, 1);
  EXPECT_TRUE(in.close(10s));
}

// Either mode: rebalance handlers are called by the thread that polls.
class rebalance_handlers_that_throw : public handlers_that_throw, public ::testing::WithParamInterface<threading> {};

TEST_P(rebalance_handlers_that_throw, come_out_of_poll_and_the_rebalance_goes_on) {
  cluster on = open(GetParam());
  ASSERT_TRUE(producer(on).topic("orders").deliver(of("v"), 10s));
  std::vector<std::string> told;
  consumer_config with = reading_as("billing");
  with.assignors = {assignor::cooperative_sticky};
  const auto handler = [&](std::string what) {
    return [&told, what](consumer&, std::span<const topic_partition> which) {
      if (which.empty()) return;
      told.push_back(what + std::to_string(which.size()));
      throw thrown(what);
    };
  };
  with.on_assigned = handler("assigned");
  with.on_revoked = handler("revoked");
  with.on_lost = handler("lost");
  consumer in(on, with);
  std::size_t records = 0;
  const auto poll = [&] {
    auto got = in.poll(50ms);
    ASSERT_TRUE(got) << got.error().message();
    records += got->count();
  };
  EXPECT_EQ(repeat_until([&] { return records == 1; }, poll), 1);
  EXPECT_EQ(told, (std::vector<std::string>{"assigned2"}));
  {
    consumer_config other = reading_as("billing");
    other.assignors = with.assignors;
    cluster beside = open(threading::own_thread);
    consumer second(beside, other);
    const auto both = [&] {
      EXPECT_TRUE(second.poll(10ms));
      poll();
    };
    EXPECT_EQ(repeat_until([&] { return second.assignment().size() == 1 && in.assignment().size() == 1; }, both), 1);
    EXPECT_EQ(told, (std::vector<std::string>{"assigned2", "revoked1"}));
    EXPECT_TRUE(second.close(10s));
  }
  EXPECT_EQ(repeat_until([&] { return told.size() == 3; }, poll), 1);
  EXPECT_EQ(told.back(), "assigned1");
  EXPECT_THROW((void)in.close(10s), thrown);
  EXPECT_EQ(told.back(), "revoked2");
  EXPECT_TRUE(in.close(10s));
  EXPECT_EQ(told.size(), 4u);
  const auto nothing = in.poll(10s);
  ASSERT_FALSE(nothing);
  EXPECT_TRUE(nothing.error().is(client_code::closed));
  // It left: who comes now has both at once, long before the session is over.
  consumer third(on, reading_as("billing"));
  const auto soon = third.wait_assignment(10s);
  ASSERT_TRUE(soon) << soon.error().message();
  EXPECT_EQ(soon->size(), 2u);
}

// One rebalance that gives up and takes: on_revoked throws, and on_assigned is called by the next poll.
TEST_P(rebalance_handlers_that_throw, are_told_by_the_next_poll_what_they_were_not_told_of) {
  add_topic("letters");
  cluster on = open(GetParam());
  std::vector<std::string> told;
  bool throws = true;
  consumer_config with = reading_as("billing");
  with.assignors = {assignor::cooperative_sticky};
  const auto handler = [&](std::string what) {
    return [&told, &throws, what](consumer&, std::span<const topic_partition> which) {
      for (const topic_partition& one : which) told.push_back(what + one.topic);
      if (what == "-" && throws) throw thrown(what);
    };
  };
  with.on_assigned = handler("+");
  with.on_revoked = handler("-");
  consumer in(on, with);
  ASSERT_TRUE(in.wait_assignment(10s));
  ASSERT_EQ(told, (std::vector<std::string>{"+orders", "+orders"}));
  told.clear();
  ASSERT_TRUE(in.subscribe({"letters"}));
  EXPECT_EQ(repeat_until([&] { return told.size() == 3; }, [&] { EXPECT_TRUE(in.poll(50ms)); }), 1);
  EXPECT_EQ(told, (std::vector<std::string>{"-orders", "-orders", "+letters"}));
  throws = false;
  EXPECT_TRUE(in.close(10s));
  EXPECT_EQ(told.back(), "-letters");
  EXPECT_EQ(told.size(), 4u);
}

INSTANTIATE_TEST_SUITE_P(either_mode, rebalance_handlers_that_throw,
                         ::testing::Values(threading::manual, threading::own_thread),
                         [](const auto& of) { return of.param == threading::manual ? "manual" : "own_thread"; });

TEST_F(handlers_that_throw, in_close_leave_the_rest_to_the_next_close) {
  cluster on = open(threading::manual);
  producer_config with;
  with.linger = 1h;
  with.delivery_timeout = 2h;
  producer out(on, std::move(with));
  topic orders = out.topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(orders.send(of("v"), [&](const delivery& d) {
      EXPECT_TRUE(d.failure.is(client_code::closed));
      ++told;
      throw thrown("closed");
    }));
  }
  for (int i = 1; i <= 3; ++i) {
    EXPECT_THROW(on.close(), thrown);
    EXPECT_EQ(told, i);
  }
  on.close();
  EXPECT_EQ(told, 3);
}

TEST_F(handlers_that_throw, behind_a_close_of_their_own_leave_the_rest_to_the_next_run) {
  cluster on = open(threading::manual);
  int told = 0;
  on.state()->post([&] {
    on.state()->machine().done().push([&] {
      on.close();
      EXPECT_EQ(told++, 0);  // it closes behind this handler
      throw thrown("closing");
    });
    on.state()->machine().done().push([&] { ++told; });
  });
  EXPECT_EQ(run_until(on, [&] { return told == 2; }), 1);
  EXPECT_FALSE(on.state()->post([] {}));
}

TEST_F(handlers_that_throw, with_the_last_handle_gone_are_the_last_of_it) {
  auto on = std::make_unique<cluster>(open(threading::manual));
  std::weak_ptr<cluster_state> state = on->state();
  int told = 0;
  cluster_state& raw = *on->state();
  raw.post([&] {
    raw.machine().done().push([&] {
      on.reset();
      throw thrown("gone");
    });
    raw.machine().done().push([&] { ++told; });
  });
  cluster& face = *on;
  EXPECT_THROW(face.run_for(10s), thrown);
  EXPECT_TRUE(state.expired());
  EXPECT_EQ(told, 1);
}

TEST_F(handlers_that_throw, on_the_clusters_own_thread_end_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        cluster on = open(threading::own_thread);
        producer out(on);
        (void)out.topic("orders").send(of("v"), [](const delivery&) { throw thrown("nobody catches this"); });
        (void)out.flush(10s);
      },
      "nobody catches this");
}

TEST_F(handlers_that_throw, inside_a_destructor_end_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        cluster on = open(threading::manual);
        producer out(on);
        (void)out.topic("orders").send(of("v"), [](const delivery&) { throw thrown("nobody catches this"); });
      },
      "nobody catches this");
}

// What is called in the middle of the core's work must not leave it half-done: no exception comes out of there.
TEST_F(handlers_that_throw, in_the_middle_of_a_step_end_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [this](cluster_config with) {
    auto on = cluster::open(std::move(with));
    try {
      for (int i = 0; i < 1000; ++i) {
        on->state()->post([state = on->state()] { state->machine().meta().request_refresh(); });
        on->run_for(1ms);
      }
    } catch (const thrown&) {
      ::_exit(0);
    }
  };
  cluster_config logging = config(threading::manual);
  logging.bootstrap = "127.0.0.1:1";  // nobody: there is something to say
  logging.log = [](log_level, std::string_view, std::string_view) { throw thrown("a log that throws"); };
  EXPECT_DEATH(run(logging), "a log that throws");
  cluster_config asking = config(threading::manual);
  asking.security = security_protocol::sasl_plaintext;
  asking.sasl.provide = []() -> result<sasl_credentials> { throw thrown("a provide that throws"); };
  EXPECT_DEATH(run(asking), "a provide that throws");
  asking.sasl.ask = [](const sasl_answer&) { throw thrown("an ask that throws"); };
  EXPECT_DEATH(run(asking), "an ask that throws");
}

TEST_F(handlers_that_throw, of_a_connector_have_failed_that_try) {
  cluster_config with = config(threading::manual);
  int asked = 0;
  const std::uint16_t port = server.port(0);
  with.connect.resolve = [&](const connect_question& what, names_answer answer) {
    EXPECT_EQ(what.host, "127.0.0.1");
    if (++asked == 1) throw thrown("no names today");
    ip_address here;
    here.bytes = {127, 0, 0, 1};
    here.port = port;
    answer(std::vector<ip_address>{here});
  };
  auto on = cluster::open(with);
  ASSERT_TRUE(on);
  producer out(*on);
  topic orders = out.topic("orders");
  int ready = 0;
  orders.when_ready(10s, [&](const error& why) {
    EXPECT_FALSE(why) << why.message();
    ++ready;
  });
  EXPECT_EQ(run_until(*on, [&] { return ready == 1; }), 1);
  EXPECT_GE(asked, 2);
}

}  // namespace
}  // namespace ottla::test
