// Reads the first ten orders from the beginning and prints them. The only argument: HOST:PORT,... of the cluster.
#include <chrono>
#include <iostream>

#include "ottla/cluster.hpp"
#include "ottla/consumer.hpp"

int main(int argc, char** argv) {
  auto cluster = ottla::cluster::open({.bootstrap = argc > 1 ? argv[1] : "localhost:9092"});
  if (!cluster) return std::cerr << cluster.error().message() << '\n', 2;
  ottla::consumer consumer{*cluster, {.topics = {"orders"}, .start = ottla::earliest}};
  for (int seen = 0; seen < 10;) {
    auto polled = consumer.poll(std::chrono::seconds(5));
    if (!polled) return std::cerr << polled.error().message() << '\n', 1;
    for (const auto& trouble : polled->errors()) return std::cerr << trouble.why.message() << '\n', 1;
    for (const ottla::record_view& record : polled->records()) {
      std::cout << record.key().text() << ": " << record.value().text() << " (partition " << record.partition()
                << ", offset " << record.offset() << ")\n";
      ++seen;
    }
  }
}
