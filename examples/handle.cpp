// The shortest service: handles orders, tries again what fails, gives up what cannot succeed, and ends cleanly.
#include <chrono>
#include <iostream>

#include "ottla/service.hpp"

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const std::string brokers[] = {argc > 1 ? argv[1] : "localhost:9092"};
  auto app = ottla::service::open(brokers, "billing");
  if (!app) return std::cerr << app.error().message() << '\n', 2;

  ottla::service_consumer_options options;
  options.reading.start = ottla::earliest;
  options.retry = {.count = 3, .backoff = 100ms};  // in place: no other partition waits, nothing sleeps
  options.dead_letter = "orders-dlq";              // what is given up goes there, with headers that say why
  auto added = app->add_consumer(
      "orders",
      [](const ottla::message& order) -> ottla::verdict {
        if (order.value().is_null()) return ottla::reject("no order in it");   // never again
        if (order.tries() == 1) return ottla::retry("the database was busy");  // again, after a pause
        std::cout << order.key().text() << ": " << order.value().text() << std::endl;
        return ottla::done;  // committed when its turn comes
      },
      options);
  if (!added) return std::cerr << added.error().message() << '\n', 2;

  ottla::stop_on_signals signals;
  if (auto ran = app->run(signals.token()); !ran) return std::cerr << ran.error().message() << '\n', 1;
  if (auto closed = app->close(10s); !closed) return std::cerr << closed.error().message() << '\n', 1;
}
