// Fetch: reads the partitions of a request out of their logs under its byte limits.
#include <algorithm>
#include <vector>

#include "api/answers.hpp"
#include "api/leader_hint.hpp"
#include "api/permission.hpp"
#include "api/throttle.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::FetchResponse;
using fetched_partition = FetchResponse::PartitionData;
constexpr std::int16_t first_version_from_followers = 11;
constexpr std::int16_t first_version_with_hints = 16;

/// A partition to be read, or why not.
struct opened {
  located at;
  epoch_end diverging;  // set if what the client fetched last is not what this log holds (KIP-595)
  std::int64_t end_offset = -1;
  std::int64_t high_watermark = -1;

  std::int64_t last_stable_offset() const { return at.where->log.transactions.last_stable_offset(high_watermark); }
};

opened open(const call& c, const fetch_target& target) {
  topic* t = target.name.topic.empty() ? c.cluster.topics.find(target.name.topic_id)
                                       : c.cluster.topics.find(target.name.topic);
  opened out{locate(c, t, target.name.partition, target.current_leader_epoch), {}, -1, -1};
  if (t == nullptr && target.name.topic.empty()) {
    out.at.error = error_code::unknown_topic_id;
  } else if (!may_topic(c, acl_operation::read, t == nullptr ? target.name.topic : t->name)) {
    out.at = {nullptr, nullptr, error_code::topic_authorization_failed};
  }
  // Any replica serves readers that know of it (KIP-392). What they believe of the leader has been checked by then.
  const bool elsewhere = out.at.error == error_code::not_leader_or_follower;
  if (elsewhere && c.version >= first_version_from_followers && out.at.where->is_replica(c.node().about.id))
    out.at.error = error_code::none;
  if (out.at.error != error_code::none) return out;
  const partition_log& log = out.at.where->log;
  out.end_offset = log.end_offset();
  out.high_watermark = out.at.where->high_watermark();
  if (elsewhere) {
    // A follower knows what it has got so far.
    out.end_offset = out.at.where->end_offset(c.node().about.id);
    out.high_watermark = out.at.where->high_watermark(c.node().about.id);
  }
  if (target.last_fetched_epoch >= 0) {
    epoch_end end = log.epochs().end_of(target.last_fetched_epoch, out.end_offset);
    end.end_offset = std::min(end.end_offset, out.end_offset);
    const bool same = end.epoch == target.last_fetched_epoch && end.end_offset >= target.fetch_offset;
    if (end.epoch < 0) {
      out.at.error = error_code::offset_out_of_range;
      return out;
    }
    if (!same) {
      out.diverging = end;
      return out;
    }
  }
  if (target.fetch_offset < log.start_offset() || target.fetch_offset > out.end_offset)
    out.at.error = error_code::offset_out_of_range;
  return out;
}

/// A follower of the reader's own rack that has what it asks for, and of these the one with most; nobody where the
/// leader is of that rack itself.
std::int32_t nearer_replica(const call& c, const pending_fetch& fetch, const opened& from, const fetch_target& target) {
  const partition& p = *from.at.where;
  if (!c.cluster.options.replicas_by_rack || fetch.rack.empty() || p.leader != c.node().about.id) return no_node;
  if (c.node().about.rack == fetch.rack) return no_node;
  std::int32_t best = no_node;
  for (const std::int32_t id : p.replicas) {
    const node_state* at = c.cluster.node_by_id(id);
    if (id == p.leader || at == nullptr || !at->up || at->about.rack != fetch.rack) continue;
    if (target.fetch_offset < p.log.start_offset() || target.fetch_offset > p.end_offset(id)) continue;
    if (best == no_node || p.end_offset(id) > p.end_offset(best)) best = id;
  }
  return best;
}

