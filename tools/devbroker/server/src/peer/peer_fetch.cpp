// The stand-in's Fetch: as many prepared batches per partition as the request has room for.
#include <algorithm>

#include "ottla/protocol/fetch.hpp"
#include "peer/peer_service.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Batches per partition of the request, in its order. Another partition goes first each time, so that a byte limit
/// starves none; the first gets a batch even if that is above the limit (KIP-74).
std::vector<std::size_t> peer_service::grants(const protocol::FetchRequest& request) {
  std::vector<std::size_t> out;
  for (const auto& asked : request.topics)
    for (const auto& p : asked.partitions)
      out.push_back(static_cast<std::size_t>(std::max(p.partition_max_bytes, 0)) / batches_.batch_size());
  if (out.empty()) return out;
  std::size_t left = static_cast<std::size_t>(std::max(request.max_bytes, 0)) / batches_.batch_size();
  const std::size_t first = fetches_++ % out.size();
  out[first] = std::max<std::size_t>(out[first], 1);
  left = std::max<std::size_t>(left, 1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::size_t& granted = out[(first + i) % out.size()];
    granted = std::min({granted, left, batches_.copies()});
    left -= granted;
  }
  return out;
}

void peer_service::fill_fetch(const protocol::FetchRequest& request, protocol::FetchResponse& response) {
  const std::vector<std::size_t> granted = grants(request);
  fetched_.assign(granted.size(), {});
  fetched_topics_.clear();
  base_offsets_.clear();
  std::size_t at = 0;
  for (const auto& asked : request.topics) {
    const std::size_t begin = at;
    for (const auto& p : asked.partitions) {
      auto& told = fetched_[at];
      told.partition_index = p.partition;
      told.high_watermark = peer_log_end;
      told.last_stable_offset = peer_log_end;
      told.log_start_offset = 0;
      told.aborted_transactions = std::nullopt;
      if (granted[at] != 0) {
        told.records = batches_.run(granted[at]);
        base_offsets_.push_back(p.fetch_offset - p.fetch_offset % batches_.records_per_batch());
      }
      ++at;
    }
    protocol::FetchResponse::FetchableTopicResponse topic;
    topic.topic = asked.topic;
    topic.topic_id = asked.topic_id;
    topic.partitions = {fetched_.data() + begin, at - begin};
    fetched_topics_.push_back(topic);
  }
  response.responses = fetched_topics_;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
