// fetch_request: a session's plan in the form of whatever version the connection speaks.
#include <utility>

#include "fetcher.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::FetchRequest;
constexpr std::int16_t first_with_sessions = 7;
constexpr std::int16_t first_with_racks = 11;
constexpr std::int16_t last_with_names = 12;

void fill_partition(FetchRequest::FetchPartition& out, const fetch_entry& from, std::int16_t version) {
  out.partition = from.where->partition;
  if (version >= 9) out.current_leader_epoch = from.leader_epoch;
  out.fetch_offset = from.offset;
  out.partition_max_bytes = from.max_bytes;
}
void fill_partition(std::int32_t& out, const fetch_entry& from, std::int16_t) { out = from.where->partition; }

template <class Topic, class Partition>
protocol::array<Topic> by_topic(const std::vector<fetch_entry>& entries, std::int16_t version,
                                protocol::arena& memory) {
  Topic* topics = memory.make<Topic>(entries.size());
  Partition* partitions = memory.make<Partition>(entries.size());
  std::size_t count = 0;
  for (std::size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    const fetch_entry& first = entries[begin];
    for (end = begin; end < entries.size() && entries[end].where->topic == first.where->topic &&
                      entries[end].topic_id == first.topic_id;
         ++end) {
      fill_partition(partitions[end], entries[end], version);
    }
    Topic& topic = topics[count++];
    if (version > last_with_names) {
      topic.topic_id = first.topic_id;
    } else {
      topic.topic = first.where->topic;
    }
    topic.partitions = protocol::array<Partition>(partitions + begin, end - begin);
  }
  return {topics, count};
}

}  // namespace

request fetcher::make_fetch(fetch_session::plan plan, std::int32_t max_bytes, std::chrono::milliseconds waits,
                            std::string rack) const {
  // One topic without an id, and all go by name (KIP-516).
  bool all_ids = true;
  for (const fetch_entry& one : plan.all) all_ids = all_ids && !one.topic_id.is_zero();
  for (const fetch_entry& one : plan.forgotten) all_ids = all_ids && !one.topic_id.is_zero();
  request out = make_request<FetchRequest>(
      [plan = std::move(plan), max_bytes, waits, isolation = config_.isolation, least = config_.fetch_min_bytes,
       rack = std::move(rack)](FetchRequest& message, std::int16_t version, protocol::arena& memory) {
        message.max_wait_ms = static_cast<std::int32_t>(waits.count());
        message.min_bytes = least;
        message.max_bytes = max_bytes;
        message.isolation_level = static_cast<std::int8_t>(isolation);
        if (version >= first_with_racks) message.rack_id = rack;
        const bool full = plan.full || version < first_with_sessions;
        if (version >= first_with_sessions) {
          message.session_id = plan.session_id;
          message.session_epoch = plan.session_epoch;
        }
        message.topics = by_topic<FetchRequest::FetchTopic, FetchRequest::FetchPartition>(
            full ? plan.all : plan.changed, version, memory);
        if (!full)
          message.forgotten_topics_data =
              by_topic<FetchRequest::ForgottenTopic, std::int32_t>(plan.forgotten, version, memory);
      });
  if (!all_ids) out.max_version = last_with_names;
  return out;
}

}  // namespace v0
}  // namespace ottla
