// scripted_cluster: brokers that answer the usual questions by themselves and hand everything else to the test.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "ottla/cluster.hpp"
#include "ottla/protocol/metadata.hpp"
#include "scripted_host.hpp"
#include "wire.hpp"

namespace ottla::test {

struct scripted_partition {
  int leader = 1;
  int epoch = 0;
  protocol::error_code error = protocol::error_code::none;
};
struct scripted_topic {
  std::uint8_t id = 1;  // first byte of its uuid; 0: none
  std::vector<scripted_partition> partitions{1};
  protocol::error_code error = protocol::error_code::none;
};

/// Broker N is named "bN:9092". What is not switched to automatic waits in `asked` for the test.
class scripted_cluster {
 public:
  scripted_cluster();

  scripted_world world;
  std::map<int, std::string> brokers{{1, "b1"}};
  std::map<std::string, scripted_topic> topics;
  int controller = 1;
  /// Highest versions that brokers offer; an entry of -1 leaves the request out. Others are offered as this library
  /// knows them.
  std::map<protocol::api_key, std::int16_t> offered;
  /// The finalized feature transaction.version; 0: not finalized.
  std::int16_t transaction_version = 0;
  std::int64_t features_epoch = 1;
  /// Hosts that accept and never answer.
  std::set<std::string> paused;
  /// The error of whole answers to Metadata (KIP-1102).
  protocol::error_code metadata_error = protocol::error_code::none;
  bool auto_versions = true, auto_metadata = true, auto_identity = true;
  /// The error of the next answers to InitProducerId.
  std::deque<protocol::error_code> identity_errors;
  std::int64_t next_producer_id = 4711;
  int metadata_asked = 0, identities_asked = 0;

  /// Opens a cluster on these brokers; `set` changes its configuration.
  cluster open(const std::function<void(cluster_config&)>& set = [](cluster_config&) {});
  scripted_host& host() { return *host_; }
  void settle() { host_->settle(); }
  void advance(std::chrono::nanoseconds by) { host_->advance(by); }

  /// Looks at each request that is not answered automatically, in its turn; true: it has seen to it.
  std::function<bool(const wire_request&)> answer_next;
  /// Requests that wait for the test's answer, oldest first.
  std::deque<wire_request> asked;
  /// The oldest of them, of this kind; fails the test and gives an empty one if there is none.
  wire_request expect(protocol::api_key key);
  std::size_t waiting(protocol::api_key key) const;

  void answer_versions(const wire_request& to);
  void answer_metadata(const wire_request& to);

  /// Links to this host that are open.
  std::vector<virtual_link*> links_to(const std::string& host);
  static protocol::uuid uuid_of(std::uint8_t first);

 private:
  bool serve();
  bool serve(wire_request one);

  scripted_host* host_ = nullptr;
};

}  // namespace ottla::test
