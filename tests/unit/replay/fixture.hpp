// Dead letters on a dev broker in virtual time, and processes that replay them until something happens to them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ottla/admin.hpp"
#include "ottla/producer.hpp"
#include "ottla/service/dead_letter_replay.hpp"
#include "ottla/sim/sim_host.hpp"
#include "ottla/testing.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

inline constexpr const char* letters = "orders-dlq";
inline constexpr const char* group = "ottla-dlq-replay.orders-dlq";

class replays {
 public:
  replays() : kit({.seed = 7, .torn_io = false}) {
    EXPECT_EQ(kit.broker().create_topic("orders", 3), "");
    EXPECT_EQ(kit.broker().create_topic("payments", 1), "");
    EXPECT_EQ(kit.broker().create_topic(letters, 2), "");
  }

  struct origin {
    std::string topic = "orders";
    int partition = 0;
  };
  /// Writes a letter into the partition; its value is its number.
  void letter(int partition, int number, const origin& from, std::string error = "it broke") {
    auto on = kit.open();
    producer out(*on);
    const std::string value = std::to_string(number), key = "k" + std::to_string(number % 5);
    const record_header own[] = {{"own", blob("kept").optional()}, {"own", blob("twice").optional()}};
    dead_letter_note note;
    note.retries = 3;
    note.error = std::move(error);
    note.from = {from.topic, from.partition};
    note.offset = number;
    const dead_letter_headers headers(std::span<const record_header>(own), note);
    record what;
    what.key = key;
    what.value = value;
    what.headers = headers.view();
    what.partition = partition;
    what.timestamp = 1'700'000'000'000 + number;  // the world begins then: retention looks at it
    ASSERT_TRUE(out.topic(letters).deliver(what, 10s).has_value());
    ASSERT_TRUE(out.close(10s).has_value());
    ++written;
  }
  /// Some letters of two topics in both partitions.
  void some_letters(int count) {
    for (int i = 0; i < count; ++i)
      letter(i % 2, i, i % 4 == 3 ? origin{"payments", 0} : origin{"orders", i % 3}, "error " + std::to_string(i % 3));
  }

  static dead_letter_replay_options options() {
    dead_letter_replay_options out;
    out.topic = letters;
    out.batch_records = 3;
    return out;
  }

  result<replay_summary> replay(const dead_letter_replay_options& how = options()) {
    auto on = kit.open();
    return dead_letter_replay(*on, how).run();
  }

  /// A process to which `happens` happens before its piece of I/O number `at`. Whether it came so far.
  bool interrupted(int at, const std::function<void(sim::sim_host&)>& happens,
                   const dead_letter_replay_options& how = options()) {
    auto made = std::make_unique<sim::sim_host>(kit.world());
    sim::sim_host& host = *made;
    int seen = 0;
    host.before_io = [&] {
      if (seen++ == at) happens(host);
    };
    cluster_config config;
    config.bootstrap = kit.bootstrap();
    config.seed = 11;
    auto on = cluster::open_on(std::move(made), config);
    EXPECT_TRUE(on.has_value());
    last = dead_letter_replay(*on, how).run();
    host.before_io = {};
    return seen > at;
  }

  /// How often each letter, by its value, is in the targets; by partition in their order.
  std::map<std::string, int> counts(const std::vector<std::string>& topics = {"orders", "payments"}) {
    std::map<std::string, int> out;
    for (const std::string& topic : topics) {
      for (int partition = 0; partition < 3; ++partition) {
        for (const mock::stored_record& one : kit.broker().records(topic, partition)) ++out[*one.value];
      }
    }
    return out;
  }
  /// Each letter once, and in its order where several went into one partition from one.
  void expect_each_once(const std::string& story) {
    const auto seen = counts();
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(written)) << story;
    for (const auto& [value, count] : seen) EXPECT_EQ(count, 1) << "letter " << value << ", " << story;
    for (const std::string topic : {"orders", "payments"}) {
      for (int partition = 0; partition < 3; ++partition) {
        std::map<std::string, int> last_of;  // by the letters' partition
        for (const mock::stored_record& one : kit.broker().records(topic, partition)) {
          const std::string source = *one.headers.back().second;
          const std::string from = source.substr(0, source.rfind('/'));
          const int number = std::stoi(*one.value);
          if (last_of.contains(from)) {
            EXPECT_LT(last_of[from], number) << story;
          }
          last_of[from] = number;
        }
      }
    }
  }

  test_kit kit;
  int written = 0;
  result<replay_summary> last{replay_summary{}};
};

}  // namespace ottla::test
