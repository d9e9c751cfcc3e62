// Fuzzes the dev broker: any bytes as a client's requests, with time passing between them, within a bound on memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "heap_watch.hpp"
#include "ottla/mock/broker.hpp"

namespace {

using namespace ottla;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
// An answer may show 32 MiB of what groups and transactions hold; decoded and encoded it is there twice for a moment.
constexpr std::size_t answers = 80 * mebibyte;

/// The options' bounds, all of them small.
mock::broker_options bounded() {
  mock::broker_options out;
  out.max_log_bytes = mebibyte;
  out.max_request_memory = mebibyte;
  out.max_buffered_bytes = mebibyte;
  out.groups.max_group_bytes = mebibyte;
  out.transactions.max_bytes = mebibyte;
  out.authorization.max_bytes = mebibyte;
  return out;
}

constexpr std::size_t bound = 6 * mebibyte + answers;

/// Asks who is there, and whether they may: "user" with "secret" and every user of an unsigned token.
mock::broker_options guarded() {
  mock::broker_options out = bounded();
  out.sasl.users = {{"user", "secret"}};
  out.sasl.unsecured_tokens = true;
  out.authorization.required = true;
  out.authorization.super_users = {"User:user"};
  return out;
}

/// The frame's size is always right, so that the bytes behind it are what is tried.
std::vector<std::byte> framed(std::span<const std::byte> body) {
  std::vector<std::byte> out(4);
  out[2] = static_cast<std::byte>(body.size() >> 8);
  out[3] = static_cast<std::byte>(body.size());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

void serve(const mock::broker_options& options, std::span<const std::byte> rest) {
  const fuzz::heap_watch watch(bound);
  mock::broker kafka(options);
  kafka.create_topic("t", 2);
  mock::instant now{std::chrono::seconds(1), std::chrono::milliseconds(1'700'000'000'000)};
  auto client = kafka.connect(0, now);
  while (!rest.empty()) {
    const std::size_t wanted = std::to_integer<std::size_t>(rest.front()) * 4;
    rest = rest.subspan(1);
    const auto body = rest.first(wanted < rest.size() ? wanted : rest.size());
    rest = rest.subspan(body.size());
    kafka.receive(client, framed(body), now);
    now.mono += std::chrono::milliseconds(100);
    now.wall += std::chrono::milliseconds(100);
    kafka.step(now);
    kafka.take_output(client);
    if (!kafka.closed(client)) continue;
    if (kafka.close_reason(client).empty()) std::abort();
    kafka.disconnect(client);
    client = kafka.connect(0, now);
  }
}

}  // namespace

// The input is a row of requests: a length (one byte, times four) and so many bytes. Closed connections are replaced.
// They go to a broker that lets everybody in, and again to one that asks: it lets little through, at little cost.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto requests = std::as_bytes(std::span(data, size));
  serve(bounded(), requests);
  serve(guarded(), requests);
  return 0;
}
