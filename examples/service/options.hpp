// options: the flags of the example service.
#pragma once

#include <cstdint>
#include <string>

namespace example {

enum class role { all, producer, consumer, dlq };

struct options {
  std::string brokers = "localhost:9092";
  std::string topic = "example-topic";
  std::string group = "example-group";
  std::uint64_t messages = 1'000;
  double temporary_rate = 0.01;  // of the messages, 0 to 1
  double poison_rate = 0.001;    // of the messages, 0 to 1
  std::uint64_t rate = 0;        // messages a second; 0: as fast as it goes
  std::uint64_t seed = 1;
  int metrics_port = 8080;
  int health_port = 8081;
  role as = role::all;
  int max_seconds = 0;  // 0: until a signal comes

  bool produces() const { return as == role::all || as == role::producer; }
  bool consumes() const { return as == role::all || as == role::consumer; }
  bool reads_dead_letters() const { return as == role::all || as == role::dlq; }
  std::string dead_letters() const { return topic + "-dlq"; }
};

/// The exit status if the program is to end here (help, or a mistake that was told), else -1.
int parse(int argc, char** argv, options& into);

}  // namespace example
