// cluster_config: what all roles on one cluster share. Every member has a default and a unit in its type.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ottla/net/logger.hpp"
#include "ottla/net/security.hpp"

namespace ottla {
inline namespace v0 {

enum class threading : std::uint8_t {
  own_thread,  ///< the cluster runs its core on a thread of its own
  manual,      ///< no thread: the application calls cluster::run_for, or nests cluster::descriptor in its loop
};

struct cluster_config {
  /// host:port,host:port,... Where to look for the cluster; the rest is learnt from there. [::1]:9092 for IPv6.
  std::string bootstrap = "localhost:9092";
  std::string client_id = "ottla";
  /// From the write of a request to its answer; past it the connection is closed (C-57). 1 ms and up.
  std::chrono::milliseconds request_timeout{30'000};
  /// How long a blocking call without a deadline of its own may take.
  std::chrono::milliseconds default_timeout{60'000};
  /// TCP, TLS and SASL together, per address.
  std::chrono::milliseconds connection_setup_timeout{10'000};
  std::chrono::milliseconds reconnect_backoff{50};
  std::chrono::milliseconds reconnect_backoff_max{1'000};
  std::chrono::milliseconds retry_backoff{100};
  std::chrono::milliseconds retry_backoff_max{1'000};
  /// Metadata is refreshed at the latest after this, with jitter.
  std::chrono::milliseconds metadata_max_age{300'000};
  /// Connections without traffic are closed after this; 0 keeps them.
  std::chrono::milliseconds connections_max_idle{540'000};
  /// A response larger than this ends the connection instead of taking the memory.
  std::size_t max_response_bytes = std::size_t{256} << 20;
  /// Whether a Metadata request may create topics (if the brokers allow it).
  bool allow_auto_create_topics = false;
  /// Whether connections are encrypted, and whether they say who they are; then `tls` and `sasl` say how.
  security_protocol security = security_protocol::plaintext;
  tls_config tls{};
  sasl_config sasl{};
  threading thread = threading::own_thread;
  /// Where log lines go; none by default. Called on the core's thread.
  logger log{};
  /// Seed of jitter; 0 draws one from the system when the cluster is opened.
  std::uint64_t seed = 0;
};

}  // namespace v0
}  // namespace ottla
