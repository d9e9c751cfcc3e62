// marker_search: whether a batch that an interrupted replay planned is in its target.
#include "letter_batch.hpp"
#include "ottla/consumer.hpp"
#include "replay_link.hpp"

namespace ottla {
inline namespace v0 {
namespace {

/// TOPIC/PARTITION/OFFSET of a letter of this partition: its offset, -1 for all else.
std::int64_t offset_in(std::string_view marker, std::string_view prefix) {
  if (!marker.starts_with(prefix)) return -1;
  const std::string_view digits = marker.substr(prefix.size());
  std::int64_t out = 0;
  if (digits.empty() || digits.size() > 18) return -1;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    out = out * 10 + (c - '0');
  }
  return out;
}

}  // namespace

// Who may not ask is told yes: then a gap in the log proves nothing.
result<bool> replay_link::may_be_compacted(const std::string& topic) {
  const config_resource asked{config_resource_type::topic, topic, {"cleanup.policy"}};
  auto described = admin(cluster_).describe_configs({&asked, 1}, how_.timeout);
  if (!described) {
    if (described.error().retriable()) return described.error();
    return true;
  }
  if (described->front().failure) return true;
  for (const config_entry& one : described->front().entries) {
    if (one.name == "cleanup.policy" && one.value) return one.value->find("compact") != std::string::npos;
  }
  return true;
}

result<marker_search> replay_link::search(const planned_batch& batch, const topic_partition& letters,
                                          std::chrono::nanoseconds timeout) {
  const offset_query asked[] = {{batch.to.topic, batch.to.partition, earliest_offset},
                                {batch.to.topic, batch.to.partition, latest_offset}};
  auto bounds = admin(cluster_).list_offsets(asked, read_isolation::uncommitted,
                                             std::chrono::ceil<std::chrono::milliseconds>(timeout));
  if (!bounds) return bounds.error();
  for (const offset_answer& one : *bounds) {
    if (one.failure.is(protocol::error_code::unknown_topic_or_partition)) return marker_search::unknown;
    if (one.failure) return one.failure;
  }
  const std::int64_t start = bounds->front().offset, end = bounds->back().offset;
  bool whole = start <= batch.look_from && batch.look_from <= end;  // a log that ends before it is another one
  std::int64_t next = std::max(start, batch.look_from);
  consumer_config config;
  config.partitions = {{batch.to.topic, batch.to.partition, at_offset(next)}};
  config.reset = offset_reset::earliest;
  consumer from(cluster_, config);
  const std::string prefix = marker_of(letters.topic, letters.partition, 0);
  const std::string_view same = std::string_view(prefix).substr(0, prefix.size() - 1);
  bool gaps = false;
  steady_ns heard = now();
  while (next < end) {
    auto polled = from.poll(std::chrono::milliseconds(100));
    if (!polled) return polled.error();
    for (const partition_error& one : polled->errors()) {
      if (!one.why.retriable()) return one.why;
    }
    for (const record_view& record : polled->records()) {
      if (record.offset() >= end) break;
      gaps = gaps || record.offset() != next;
      next = record.offset() + 1;
      const blob marker = record.header(how_.marker);
      if (batch.letters.contains(offset_in(marker.text(), same))) return marker_search::found;
    }
    for (const partition_position& one : polled->end()) {
      gaps = gaps || one.offset > next;
      next = std::max(next, one.offset);
      heard = now();
    }
    if (how_.stop_wanted && how_.stop_wanted()) return error(client_code::cancelled, {});
    if (now() - heard < timeout) continue;
    if (error why = from.trouble()) return why;
    error_context context;
    context.asked = "looking for replayed letters in " + batch.to.topic + "-" + std::to_string(batch.to.partition);
    context.detail = "no record came although the end was not reached";
    return error(client_code::timed_out, std::move(context));
  }
  if (whole && gaps) {
    auto compacted = may_be_compacted(batch.to.topic);
    if (!compacted) return compacted.error();
    whole = !*compacted;
  }
  return whole ? marker_search::absent : marker_search::unknown;
}

}  // namespace v0
}  // namespace ottla
