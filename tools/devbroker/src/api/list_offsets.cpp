// ListOffsets: where a partition begins and ends, and which record is the first at or after a time.
#include <map>
#include <set>

#include "api/answers.hpp"
#include "api/permission.hpp"
#include "storage/batch_fields.hpp"
#include "storage/record_walk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using listed_partition = ListOffsetsResponse::ListOffsetsPartitionResponse;

// Times that are questions of another kind, and the version that brought them.
enum special : std::int64_t {
  latest = -1,
  earliest = -2,
  newest_time = -3,
  earliest_local = -4,
  latest_tiered = -5,
  earliest_pending = -6
};
constexpr std::int16_t version_of(std::int64_t time) {
  switch (time) {
    case newest_time:
      return 7;
    case earliest_local:
      return 8;
    case latest_tiered:
      return 9;
    case earliest_pending:
      return 11;
    default:
      return 1;
  }
}
constexpr std::int16_t first_version_with_epoch = 4;
constexpr std::int16_t first_version_with_not_available = 5;

struct found_record {
  std::int64_t offset = -1;
  std::int64_t timestamp = -1;
};

/// The first record of the batch, not before `from`, whose timestamp is at least `time`.
found_record search(call& c, std::span<const std::byte> batch, std::int64_t from, std::int64_t time) {
  const batch_fields fields(batch);
  if (fields.log_append_time()) return {std::max(from, fields.base_offset()), fields.max_timestamp()};
  record_walk walk(c.cluster.checker.inflated(batch));
  while (const auto record = walk.next()) {
    const std::int64_t offset = fields.base_offset() + record->offset_delta;
    const std::int64_t timestamp = fields.timestamp(record->timestamp_delta);
    if (offset >= from && timestamp >= time) return {offset, timestamp};
  }
  return {};
}

/// Batches are asked in turn: the one that may hold the record may hold it only before the log's start.
found_record by_time(call& c, const partition_log& log, std::int64_t time) {
  auto batch = log.batch_at_time(time);
  while (!batch.empty()) {
    const batch_fields fields(batch);
    if (fields.max_timestamp() >= time) {
      const found_record found = search(c, batch, log.start_offset(), time);
      if (found.offset >= 0) return found;
    }
    batch = log.batch_at(fields.last_offset() + 1);
  }
  return {};
}

/// Whether the leader does not know yet how much of what it began with is replicated (KIP-207).
bool is_unsettled(const partition& p) {
  const auto& epochs = p.log.epochs().all();
  return !epochs.empty() && epochs.back().start > p.high_watermark();
}

void tell(call& c, const partition& p, std::int64_t time, bool read_committed, listed_partition& out) {
  const std::int64_t end = read_committed ? p.last_stable_offset() : p.high_watermark();
  found_record found;
  switch (time) {
    case latest:
      found.offset = end;
      break;
    case earliest:
    case earliest_local:
      found.offset = p.log.start_offset();
      break;
    case newest_time:
      if (p.log.max_timestamp() != no_timestamp) found = by_time(c, p.log, p.log.max_timestamp());
      break;
    case latest_tiered:
    case earliest_pending:
      break;  // nothing is tiered
    default:
      found = by_time(c, p.log, time);
      break;
  }
  // A record that is found by its time, but that this reader does not see yet, is not there.
  const bool is_unseen = (time >= 0 || time == newest_time) && found.offset >= end;
  if ((is_unseen || time == latest) && is_unsettled(p)) {
    const bool can_say = c.version >= first_version_with_not_available;
    out.error_code = can_say ? error_code::offset_not_available : error_code::leader_not_available;
    return;
  }
  if (is_unseen) found = {};
  out.offset = found.offset;
  out.timestamp = found.timestamp;
  if (c.version < first_version_with_epoch || found.offset < 0) return;
  out.leader_epoch = time == latest ? p.leader_epoch : p.log.epochs().at(found.offset);
}

void tell(call& c, topic* t, bool read_committed, const ListOffsetsRequest::ListOffsetsPartition& asked,
          listed_partition& out) {
  const located found = locate(c, t, asked.partition_index, asked.current_leader_epoch);
  out.error_code = found.error;
  if (found.error != error_code::none) return;
  if (asked.timestamp < earliest_pending || c.version < version_of(asked.timestamp)) {
    out.error_code = error_code::unsupported_version;
    return;
  }
  tell(c, *found.where, asked.timestamp, read_committed, out);
}

using partition_key = std::pair<std::string_view, std::int32_t>;

/// Fills the response's shape and calls each(topic, partition, answer); a partition asked for twice is answered once.
template <class Each>
void for_each_partition(call& c, const ListOffsetsRequest& request, ListOffsetsResponse& response, Each each) {
  std::set<partition_key> seen;
  response.topics = c.make<ListOffsetsResponse::ListOffsetsTopicResponse>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    const auto answers = c.make<listed_partition>(asked.partitions.size());
    std::size_t at = 0;
    for (const auto& p : asked.partitions) {
      if (!seen.emplace(asked.name, p.partition_index).second) continue;
      answers[at].partition_index = p.partition_index;
      each(asked, p, answers[at++]);
    }
    response.topics[t].name = asked.name;
    response.topics[t].partitions = {answers.data(), at};
  }
}

}  // namespace

verdict answer(call& c, const ListOffsetsRequest& request, ListOffsetsResponse& response) {
  std::map<partition_key, int> times;
  for (const auto& t : request.topics)
    for (const auto& p : t.partitions) ++times[{t.name, p.partition_index}];
  for_each_partition(c, request, response, [&](const auto& of_topic, const auto& asked, listed_partition& told) {
    if (!may_topic(c, acl_operation::describe, of_topic.name)) {
      told.error_code = error_code::topic_authorization_failed;
    } else if (times[{of_topic.name, asked.partition_index}] == 1) {
      tell(c, c.cluster.topics.find(of_topic.name), request.isolation_level == 1, asked, told);
    } else {
      told.error_code = error_code::invalid_request;
    }
  });
  return verdict::answer;
}

void answer_error(call& c, const ListOffsetsRequest& request, ListOffsetsResponse& response, error_code error) {
  for_each_partition(c, request, response,
                     [&](const auto&, const auto&, listed_partition& told) { told.error_code = error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
