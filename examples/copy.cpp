// Copies one topic to another, each record exactly once, whenever it is killed: example_copy BROKERS FROM TO NAME.
#include <chrono>
#include <iostream>
#include <string>

#include "ottla/cluster.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"

using namespace std::chrono_literals;

namespace {

// What became of the last transaction, the group's offsets know: they were a part of it.
bool go_back(ottla::consumer& in, const ottla::polled& polled) {
  std::vector<ottla::topic_partition> which;
  for (const auto& position : polled.end()) which.push_back(position.where);
  auto committed = in.committed(which, 60s);  // waits until it is decided
  if (!committed) return std::cerr << committed.error().message() << '\n', false;
  for (const auto& one : *committed) {
    if (one.failure) return std::cerr << one.failure.message() << '\n', false;
    // A partition that is another member's by now is none of our business.
    (void)in.seek(one.where, one.offset < 0 ? ottla::earliest : ottla::at_offset(one.offset));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::cerr << "usage: example_copy BROKERS FROM TO NAME\n", 2;
  const std::string from = argv[2], to = argv[3], name = argv[4];
  auto cluster = ottla::cluster::open({.bootstrap = argv[1]});
  if (!cluster) return std::cerr << cluster.error().message() << '\n', 2;
  // The name is the same after a restart: the new process has its partitions at once, and fences the old one.
  ottla::consumer in{*cluster,
                     {.group = "copy-" + to,
                      .topics = {from},
                      .start = ottla::earliest,
                      .isolation = ottla::isolation_level::read_committed,
                      .group_instance_id = name,
                      .auto_commit = false}};
  ottla::producer out{*cluster, {.transactional_id = name}};
  if (auto ready = out.init_transactions(60s); !ready) return std::cerr << ready.error().message() << '\n', 1;
  ottla::topic copies = out.topic(to);
  for (;;) {
    auto polled = in.poll(500ms);
    if (!polled) return std::cerr << polled.error().message() << '\n', 1;
    if (polled->empty()) continue;
    const ottla::group_metadata member = in.membership();  // who we were when these records came
    if (auto begun = out.begin_transaction(); !begun) return std::cerr << begun.error().message() << '\n', 1;
    for (const ottla::record_view& record : polled->records()) {
      // A record that is not taken or not stored makes commit say must_abort.
      auto sent = copies.send({.key = record.key(), .value = record.value()});
      if (!sent) std::cerr << sent.error().message() << '\n';
    }
    auto added = out.send_offsets_to_transaction(polled->end(), member, 30s);
    if (!added) std::cerr << added.error().message() << '\n';
    ottla::transaction_result how = added ? out.commit_transaction(60s) : out.abort_transaction(60s);
    if (how.outcome == ottla::transaction_outcome::must_abort) {
      std::cerr << how.why.message() << '\n';
      how = out.abort_transaction(60s);
    }
    switch (how.outcome) {
      case ottla::transaction_outcome::committed:
        std::cout << polled->count() << std::endl;
        break;
      case ottla::transaction_outcome::aborted:
      case ottla::transaction_outcome::unknown:
        if (how.why.is(ottla::client_code::timed_out) || !go_back(in, *polled)) return 1;
        break;
      default:
        return std::cerr << how.why.message() << '\n', 1;
    }
  }
}
