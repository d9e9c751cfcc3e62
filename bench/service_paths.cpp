// Sends or consumes N records, bare and through the service layer, against a dev broker in another process, to have the
// client's instructions counted: service_paths PATH N. Prints its CPU time.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
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
constexpr long most = 4'000'000;  // the dev broker keeps them in memory
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

ottla::result<ottla::cluster> open_on(std::uint16_t port) {
  ottla::cluster_config config;
  config.bootstrap = "127.0.0.1:" + std::to_string(port);
  return ottla::cluster::open(config);
}

std::shared_ptr<ottla::memory_metrics> counts() {
  return std::make_shared<ottla::memory_metrics>(ottla::system_time().mono);
}

// --- Out -------------------------------------------------------------------------------------------------------------

bool send_bare(ottla::cluster& on, long count, const ottla::producer_config& with = {}) {
  std::atomic<long> acked = 0;
  ottla::producer_config config = with;
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
  ottla::producer_message first;
  first.value = value;
  // Until the topic is known messages are kept, however many come meanwhile.
  if (!out.send(first) || !out.flush(60s)) return false;
  for (long i = 1; i < count; ++i) {
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

// What is consumed is written by another process, which has no end of its own: it is counted nowhere. In full batches,
// so that what is read is the same each time.
bool filled_elsewhere(std::uint16_t port, long count) {
  ottla::producer_config full;
  full.linger = 500ms;
  int pipe[2];
  if (::pipe(pipe) != 0) return false;
  const pid_t filler = ::fork();
  if (filler == 0) {
    auto on = open_on(port);
    const char good = on && send_bare(*on, count, full) ? 1 : 0;
    if (::write(pipe[1], &good, 1) == 1) ::pause();
    std::_Exit(1);
  }
  char good = 0;
  const bool told = filler > 0 && ::read(pipe[0], &good, 1) == 1;
  if (filler > 0) {
    ::kill(filler, SIGKILL);
    ::waitpid(filler, nullptr, 0);
  }
  return told && good == 1;
}

struct path {
  std::string_view name;
  bool (*run)(ottla::cluster&, long);
};
constexpr path paths[] = {
    {"send", [](ottla::cluster& on, long n) { return send_bare(on, n); }},
    {"send_service", [](ottla::cluster& on, long n) { return send_as_service(on, n, false); }},
    {"send_counted", [](ottla::cluster& on, long n) { return send_as_service(on, n, true); }},
    {"consume", consume_bare},
    {"consume_service", [](ottla::cluster& on, long n) { return consume_as_service(on, n, false); }},
    {"consume_counted", [](ottla::cluster& on, long n) { return consume_as_service(on, n, true); }},
};

bool run(const path& one, std::uint16_t port, long count) {
  if (one.name.starts_with("consume") && !filled_elsewhere(port, count)) return false;
  auto on = open_on(port);
  if (!on || !one.run(*on, count)) return false;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto ns = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_usec) * 1e3;
  };
  const auto each = static_cast<double>(count);
  std::printf("%.1f ns CPU per message: user %.1f, system %.1f; %ld context switches, %ld page faults\n",
              (ns(used.ru_utime) + ns(used.ru_stime)) / each, ns(used.ru_utime) / each, ns(used.ru_stime) / each,
              used.ru_nvcsw + used.ru_nivcsw, used.ru_minflt);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 3 ? argv[1] : "";
  const long count = argc == 3 ? std::atol(argv[2]) : 0;
  const auto one = std::find_if(std::begin(paths), std::end(paths), [&](const path& p) { return p.name == name; });
  if (one == std::end(paths) || count < 1 || count > most) {
    std::fputs("usage: service_paths PATH N; N is 1 to 4000000. Paths:\n", stderr);
    for (const path& p : paths) std::fprintf(stderr, "  %s\n", p.name.data());
    return 2;
  }
  int pipe[2];
  if (::pipe(pipe) != 0) return 1;
  const pid_t broker = ::fork();
  if (broker == 0) serve(pipe[1]);
  std::uint16_t port = 0;
  const bool good = broker > 0 && ::read(pipe[0], &port, sizeof port) == sizeof port && run(*one, port, count);
  if (broker > 0) {
    ::kill(broker, SIGKILL);
    ::waitpid(broker, nullptr, 0);
  }
  if (!good) std::fprintf(stderr, "service_paths: %s failed\n", argv[1]);
  return good ? 0 : 1;
}
