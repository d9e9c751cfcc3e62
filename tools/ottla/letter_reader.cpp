// letter_reader: assignment, stops, and the loop of polls.
#include "letter_reader.hpp"

#include <algorithm>

#include "failure.hpp"
#include "ottla/admin.hpp"

namespace ottla_tool {

ottla::result<std::vector<std::int32_t>> partitions_of(const globals& with, ottla::cluster& cluster,
                                                       const std::string& topic,
                                                       const std::optional<std::int32_t>& only) {
  auto described = ottla::admin(cluster).describe_topics({&topic, 1}, with.operation_timeout());
  if (!described) return described.error();
  const ottla::topic_description& one = described->front();
  if (one.failure) return one.failure;
  const auto count = static_cast<std::int32_t>(one.partitions.size());
  if (only && (*only < 0 || *only >= count)) {
    return failure_of(ottla::client_code::unknown_partition,
                      "partition " + std::to_string(*only) + " of topic " + topic,
                      "the topic has " + std::to_string(count) + (count == 1 ? " partition" : " partitions"),
                      "name one from 0 to " + std::to_string(count - 1));
  }
  std::vector<std::int32_t> out;
  for (std::int32_t i = 0; i < count; ++i) {
    if (!only || *only == i) out.push_back(i);
  }
  return out;
}

ottla::result<void> letter_reader::find_stops(ottla::consumer& from,
                                              const std::vector<ottla::topic_partition>& partitions) {
  auto ends = from.end_offsets(partitions, with_.operation_timeout());
  if (!ends) return ends.error();
  for (const ottla::found_offset& one : *ends) {
    if (one.failure) return one.failure;
    stops_[one.where] = one.offset;
  }
  if (what_.until.at == stop_place::kind::offset) {
    for (auto& [where, stop] : stops_) stop = std::min(stop, what_.until.value);
  }
  if (what_.until.at == stop_place::kind::timestamp) {
    std::vector<ottla::timestamp_query> queries;
    for (const ottla::topic_partition& one : partitions) queries.push_back({one, what_.until.value});
    auto found = from.offsets_for_times(queries, with_.operation_timeout());
    if (!found) return found.error();
    for (const ottla::found_offset& one : *found) {
      if (one.failure) return one.failure;
      if (one.offset >= 0) stops_[one.where] = std::min(stops_[one.where], one.offset);
    }
  }
  return {};
}

void letter_reader::drop_finished(ottla::consumer& from) {
  for (auto it = stops_.begin(); it != stops_.end();) {
    const auto position = from.position(it->first);
    if (!position || *position < it->second) {
      ++it;
      continue;
    }
    (void)from.pause({&it->first, 1});
    it = stops_.erase(it);
  }
}

ottla::result<void> letter_reader::run(const std::function<bool(const ottla::record_view&)>& each) {
  auto numbers = partitions_of(with_, cluster_, what_.topic, what_.partition);
  if (!numbers) return numbers.error();
  std::vector<ottla::topic_partition> partitions;
  config_.group.clear();
  config_.topics.clear();
  config_.partitions.clear();
  for (const std::int32_t one : *numbers) {
    partitions.push_back({what_.topic, one});
    config_.partitions.push_back({what_.topic, one, {}});
  }
  config_.start = what_.from;
  config_.reset = what_.from.from == ottla::start_position::kind::offset ? ottla::offset_reset::none
                                                                         : ottla::offset_reset::earliest;
  ottla::consumer from(cluster_, config_);
  if (auto valid = from.valid(); !valid) return valid;
  if (auto stops = find_stops(from, partitions); !stops) return stops;
  auto last_progress = std::chrono::steady_clock::now();
  for (drop_finished(from); !stops_.empty(); drop_finished(from)) {
    auto polled = from.poll(std::chrono::milliseconds(100));
    if (!polled) return polled.error();
    for (const ottla::partition_error& one : polled->errors()) {
      if (!one.why.retriable()) return one.why;
    }
    for (const ottla::record_view& record : polled->records()) {
      const auto stop = stops_.find({std::string(record.topic()), record.partition()});
      if (stop == stops_.end() || record.offset() >= stop->second) continue;
      if (!each(record)) return {};
    }
    if (!polled->end().empty()) last_progress = std::chrono::steady_clock::now();
    if (std::chrono::steady_clock::now() - last_progress < with_.operation_timeout()) continue;
    if (const ottla::error trouble = from.trouble()) return trouble;
    return failure_of(ottla::client_code::timed_out, "Fetch of " + what_.topic,
                      "no record came in " + std::to_string(with_.operation_timeout().count()) +
                          " ms although the end was not reached",
                      "look at the brokers, or raise --timeout");
  }
  return {};
}

}  // namespace ottla_tool
