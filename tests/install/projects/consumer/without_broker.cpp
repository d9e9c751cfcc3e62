// Uses ottla::test_kit: a record sent and found, without a broker, a socket or a second.
#include <ottla/producer.hpp>
#include <ottla/testing.hpp>

int main() {
  using namespace std::chrono_literals;
  ottla::test_kit kit;
  kit.broker().create_topic("letters", 1);
  auto cluster = kit.open();
  if (!cluster) return 1;
  ottla::producer out(*cluster);
  const auto acked = out.topic("letters").deliver({.value = "dear Milena"}, 5s);
  return acked && *acked && kit.broker().records("letters", 0).size() == 1 ? 0 : 1;
}
