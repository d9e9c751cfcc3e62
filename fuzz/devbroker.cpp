// Fuzzes the dev broker: any bytes as a client's requests, with time passing between them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "ottla/mock/broker.hpp"

namespace {

using namespace ottla;

/// The frame's size is always right, so that the bytes behind it are what is tried.
std::vector<std::byte> framed(std::span<const std::byte> body) {
  std::vector<std::byte> out(4);
  out[2] = static_cast<std::byte>(body.size() >> 8);
  out[3] = static_cast<std::byte>(body.size());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

}  // namespace

// The input is a row of requests: a length (one byte, times four) and so many bytes. Closed connections are replaced.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mock::broker kafka({.max_log_bytes = std::size_t{1} << 20, .max_request_memory = std::size_t{1} << 20});
  kafka.create_topic("t", 2);
  mock::instant now{std::chrono::seconds(1), std::chrono::milliseconds(1'700'000'000'000)};
  auto client = kafka.connect(0, now);
  auto rest = std::as_bytes(std::span(data, size));
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
  return 0;
}
