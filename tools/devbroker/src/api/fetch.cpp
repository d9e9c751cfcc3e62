// Fetch: which partitions a request means (sessions, KIP-227), and whether it is answered now or waits.
#include <algorithm>

#include "api/answers.hpp"
#include "api/throttle.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
constexpr std::int16_t first_fetch_with_ids = 13;
constexpr std::int64_t largest_answer = 55 << 20;  // Kafka's fetch.max.bytes

partition_name named(const call& c, const auto& of_topic, std::int32_t index) {
  if (c.version >= first_fetch_with_ids) return {of_topic.topic_id, {}, index};
  return {{}, std::string(of_topic.topic), index};
}

/// Brings the session to what the request says: forgotten partitions go, named ones come or change.
void update(const call& c, const FetchRequest& request, fetch_session& session) {
  for (const auto& t : request.forgotten_topics_data)
    for (const std::int32_t index : t.partitions) session.forget(named(c, t, index));
  for (const auto& t : request.topics)
    for (const auto& p : t.partitions)
      session.want({.name = named(c, t, p.partition),
                    .current_leader_epoch = p.current_leader_epoch,
                    .fetch_offset = p.fetch_offset,
                    .last_fetched_epoch = p.last_fetched_epoch,
                    .max_bytes = p.partition_max_bytes});
}

struct chosen_session {
  std::shared_ptr<fetch_session> session;
  bool incremental = false;
  error_code error = error_code::none;
};

/// The session that id and epoch of the request mean:
///   epoch -1  no session; one that is named ends          epoch 0  a new session; one that is named ends
///   epoch n   goes on with the named session, whose next epoch must be n
chosen_session choose(call& c, const FetchRequest& request) {
  auto& cache = c.node().sessions;
  const bool by_topic_id = c.version >= first_fetch_with_ids;
  if (request.session_epoch == fetch_session::final_epoch || request.session_epoch == fetch_session::initial_epoch) {
    if (request.session_id != fetch_session::no_session) cache.remove(request.session_id);
    auto fresh = std::make_shared<fetch_session>();
    fresh->by_topic_id = by_topic_id;
    update(c, request, *fresh);
    if (request.session_epoch == fetch_session::initial_epoch) cache.admit(fresh, c.now);
    return {std::move(fresh), false, error_code::none};
  }
  auto known = cache.find(request.session_id);
  if (known == nullptr) return {nullptr, true, error_code::fetch_session_id_not_found};
  if (known->next_epoch != request.session_epoch) return {nullptr, true, error_code::invalid_fetch_session_epoch};
  if (known->by_topic_id != by_topic_id) return {nullptr, true, error_code::fetch_session_topic_id_error};
  known->last_used = c.now.mono;
  known->next_epoch = fetch_session_cache::epoch_after(known->next_epoch);
  update(c, request, *known);
  return {std::move(known), true, error_code::none};
}

}  // namespace

verdict answer(call& c, const FetchRequest& request, FetchResponse& response) {
  chosen_session chosen = choose(c, request);
  if (chosen.error != error_code::none) {
    response.error_code = chosen.error;
    return verdict::answer;
  }
  auto fetch = std::make_unique<pending_fetch>();
  fetch->session = std::move(chosen.session);
  fetch->incremental = chosen.incremental;
  fetch->read_committed = request.isolation_level == 1;
  fetch->rack = request.rack_id;
  fetch->max_bytes = std::clamp<std::int64_t>(request.max_bytes, 0, largest_answer);
  // More than fits into all windows would be held back each time (KIP-219): nothing would ever come.
  if (const auto quota = quota_of(c, consumer_byte_rate))
    fetch->max_bytes = std::min(fetch->max_bytes, most_in_all_windows(*quota));
  fetch->min_bytes = std::min<std::int64_t>(request.min_bytes, fetch->max_bytes);
  fetch->deadline = c.now.mono + std::chrono::milliseconds(std::max(request.max_wait_ms, 0));
  if (request.max_wait_ms > 0 && !fetch->is_ready(c)) {
    c.parked = std::move(fetch);
    return verdict::park;
  }
  answer_parked(c, *fetch, response);
  return verdict::answer;
}

void answer_error(call& c, const FetchRequest& request, FetchResponse& response, error_code error) {
  const bool of_session = error == error_code::fetch_session_id_not_found ||
                          error == error_code::invalid_fetch_session_epoch ||
                          error == error_code::fetch_session_topic_id_error;
  if (of_session) {
    response.error_code = error;
    return;
  }
  // The partitions named by the request; an incremental request that names none gets the error on top instead.
  if (request.topics.empty()) response.error_code = error;
  response.responses = c.make<FetchResponse::FetchableTopicResponse>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.responses[t];
    told.topic = asked.topic;
    told.topic_id = asked.topic_id;
    told.partitions = c.make<FetchResponse::PartitionData>(asked.partitions.size());
    for (std::size_t p = 0; p < asked.partitions.size(); ++p) {
      told.partitions[p].partition_index = asked.partitions[p].partition;
      told.partitions[p].error_code = error;
      told.partitions[p].high_watermark = -1;
    }
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
