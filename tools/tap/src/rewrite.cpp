// Addresses of brokers in responses. Every field of the schemas that names where a broker or controller listens is
// here; the endpoints of streams applications (StreamsGroupHeartbeat) are not theirs, and stay.
#include "rewrite.hpp"

#include <deque>
#include <string>
#include <type_traits>

#include "headers.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/begin_quorum_epoch.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/describe_quorum.hpp"
#include "ottla/protocol/end_quorum_epoch.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/fetch_snapshot.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/share_acknowledge.hpp"
#include "ottla/protocol/share_fetch.hpp"
#include "ottla/protocol/update_raft_voter.hpp"
#include "ottla/protocol/vote.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using namespace protocol;

/// Replaces addresses in place; the new hosts live here, as views of them end up in the message.
class replacer {
 public:
  explicit replacer(const std::function<std::optional<endpoint>(const endpoint&)>& stand_in) : stand_in_(stand_in) {}

  template <class Port>
  void operator()(std::string_view& host, Port& port) {
    if (host.empty() || port <= 0 || port > 65535) return;  // "there is none", beside an error code
    const auto found = stand_in_({std::string(host), static_cast<std::uint16_t>(port)});
    if (!found) return;
    host = hosts_.emplace_back(found->host);
    port = static_cast<Port>(found->port);
    ++count;
  }
  template <class Nodes>
  void all(const Nodes& nodes) {
    for (auto& node : nodes) (*this)(node.host, node.port);
  }

  std::size_t count = 0;

 private:
  const std::function<std::optional<endpoint>(const endpoint&)>& stand_in_;
  std::deque<std::string> hosts_;
};

void visit(MetadataResponse& in, replacer& to) { to.all(in.brokers); }
void visit(DescribeClusterResponse& in, replacer& to) { to.all(in.brokers); }
void visit(FindCoordinatorResponse& in, replacer& to) {
  to(in.host, in.port);
  to.all(in.coordinators);
}
void visit(DescribeQuorumResponse& in, replacer& to) {
  for (auto& node : in.nodes) to.all(node.listeners);
}
void visit(UpdateRaftVoterResponse& in, replacer& to) { to(in.current_leader.host, in.current_leader.port); }
/// KIP-951 and its kin.
template <class Response>
void visit(Response& in, replacer& to) {
  to.all(in.node_endpoints);
}

template <class Response>
std::size_t rewrite_as(bytes_view frame, std::size_t header, std::int16_t version, replacer& to,
                       std::vector<std::byte>& out) {
  arena memory;
  reader in(frame.subspan(header), memory);
  Response response;
  read(in, response, version);
  if (!in.ok() || in.remaining() != 0) return 0;
  visit(response, to);
  if (to.count == 0) return 0;
  writer written;
  written.raw(frame.first(header));
  write(written, response, version);
  if (!written.ok()) return 0;
  out.assign(written.view().begin(), written.view().end());
  return to.count;
}

struct rewritable {
  api_key key;
  std::int16_t since;  // the first version with addresses
  std::size_t (*rewrite)(bytes_view, std::size_t, std::int16_t, replacer&, std::vector<std::byte>&);
};

constexpr rewritable table[] = {
    {api_key::metadata, 0, &rewrite_as<MetadataResponse>},
    {api_key::find_coordinator, 0, &rewrite_as<FindCoordinatorResponse>},
    {api_key::describe_cluster, 0, &rewrite_as<DescribeClusterResponse>},
    {api_key::produce, 10, &rewrite_as<ProduceResponse>},
    {api_key::fetch, 16, &rewrite_as<FetchResponse>},
    {api_key::share_fetch, 0, &rewrite_as<ShareFetchResponse>},
    {api_key::share_acknowledge, 0, &rewrite_as<ShareAcknowledgeResponse>},
    {api_key::describe_quorum, 2, &rewrite_as<DescribeQuorumResponse>},
    {api_key::vote, 1, &rewrite_as<VoteResponse>},
    {api_key::begin_quorum_epoch, 1, &rewrite_as<BeginQuorumEpochResponse>},
    {api_key::end_quorum_epoch, 1, &rewrite_as<EndQuorumEpochResponse>},
    {api_key::fetch_snapshot, 1, &rewrite_as<FetchSnapshotResponse>},
    {api_key::update_raft_voter, 0, &rewrite_as<UpdateRaftVoterResponse>},
};

const rewritable* find(const request_head& head) {
  for (const rewritable& one : table) {
    if (one.key == api_key{head.api_key} && head.version >= one.since) return &one;
  }
  return nullptr;
}

}  // namespace

bool may_hold_addresses(const request_head& head) { return find(head) != nullptr; }

std::size_t rewrite_addresses(bytes_view frame, const request_head& head,
                              const std::function<std::optional<endpoint>(const endpoint&)>& stand_in,
                              std::vector<std::byte>& out) {
  const rewritable* how = find(head);
  const auto header = header_size(frame, direction::to_client, head, head.version);
  if (how == nullptr || !header) return 0;
  replacer to(stand_in);
  return how->rewrite(frame, *header, head.version, to, out);
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
