// `ottla broker`: a dev cluster in this process until it is told to stop.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/mock/authorization_options.hpp"
#include "ottla/mock/directory_disk.hpp"
#include "ottla/mock/group_options.hpp"
#include "ottla/mock/sasl_options.hpp"
#include "ottla/mock/tls_files.hpp"
#include "ottla/mock/transaction_options.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class socket_server;

struct run_broker_options {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 9092;                      ///< of the first node, the others follow; 0: the system picks
  int brokers = 1;                                       ///< nodes, 1 to 64
  std::vector<std::string> racks = {};                   ///< of the first nodes; with any, replicas_by_rack
  std::vector<std::pair<std::string, int>> topics = {};  ///< name and partitions, replicated as widely as nodes allow,
                                                         ///< at most 3; those in data_dir are left as they are
  std::optional<std::string> data_dir = std::nullopt;    ///< kept there; nothing: in memory alone
  flush_policy flush = flush_policy::by_the_system;      ///< of what is kept
  std::optional<tls_files> tls = std::nullopt;           ///< nothing: plaintext
  sasl_options sasl = {};
  authorization_options authorization = {};
  bool auto_create_topics = false;
  std::uint64_t seed = 1;
  group_options groups = {};
  transaction_options transactions = {};
  bool verbose = false;  ///< tell on stderr why connections are closed
  /// Called when all nodes listen: what it makes lives until the nodes stop. Null, and why, ends the run with 1.
  std::function<std::shared_ptr<void>(socket_server&, std::string& why)> beside = {};
};

/// Prints `ready HOST:PORT,...` on stdout once all nodes accept, and returns after SIGINT or SIGTERM. 0 after a clean
/// stop, 1 if it could not listen or use the directory, 2 for options that make no sense; errors are one sentence on
/// stderr. Takes over the two signals while it runs, so it belongs into a process of its own.
int run_broker(const run_broker_options& options);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