void tell_error(const fetch_target& target, error_code error, fetched_partition& out) {
  out.partition_index = target.name.partition;
  out.error_code = error;
  out.high_watermark = -1;
  // Null or empty makes no difference to a client, but it is what Kafka sends.
  const bool unknown = error == error_code::unknown_topic_or_partition || error == error_code::unknown_topic_id ||
                       error == error_code::topic_authorization_failed;
  if (!unknown) out.aborted_transactions = std::nullopt;
}

/// What is left of the limits while one answer is put together.
struct budget {
  std::int64_t bytes;
  bool first_still_due = true;  // the first batch comes whole even if it is too large (KIP-74)
};

std::int64_t end_for(const pending_fetch& fetch, const opened& from) {
  return fetch.read_committed ? from.last_stable_offset() : from.high_watermark;
}

/// Whose records among those that were read a reader has to leave out (KIP-98).
void tell_aborted(call& c, const partition& p, std::int64_t from, std::size_t bytes, fetched_partition& out) {
  const auto aborted = p.log.transactions.aborted_between(from, p.log.bound_after(from, bytes));
  out.aborted_transactions = c.make<FetchResponse::AbortedTransaction>(aborted.size());
  for (std::size_t i = 0; i < aborted.size(); ++i)
    (*out.aborted_transactions)[i] = {protocol::producer_id{aborted[i].producer_id}, aborted[i].first_offset, {}};
}

void read_into(call& c, const opened& from, const fetch_target& target, const pending_fetch& fetch, budget& left,
               fetched_partition& out) {
  const partition& p = *from.at.where;
  out.partition_index = target.name.partition;
  out.high_watermark = from.high_watermark;
  out.last_stable_offset = from.last_stable_offset();
  out.log_start_offset = p.log.start_offset();
  if (!fetch.read_committed) out.aborted_transactions = std::nullopt;
  if (from.diverging.epoch >= 0) {
    out.diverging_epoch.epoch = from.diverging.epoch;
    out.diverging_epoch.end_offset = from.diverging.end_offset;
    return;
  }
  if (const std::int32_t nearer = nearer_replica(c, fetch, from, target); nearer != no_node) {
    out.preferred_read_replica = protocol::broker_id{nearer};
    return;
  }
  const std::int64_t limit = std::clamp<std::int64_t>(target.max_bytes, 0, left.bytes);
  const auto bytes =
      p.log.read(target.fetch_offset, end_for(fetch, from), static_cast<std::size_t>(limit), left.first_still_due);
  if (bytes.empty()) return;
  if (fetch.read_committed) tell_aborted(c, p, target.fetch_offset, bytes.size(), out);
  out.records = bytes;
  left.first_still_due = false;
  left.bytes -= std::min<std::int64_t>(left.bytes, static_cast<std::int64_t>(bytes.size()));
}

/// Whether an incremental answer must mention the partition; remembers what it says.
bool has_news(const fetched_partition& told, fetch_target& target) {
  bool news = told.error_code != error_code::none || told.diverging_epoch.epoch >= 0 ||
              told.preferred_read_replica != protocol::broker_id{no_node} || (told.records && !told.records->empty());
  news = news || told.high_watermark != target.told_high_watermark || told.log_start_offset != target.told_log_start;
  target.told_high_watermark = told.error_code == error_code::none ? told.high_watermark : -1;
  target.told_log_start = told.log_start_offset;
  return news;
}

}  // namespace

bool pending_fetch::is_ready(const call& c) const {
  if (session->targets().empty() || min_bytes <= 0) return true;
  std::int64_t sum = 0;
  bool all_forbidden = true;
  for (const fetch_target& target : session->targets()) {
    const opened from = open(c, target);
    // What is forbidden waits with the rest, as in Kafka: else a client would ask for it again and again.
    if (from.at.error == error_code::topic_authorization_failed) continue;
    all_forbidden = false;
    if (from.at.error != error_code::none || from.diverging.epoch >= 0) return true;
    if (nearer_replica(c, *this, from, target) != no_node) return true;
    const auto enough = static_cast<std::size_t>(std::clamp<std::int64_t>(target.max_bytes, 1, max_bytes + 1));
    const partition& p = *from.at.where;
    sum += static_cast<std::int64_t>(p.log.bytes_between(target.fetch_offset, end_for(*this, from), enough));
    if (sum >= min_bytes) return true;
  }
  return all_forbidden;
}

