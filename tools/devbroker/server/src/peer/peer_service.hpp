// What the stand-in answers: acknowledgements, prepared batches, and a cluster of one node in which every topic exists.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ottla/mock/run_peer.hpp"
#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/types.hpp"
#include "ottla/protocol/writer.hpp"
#include "peer/peer_answer.hpp"
#include "peer/prepared_batches.hpp"
#include "peer/produce_skimmer.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline constexpr std::int64_t peer_log_end = std::int64_t{1} << 40;

class peer_service {
 public:
  /// `port`: where it listens, for metadata.
  peer_service(const run_peer_options& options, std::string host, std::uint16_t port);

  /// The answer to a whole request that is no Produce, without its size; nothing if it cannot be served: close then.
  std::optional<peer_answer> answer(std::span<const std::byte> frame);
  peer_answer acknowledge(const produce_skimmer& request);
  bool takes_produce(std::int16_t version) const { return version >= 3 && version <= options_.max_produce_version; }

 private:
  template <class Request, class Fill>
  std::optional<peer_answer> respond(std::span<const std::byte> frame, std::int16_t version, Fill fill);
  std::optional<peer_answer> api_versions(std::span<const std::byte> frame, std::int16_t version);
  std::optional<peer_answer> metadata(std::span<const std::byte> frame, std::int16_t version);
  std::optional<peer_answer> list_offsets(std::span<const std::byte> frame, std::int16_t version);
  std::optional<peer_answer> fetch(std::span<const std::byte> frame, std::int16_t version);
  std::vector<std::size_t> grants(const protocol::FetchRequest& request);
  void fill_fetch(const protocol::FetchRequest& request, protocol::FetchResponse& response);
  void begin(std::int32_t correlation_id, std::int16_t header_version);
  peer_answer finish();
  std::string_view name_of(const protocol::uuid& id) const;
  protocol::uuid id_of(std::string_view name);

  run_peer_options options_;
  std::string host_;
  std::uint16_t port_;
  prepared_batches batches_;
  std::map<protocol::uuid, std::string> names_;
  std::int64_t next_producer_id_ = 1;
  std::int64_t acknowledged_ = 0;
  std::size_t fetches_ = 0;
  std::vector<protocol::FetchResponse::PartitionData> fetched_;
  std::vector<protocol::FetchResponse::FetchableTopicResponse> fetched_topics_;
  std::vector<std::int64_t> base_offsets_;  // of the partitions that get batches, in the order of the answer
  protocol::arena memory_;
  protocol::writer writer_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
