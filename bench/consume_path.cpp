// Consumes N records from a dev broker in another process, to have the client's instructions counted: consume_path
// views|owned|lz4 N.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ottla/consumer.hpp"
#include "ottla/mock/socket_server.hpp"
#include "ottla/producer.hpp"

namespace {

using namespace std::chrono_literals;
constexpr int partitions = 12;
constexpr int filled = 120'000;

// The broker's process: prints nothing, serves until it is killed.
[[noreturn]] void serve(int to_parent) {
  ottla::mock::broker kafka;
  kafka.create_topic("bench", partitions);
  ottla::mock::socket_server server(kafka);
  if (!server.listen(0, "127.0.0.1", 0).empty()) std::_Exit(1);
  const std::uint16_t port = server.port(0);
  if (::write(to_parent, &port, sizeof port) != sizeof port) std::_Exit(1);
  server.run();
  std::_Exit(0);
}

bool fill(ottla::cluster& on, bool lz4) {
  ottla::producer_config config;
  config.batch_size = 16'384;
  if (lz4) config.compression = ottla::lz4();
  ottla::producer out(on, config);
  ottla::topic topic = out.topic("bench");
  std::string value(100, 'v');
  for (int i = 0; i < filled; ++i) {
    for (std::size_t j = 0; j < 8; ++j) value[j * 9] = static_cast<char>('a' + (i >> j) % 26);
    ottla::record one;
    one.value = value;
    one.partition = i % partitions;
    if (!topic.send(one)) return false;
  }
  return out.close(60s).has_value();
}

// Round after round over the same records, as far as `count` goes.
std::size_t consume(ottla::cluster& on, long count, bool owned) {
  ottla::consumer in(on, {.topics = {"bench"}, .start = ottla::earliest});
  std::size_t sum = 0;
  long round = filled;
  while (count > 0) {
    const auto got = in.poll(10s);
    if (!got || (got->empty() && got->end().empty())) return 0;
    for (const ottla::record_view& r : got->records()) {
      sum += r.value().size() + static_cast<std::size_t>(r.offset()) + r.key().size();
      if (owned) sum += r.to_owned().value().size();
    }
    count -= static_cast<long>(got->count());
    if ((round -= static_cast<long>(got->count())) > 0 || count <= 0) continue;
    round = filled;
    for (int i = 0; i < partitions; ++i) {
      if (!in.seek({"bench", i}, ottla::at_offset(0))) return 0;
    }
  }
  return sum;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view verb = count == 3 ? arguments[1] : "";
  if (verb != "views" && verb != "owned" && verb != "lz4") {
    std::fprintf(stderr, "usage: consume_path views|owned|lz4 RECORDS\n");
    return 2;
  }
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  const pid_t broker = ::fork();
  if (broker == 0) serve(ends[1]);
  std::uint16_t port = 0;
  if (::read(ends[0], &port, sizeof port) != sizeof port) return 1;
  auto on = ottla::cluster::open({.bootstrap = "127.0.0.1:" + std::to_string(port)});
  const std::size_t sum =
      on && fill(*on, verb == "lz4") ? consume(*on, std::strtol(arguments[2], nullptr, 10), verb == "owned") : 0;
  ::kill(broker, SIGKILL);
  ::waitpid(broker, nullptr, 0);
  std::printf("%zu\n", sum);
  return sum == 0 ? 1 : 0;
}
