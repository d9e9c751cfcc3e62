// service_example: a whole service: producer, consumer with retries, dead letters, metrics, health, a clean end.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "options.hpp"
#include "ottla/service.hpp"
#include "ottla/service/health_server.hpp"
#include "ottla/service/metrics_server.hpp"
#include "roles.hpp"

using namespace std::chrono_literals;

namespace {

int fail(const ottla::json_log& log, std::string_view doing, const ottla::error& why) {
  log.write({.level = ottla::log_level::error, .msg = doing, .failure = &why});
  return 1;
}

/// Asks to stop when the time is over; never with 0 seconds.
std::jthread stop_after(int seconds, std::stop_source ask) {
  if (seconds == 0) return {};
  return std::jthread([seconds, ask](std::stop_token over) mutable {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, over, std::chrono::seconds(seconds), [] { return false; });
    ask.request_stop();
  });
}

}  // namespace

int main(int argc, char** argv) {
  example::options how;
  if (const int ended = example::parse(argc, argv, how); ended >= 0) return ended;

  ottla::service_config config;
  config.name = "example_service";
  config.cluster.bootstrap = how.brokers;
  config.cluster.client_id = "example_service";
  config.group = how.group;
  config.topic = how.topic;
  auto app = ottla::service::open(config);
  if (!app) return fail(ottla::json_log({.component = "example_service"}), "cannot start", app.error());

  ottla::stop_on_signals signals;
  std::stop_source stop;
  std::stop_callback on_signal(signals.token(), [&stop] { stop.request_stop(); });
  std::jthread timer = stop_after(how.max_seconds, stop);

  ottla::metrics_server metrics({app->metrics_source()}, {.listen = {.host = "127.0.0.1", .port = how.metrics_port}});
  ottla::health_server health(*app->checks(), {.listen = {.host = "127.0.0.1", .port = how.health_port}});
  if (auto started = metrics.start(); !started) return fail(app->log(), "no /metrics", started.error());
  if (auto started = health.start(); !started) return fail(app->log(), "no /health", started.error());

  if (how.consumes()) {
    if (auto added = example::add_orders(*app, how); !added) return fail(app->log(), "no consumer", added.error());
  }
  if (how.reads_dead_letters()) {
    if (auto added = example::add_dead_letters(*app, how); !added)
      return fail(app->log(), "no consumer of dead letters", added.error());
  }

  std::atomic<bool> all_sent = true;
  std::jthread sender;
  if (how.produces()) {
    sender = std::jthread([&] {
      all_sent = example::send_orders(*app, how, stop.get_token());
      if (how.as == example::role::producer) stop.request_stop();
    });
  }

  int status = 0;
  if (auto ran = app->run(stop.get_token()); !ran) status = fail(app->log(), "cannot go on", ran.error());
  stop.request_stop();
  if (sender.joinable()) sender.join();
  if (auto closed = app->close(25s); !closed) status = fail(app->log(), "did not end cleanly", closed.error());
  return all_sent ? status : 1;
}
