// Sends ten orders and says where each one landed. The only argument is where the cluster is: HOST:PORT,...
#include <chrono>
#include <iostream>
#include <string>

#include "ottla/cluster.hpp"
#include "ottla/producer.hpp"

int main(int argc, char** argv) {
  auto cluster = ottla::cluster::open({.bootstrap = argc > 1 ? argv[1] : "localhost:9092"});
  if (!cluster) return std::cerr << cluster.error().message() << '\n', 2;
  ottla::producer producer{*cluster, {.compression = ottla::zstd()}};
  ottla::topic orders = producer.topic("orders");
  for (int number = 0; number < 10; ++number) {
    std::string customer = std::to_string(number % 3), order = "order " + std::to_string(number);
    auto taken = orders.send({.key = customer, .value = order}, [number](const ottla::delivery& d) {
      if (d) std::cout << number << " is at partition " << d.partition << ", offset " << d.offset << '\n';
    });
    if (!taken) return std::cerr << taken.error().message() << '\n', 1;
  }
  auto closed = producer.close(std::chrono::seconds(10));  // waits until each has its outcome
  if (!closed) return std::cerr << closed.error().message() << '\n', 1;
}
