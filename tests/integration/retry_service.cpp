// retry_service: a service with retry topics that says of each try what it saw: what test_retry_topics.py runs and
// kills.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "ottla/service.hpp"

using namespace std::chrono_literals;

namespace {

// One write for a line: whole although several threads print, and not lost when the process is killed.
void print(const std::string& line) {
  for (std::string_view left = line; !left.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
    if (written <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

// CLOCK_MONOTONIC: lines of several processes can be put in order.
std::string line(std::string_view say, std::string_view topic, std::int32_t partition, std::int64_t offset, int tier,
                 int tries) {
  std::ostringstream out;
  out << "{\"at\":" << std::chrono::steady_clock::now().time_since_epoch() / 1ns << ",\"say\":\"" << say
      << "\",\"topic\":\"" << topic << "\",\"partition\":" << partition << ",\"offset\":" << offset
      << ",\"tier\":" << tier << ",\"tries\":" << tries << "}\n";
  return out.str();
}

// A message's value is how many of its tries fail; below 0 it is poison.
ottla::verdict handle(const ottla::message& what) {
  const std::string_view text = what.value().text();
  int failures = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), failures);
  const bool poison = failures < 0, fails = what.tries() <= failures;
  const ottla::message_origin from = what.origin();
  print(line(poison  ? "reject"
             : fails ? "retry"
                     : "done",
             from.topic, from.partition, from.offset, from.tier, what.tries()));
  if (poison) return ottla::reject("poison").as("bad_message");
  if (fails) return ottla::retry("the database was busy").as("busy");
  return ottla::done;
}

ottla::service_consumer_options options_of(const std::string& topic, bool keep_key_order) {
  ottla::service_consumer_options out;
  out.reading.start = ottla::earliest;
  out.reading.session_timeout = 6s;
  out.reading.heartbeat_interval = 500ms;
  out.retry = {.count = 1, .backoff = 20ms, .multiplier = 2.0, .max = 1s, .jitter = 0.2};
  out.dead_letter = topic + "-dlq";
  out.commit_interval = 100ms;
  out.workers = 3;
  out.tiers.emplace().tiers = {200ms, 500ms, 900ms};
  out.tiers->create.emplace();
  if (keep_key_order) {
    out.tiers->keep_key_order = true;
    out.order = ottla::message_order::key;
    out.reading.assignors = {ottla::assignor::range};
  } else {
    out.reading.assignors = {ottla::assignor::cooperative_sticky};
  }
  return out;
}

int fail(const ottla::error& why) {
  std::cerr << why.message() << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::cerr << "usage: retry_service BROKERS TOPIC GROUP any-order|key-order\n", 2;
  const std::string brokers[] = {argv[1]}, topic = argv[2];
  auto app = ottla::service::open(brokers, argv[3]);
  if (!app) return fail(app.error());
  ottla::service_consumer_options options = options_of(topic, std::string_view(argv[4]) == "key-order");
  options.on_dead_letter = [](const ottla::dead_letter_receipt& given_up) {
    const ottla::dead_letter_note& note = given_up.note;
    print(line("dead", note.from.topic, note.from.partition, note.offset, note.tier, note.retries + 1));
  };
  if (auto added = app->add_consumer(topic, handle, options); !added) return fail(added.error());
  ottla::stop_on_signals signals;
  if (auto ran = app->run(signals.token()); !ran) return fail(ran.error());
  if (auto closed = app->close(20s); !closed) return fail(closed.error());
  return 0;
}
