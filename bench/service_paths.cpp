// Sends or consumes N records, bare and through the service layer, against a dev broker in another process, to have the
// client's instructions counted: service_paths PATH N.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "ottla/consumer.hpp"
#include "ottla/mock/socket_server.hpp"
#include "ottla/producer.hpp"
#include "ottla/service/consumer.hpp"
#include "ottla/service/producers.hpp"
#include "ottla/service/system_time.hpp"

namespace {

using namespace std::chrono_literals;
constexpr int partitions = 12;
constexpr long filled = 240'000;  // always so many: what filling costs is the same for every N
const std::string value(100, 'v');

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

std::shared_ptr<ottla::memory_metrics> counts() {
  return std::make_shared<ottla::memory_metrics>(ottla::system_time().mono);
}

// --- Out -------------------------------------------------------------------------------------------------------------

bool send_bare(ottla::cluster& on, long count) {
  std::atomic<long> acked = 0;
  ottla::producer_config config;
  config.on_batch = [&](const ottla::batch_delivery& d) { acked += d ? static_cast<long>(d.count) : 0; };
  ottla::producer out(on, config);
  ottla::topic topic = out.topic("bench");
  for (long i = 0; i < count; ++i) {
    ottla::record one;
    one.value = value;
    if (!topic.send(one)) return false;
  }
  return out.close(60s).has_value() && acked == count;
}

bool send_as_service(ottla::cluster& on, long count, bool listened_to) {
  ottla::producer_options options;
  options.topic = "bench";
  options.config = ottla::producer_config{};
  if (listened_to) options.metrics = counts();
  ottla::async_producer out(on, options);
  for (long i = 0; i < count; ++i) {
    ottla::producer_message one;
    one.value = value;
    if (!out.send(one)) return false;
  }
  const bool flushed = out.flush(60s).has_value();
  return flushed && out.close(60s).has_value() &&
         out.stats().records.records_acked == static_cast<std::uint64_t>(count);
}

// --- In --------------------------------------------------------------------------------------------------------------

ottla::consumer_config reading() {
  ottla::consumer_config config;
  config.group = "bench";
  config.topics = {"bench"};
  config.start = ottla::earliest;
  return config;
}

bool consume_bare(ottla::cluster& on, long count) {
  ottla::consumer in(on, reading());
  std::size_t sum = 0;
  while (count > 0) {
    const auto got = in.poll(10s);
    if (!got || (got->empty() && got->end().empty())) return false;
    for (const ottla::record_view& r : got->records()) {
      sum += r.value().size() + r.key().size();
      if (--count == 0) break;
    }
  }
  return sum > 0;
}

bool consume_as_service(ottla::cluster& on, long count, bool counted) {
  ottla::service_consumer_options options;
  options.reading = reading();
  if (counted) options.counts = counts();
  std::atomic<bool> all = false;
  std::size_t sum = 0;
  ottla::service_consumer in(on, options, [&, left = count](const ottla::message& m) mutable {
    sum += m.value().size() + m.key().size();
    if (--left == 0) {
      all = true;
      all.notify_all();
    }
  });
  if (!in.start()) return false;
  all.wait(false);
  return sum > 0;
}

int usage() {
  std::fputs(
      "usage: service_paths send|send_service|send_counted|consume|consume_service|consume_counted N\n"
      "N is 1 to 240000.\n",
      stderr);
  return 2;
}

bool run(std::string_view path, ottla::cluster& on, long count) {
  if (path == "send") return send_bare(on, count);
  if (path == "send_service") return send_as_service(on, count, false);
  if (path == "send_counted") return send_as_service(on, count, true);
  if (!send_bare(on, filled)) return false;
  if (path == "consume") return consume_bare(on, count);
  return consume_as_service(on, count, path == "consume_counted");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return usage();
  const std::string_view path = argv[1];
  const long count = std::atol(argv[2]);
  bool known = false;
  for (const std::string_view one :
       {"send", "send_service", "send_counted", "consume", "consume_service", "consume_counted"})
    known = known || one == path;
  if (!known || count < 1 || count > filled) return usage();

  int pipe[2];
  if (::pipe(pipe) != 0) return 1;
  const pid_t broker = ::fork();
  if (broker == 0) serve(pipe[1]);
  std::uint16_t port = 0;
  bool good = broker > 0 && ::read(pipe[0], &port, sizeof port) == sizeof port;
  if (good) {
    ottla::cluster_config config;
    config.bootstrap = "127.0.0.1:" + std::to_string(port);
    auto on = ottla::cluster::open(config);
    good = on && run(path, *on, count);
  }
  ::kill(broker, SIGKILL);
  ::waitpid(broker, nullptr, 0);
  if (!good) std::fprintf(stderr, "service_paths: %.*s failed\n", static_cast<int>(path.size()), path.data());
  return good ? 0 : 1;
}