void pending_fetch::write_answer(call& c, protocol::writer& out) {
  FetchResponse response;
  answer_parked(c, *this, response);
  c.write_body(out, response);
}

namespace {

void read_all(call& c, pending_fetch& fetch, FetchResponse& response) {
  auto& targets = fetch.session->targets();
  leader_hints<FetchResponse> hints(first_version_with_hints, first_version_with_hints);
  budget left{fetch.max_bytes};
  response.session_id = fetch.session->id;
  auto all = c.make<fetched_partition>(targets.size());
  auto topics = c.make<FetchResponse::FetchableTopicResponse>(targets.size());
  std::vector<std::list<fetch_target>::iterator> served;
  std::size_t answers = 0;
  std::size_t topic_count = 0;
  std::size_t topic_begin = 0;
  const partition_name* previous = nullptr;
  for (auto target = targets.begin(); target != targets.end(); ++target) {
    fetched_partition& told = all[answers];
    const opened from = open(c, *target);
    if (from.at.error != error_code::none) {
      tell_error(*target, from.at.error, told);
      hints.note(c, from.at, told.current_leader);
    } else {
      read_into(c, from, *target, fetch, left, told);
    }
    if (!has_news(told, *target) && fetch.incremental) {
      told = fetched_partition{};
      continue;
    }
    // Neighbours of one topic share an entry.
    const bool same_topic =
        previous != nullptr && previous->topic_id == target->name.topic_id && previous->topic == target->name.topic;
    if (!same_topic) {
      topic_begin = answers;
      // A copy: the session of a single request is gone by the time the answer is written.
      topics[topic_count].topic = c.copy(target->name.topic);
      topics[topic_count].topic_id = target->name.topic_id;
      ++topic_count;
    }
    previous = &target->name;
    ++answers;
    topics[topic_count - 1].partitions = {all.data() + topic_begin, answers - topic_begin};
    if (told.records && !told.records->empty()) served.push_back(target);
  }
  response.responses = {topics.data(), topic_count};
  for (const auto target : served) fetch.session->serve_last(target);
  hints.write(c, response);
}

/// Of what the answer would be; the session does not learn of it.
std::size_t size_of_answer(call& c, const pending_fetch& fetch) {
  pending_fetch tried;
  tried.session = std::make_shared<fetch_session>();
  tried.session->id = fetch.session->id;
  for (const fetch_target& target : fetch.session->targets()) tried.session->want(target);
  tried.incremental = fetch.incremental;
  tried.read_committed = fetch.read_committed;
  tried.max_bytes = fetch.max_bytes;
  tried.rack = fetch.rack;
  FetchResponse response;
  read_all(c, tried, response);
  protocol::writer out;
  out.splice_records(true);
  write(out, response, c.version);
  return out.total_size();
}

}  // namespace

void answer_parked(call& c, pending_fetch& fetch, FetchResponse& response) {
  const auto quota = quota_of(c, consumer_byte_rate);
  if (!quota) return read_all(c, fetch, response);
  const auto bytes = static_cast<double>(size_of_answer(c, fetch));
  const auto wait = c.node().meters.record(consumer_byte_rate, *quota, bytes, c.now.mono);
  if (wait.count() == 0) return read_all(c, fetch, response);
  // Too fast: nothing is delivered now, so it does not count, and a session that would have begun does not.
  c.node().meters.unrecord(consumer_byte_rate, *quota, bytes, c.now.mono);
  hold_back(c, wait);
  if (fetch.incremental) {
    response.session_id = fetch.session->id;
  } else {
    c.node().sessions.remove(fetch.session->id);
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
