// cluster_config: what all roles on one cluster share. Every member has a default and a unit in its type.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ottla/net/connector.hpp"
#include "ottla/net/logger.hpp"
#include "ottla/net/proxy.hpp"
#include "ottla/net/security.hpp"

namespace ottla {
inline namespace v0 {

enum class threading : std::uint8_t {
  own_thread,  ///< the cluster runs its core on a thread of its own
  /// No thread: the application calls cluster::run_for, or nests cluster::descriptor in its loop. Names of brokers
  /// alone are looked up on a thread, since getaddrinfo blocks: it is started by the first of them, not by addresses,
  /// and not if `connect.resolve` looks them up.
  manual,
};

enum class dns_lookup : std::uint8_t {
  use_all_dns_ips,  ///< every address that a name has is tried (KIP-302, KIP-602)
  /// Likewise; but a bootstrap address is taken for the name that the address itself goes by (a reverse look-up): TLS
  /// checks that name, for clusters behind an alias (KIP-235). Without an answer the name stays what it was.
  resolve_canonical_bootstrap_servers_only,
};

enum class metadata_recovery : std::uint8_t {
  none,         ///< once brokers are known, they alone are asked (but where no answer came since the start)
  rebootstrap,  ///< when all of them fail, the bootstrap addresses are asked as well (KIP-899)
};

struct cluster_config {
  /// host:port,host:port,... Where to look for the cluster; the rest is learnt from there. [::1]:9092 for IPv6,
  /// unix:/path for a Unix socket.
  std::string bootstrap = "localhost:9092";
  std::string client_id = "ottla";
  /// From the write of a request to its answer; past it the connection is closed (C-57). 1 ms and up.
  std::chrono::milliseconds request_timeout{30'000};
  /// How long a blocking call without a deadline of its own may take.
  std::chrono::milliseconds default_timeout{60'000};
  /// TCP, the proxy, TLS and SASL together, per address.
  std::chrono::milliseconds connection_setup_timeout{10'000};
  std::chrono::milliseconds reconnect_backoff{50};
  std::chrono::milliseconds reconnect_backoff_max{1'000};
  std::chrono::milliseconds retry_backoff{100};
  std::chrono::milliseconds retry_backoff_max{1'000};
  /// Metadata is refreshed at the latest after this, with jitter.
  std::chrono::milliseconds metadata_max_age{300'000};
  dns_lookup lookup = dns_lookup::use_all_dns_ips;
  metadata_recovery recovery = metadata_recovery::rebootstrap;
  /// With rebootstrap: when refreshing has failed for this long, from the first failure on, the known brokers are
  /// forgotten and only the bootstrap addresses are asked (KIP-1102). 0 ms and up.
  std::chrono::milliseconds rebootstrap_trigger{300'000};
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
  /// The way to the brokers, where it is not a plain TCP connection: a proxy, or functions of the program's own.
  proxy_config proxy{};
  connector connect{};
  threading thread = threading::own_thread;
  /// Where log lines go; none by default. Called on the core's thread.
  logger log{};
  /// Seed of jitter; 0 draws one from the system when the cluster is opened.
  std::uint64_t seed = 0;
};

}  // namespace v0
}  // namespace ottla
