// A plain TCP connection with a deadline on everything, for one request and its answer.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ottla::fuzz {

using moment = std::chrono::steady_clock::time_point;

struct endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
  bool loopback = false;
};
/// Every address of "host:port"; empty with a reason where there is none.
std::vector<endpoint> resolve(std::string_view host_and_port, std::string& why);

enum class received { frame, closed, nothing };

class fuzz_link {
 public:
  /// Not open if nobody accepted in time.
  fuzz_link(const endpoint& to, moment deadline);
  fuzz_link(const fuzz_link&) = delete;
  fuzz_link& operator=(const fuzz_link&) = delete;
  ~fuzz_link();

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  /// False if the other side closed or took nothing until the deadline: what was not sent cannot matter any more.
  bool send(std::span<const std::byte> bytes, moment deadline);
  /// The next frame without its size. Memory follows what has come; above 64 MiB it is `closed`.
  received receive(std::vector<std::byte>& frame, moment deadline);

 private:
  bool wait(short events, moment deadline) const;
  received read_exactly(std::span<std::byte> into, moment deadline);

  int descriptor_ = -1;
};

}  // namespace ottla::fuzz
