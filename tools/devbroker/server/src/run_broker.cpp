// `ottla broker`: a dev cluster in this process until it is told to stop.
#include "ottla/mock/run_broker.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "listener.hpp"
#include "ottla/mock/address_text.hpp"
#include "ottla/mock/socket_server.hpp"
#include "signals.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr int most_brokers = 64;
constexpr int widest_replication = 3;

int complain(int status, const std::string& sentence) {
  std::fprintf(stderr, "ottla broker: %s\n", sentence.c_str());
  return status;
}

broker_options cluster_of(const run_broker_options& options) {
  broker_options out;
  out.seed = options.seed;
  out.auto_create_topics = options.auto_create_topics;
  out.sasl = options.sasl;
  out.authorization = options.authorization;
  out.groups = options.groups;
  out.transactions = options.transactions;
  if (options.data_dir) out.log_dir = *options.data_dir;
  out.default_replication_factor = static_cast<std::int16_t>(std::min(options.brokers, widest_replication));
  out.nodes.clear();
  for (int i = 0; i < options.brokers; ++i) {
    const auto at = static_cast<std::size_t>(i);
    out.nodes.push_back({i + 1, options.listen_host, 0, at < options.racks.size() ? options.racks[at] : std::string()});
  }
  out.replicas_by_rack = !options.racks.empty();
  out.alarm = [](std::string_view line) {
    std::fprintf(stderr, "broker: %.*s\n", static_cast<int>(line.size()), line.data());
  };
  if (options.verbose) out.log = out.alarm;
  return out;
}

/// A node's own address: Unix sockets beside each other are PATH, PATH.2, PATH.3.
std::string host_of(const run_broker_options& options, int node) {
  return is_unix_socket(options.listen_host) && node > 0 ? options.listen_host + "." + std::to_string(node + 1)
                                                         : options.listen_host;
}

/// All nodes on consecutive ports from `first` on; for 0 the system picks the first. Empty when done.
std::string listen_all(socket_server& server, const run_broker_options& options) {
  std::uint16_t port = options.listen_port;
  for (int i = 0; i < options.brokers; ++i) {
    const auto node = static_cast<std::size_t>(i);
    if (std::string why = server.listen(node, host_of(options, i), port); !why.empty()) return why;
    if (port != 0 || server.port(node) != 0) port = static_cast<std::uint16_t>(server.port(node) + 1);
  }
  return {};
}

std::unique_ptr<socket_server> listening(broker& cluster, const run_broker_options& options, std::string& why) {
  // The system knows only that the first port is free: where a neighbour is taken, another first one is picked.
  const int attempts = options.listen_port == 0 ? 20 : 1;
  for (int i = 0; i < attempts; ++i) {
    auto server = std::make_unique<socket_server>(cluster);
    if (options.tls && !(why = server->secure(*options.tls)).empty()) return nullptr;
    why = listen_all(*server, options);
    if (why.empty()) return server;
  }
  return nullptr;
}

std::unique_ptr<directory_disk> opened(broker& cluster, const run_broker_options& options, std::string& why) {
  // A file that may not grow is a write that fails, and no reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  auto out = directory_disk::open(*options.data_dir, options.flush, why);
  if (out == nullptr) return nullptr;
  const opening told = cluster.open(*out);
  for (const std::string& note : told.notes) std::fprintf(stderr, "%s/%s.\n", options.data_dir->c_str(), note.c_str());
  if (told.error.empty()) return out;
  why = *options.data_dir + ": " + told.error;
  return nullptr;
}

/// What an earlier life has left is as good as made now.
std::string make_topic(broker& cluster, const std::string& name, int partitions) {
  for (const topic_info& known : cluster.topics()) {
    if (known.name != name) continue;
    if (known.partitions == partitions) return {};
    return "'" + name + "' is there already, with " + std::to_string(known.partitions) + " partitions.";
  }
  return cluster.create_topic(name, partitions);
}

}  // namespace

int run_broker(const run_broker_options& options) {
  if (options.brokers < 1 || options.brokers > most_brokers) return complain(2, "--brokers must be from 1 to 64.");
  if (options.listen_port != 0 && options.listen_port + options.brokers - 1 > 65535)
    return complain(2, "--listen leaves no room for that many consecutive ports.");
  std::unique_ptr<directory_disk> kept;
  broker cluster(cluster_of(options));
  std::string why;
  if (options.data_dir && (kept = opened(cluster, options, why)) == nullptr)
    return complain(1, "--data-dir: " + why + ".");
  for (const auto& [name, partitions] : options.topics)
    if (why = make_topic(cluster, name, partitions); !why.empty()) return complain(2, "--topic: " + why);

  const auto server = listening(cluster, options, why);
  if (server == nullptr) return complain(1, why + ".");
  std::shared_ptr<void> beside;
  if (options.beside && (beside = options.beside(*server, why)) == nullptr) return complain(1, why + ".");
  std::string ready = "ready ";
  for (std::size_t i = 0; i < cluster.node_count(); ++i) {
    const std::string& host = cluster.node(i).host;
    ready += (i == 0 ? "" : ",") + address_text(host, server->port(i));
  }
  const stop_on_signals signals([&] { server->stop(); });
  if (options.data_dir) {
    const bool flushes = options.flush == flush_policy::at_once;
    std::fprintf(stderr,
                 "A dev broker: what it acknowledges is kept in %s and outlives its end, however it comes%s. Not for "
                 "production: one copy, no durability promise.\n",
                 options.data_dir->c_str(),
                 flushes ? ", power failures too" : "; a power failure takes the last seconds (--fsync: it does not)");
  } else {
    std::fprintf(stderr, "A dev broker: everything is in memory and gone when it stops. Not for production.\n");
  }
  std::printf("%s\n", ready.c_str());
  std::fflush(stdout);
  server->run();
  return 0;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
