// `ottla broker`: a dev cluster in this process until it is told to stop.
#include "ottla/mock/run_broker.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

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
  out.transactions = options.transactions;
  out.default_replication_factor = static_cast<std::int16_t>(std::min(options.brokers, widest_replication));
  out.nodes.clear();
  for (int i = 0; i < options.brokers; ++i) out.nodes.push_back({i + 1, options.listen_host, 0, ""});
  if (options.verbose)
    out.log = [](std::string_view line) {
      std::fprintf(stderr, "broker: %.*s\n", static_cast<int>(line.size()), line.data());
    };
  return out;
}

/// All nodes on consecutive ports from `first` on; for 0 the system picks the first. Empty when done.
std::string listen_all(socket_server& server, const run_broker_options& options) {
  std::uint16_t port = options.listen_port;
  for (int i = 0; i < options.brokers; ++i) {
    const auto node = static_cast<std::size_t>(i);
    if (std::string why = server.listen(node, options.listen_host, port); !why.empty()) return why;
    port = static_cast<std::uint16_t>(server.port(node) + 1);
  }
  return {};
}

std::unique_ptr<socket_server> listening(broker& cluster, const run_broker_options& options, std::string& why) {
  // The system knows only that the first port is free: where a neighbour is taken, another first one is picked.
  const int attempts = options.listen_port == 0 ? 20 : 1;
  for (int i = 0; i < attempts; ++i) {
    auto server = std::make_unique<socket_server>(cluster);
    why = listen_all(*server, options);
    if (why.empty()) return server;
  }
  return nullptr;
}

}  // namespace

int run_broker(const run_broker_options& options) {
  if (options.data_dir) return complain(2, "--data-dir is not there yet: this broker keeps everything in memory.");
  if (options.brokers < 1 || options.brokers > most_brokers) return complain(2, "--brokers must be from 1 to 64.");
  if (options.listen_port != 0 && options.listen_port + options.brokers - 1 > 65535)
    return complain(2, "--listen leaves no room for that many consecutive ports.");
  broker cluster(cluster_of(options));
  for (const auto& [name, partitions] : options.topics)
    if (const std::string why = cluster.create_topic(name, partitions); !why.empty())
      return complain(2, "--topic: " + why);

  std::string why;
  const auto server = listening(cluster, options, why);
  if (server == nullptr) return complain(1, why + ".");
  std::shared_ptr<void> beside;
  if (options.beside && (beside = options.beside(*server, why)) == nullptr) return complain(1, why + ".");
  std::string ready = "ready ";
  for (std::size_t i = 0; i < cluster.node_count(); ++i)
    ready += (i == 0 ? "" : ",") + cluster.node(i).host + ":" + std::to_string(server->port(i));
  const stop_on_signals signals([&] { server->stop(); });
  std::fprintf(stderr, "A dev broker: everything is in memory and gone when it stops. Not for production.\n");
  std::printf("%s\n", ready.c_str());
  std::fflush(stdout);
  server->run();
  return 0;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
