// The producer over real sockets with a core on a thread of its own: callers that fill batches while the core takes
// them.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/producer.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

class callers_beside_the_core : public ::testing::Test, protected served_broker {
 protected:
  callers_beside_the_core() {
    kafka.create_topic("orders", 1);
    serve();
  }
};

// Small batches and no linger: the core finds the open batch due at the very moment a caller fills it. The one that was
// filled must go first, and neither may be lost.
TEST_F(callers_beside_the_core, a_batch_filled_while_the_core_looks_is_sent_and_in_order) {
  constexpr int callers = 3;
  constexpr int each = 100'000;
  auto on = cluster::open({.bootstrap = bootstrap()});
  ASSERT_TRUE(on.has_value());
  producer out(*on, {.linger = 0ms, .batch_size = 4096});
  std::atomic<int> acked{0};
  topic to = out.topic("orders");
  std::vector<std::thread> threads;
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&to, &acked, caller] {
      for (int i = 0; i < each; ++i) {
        const std::string value = std::to_string(caller) + ":" + std::to_string(i);
        record one;
        one.value = value;
        one.partition = 0;
        const auto taken = to.send(one, [&acked](const delivery& d) { acked += d.failure ? 0 : 1; });
        ASSERT_TRUE(taken.has_value()) << taken.error().message();
      }
    });
  }
  for (std::thread& one : threads) one.join();
  ASSERT_TRUE(out.close(20s).has_value());
  EXPECT_EQ(acked.load(), callers * each);
  end_serving();
  int next[callers] = {};
  for (const mock::stored_record& one : kafka.records("orders", 0)) {
    ASSERT_TRUE(one.value.has_value());
    const int caller = one.value->at(0) - '0';
    ASSERT_EQ(*one.value, std::to_string(caller) + ":" + std::to_string(next[caller]++));
  }
  for (const int count : next) EXPECT_EQ(count, each);
}

}  // namespace
}  // namespace ottla::test
