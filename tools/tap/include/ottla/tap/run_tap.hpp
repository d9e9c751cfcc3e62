// The bodies of `ottla tap`: a live proxy, or a capture that is read.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "ottla/tap/endpoint.hpp"
#include "ottla/tap/line_maker.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

struct run_tap_options {
  endpoint listen{};  ///< port 0: the system picks, for each broker
  endpoint upstream{};
  line_form form = line_form::text;
  bool one_document = false;  ///< the objects as elements of one JSON array
  bool records = false;
  std::chrono::milliseconds connect_timeout{10'000};
};

/// Until SIGINT or SIGTERM. Prints "ready HOST:PORT": on stdout with text, else on stderr, as stdout is JSON then.
/// Exit status: 0 stopped, 1 it could not listen or nobody reads the output any more.
int run_tap(const run_tap_options& options);

struct run_capture_options {
  std::string file{};
  std::optional<std::uint16_t> port{};  ///< where brokers listen; none: connections that speak Kafka are looked for
  line_form form = line_form::text;
  bool one_document = false;
  bool records = false;
  bool quiet = false;  ///< no summary on stderr
};

/// Exit status: 0 done, 1 the file cannot be read or nobody reads the output.
int run_capture(const run_capture_options& options);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
