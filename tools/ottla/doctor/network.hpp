// network: names looked up and connections tried, without anything of Kafka, each within a time.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include "doctor/finding.hpp"

namespace ottla_tool::doctor {

struct endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;
  std::string text;  ///< "127.0.0.1", "::1"
};

struct resolution {
  std::vector<endpoint> endpoints;
  std::string failure;  ///< set: why there are none
  std::chrono::nanoseconds took{};
};
/// The system's resolver cannot be interrupted: past `within` the look-up goes on in a thread that nobody waits for.
resolution resolve(const std::string& host, std::uint16_t port, patience within);

struct connection_try {
  std::string failure;  ///< empty: connected, and closed again
  std::chrono::nanoseconds took{};
};
connection_try try_connect(const endpoint& to, patience within);

}  // namespace ottla_tool::doctor
