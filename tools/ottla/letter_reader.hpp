// letter_reader: the records of a dead letter topic from one place to another, each shown once to a visitor.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consume_place.hpp"
#include "globals.hpp"
#include "ottla/consumer.hpp"

namespace ottla_tool {

/// What is read: a topic or one of its partitions, between two places.
struct letter_range {
  std::string topic;
  std::optional<std::int32_t> partition;
  ottla::start_position from = ottla::earliest;
  stop_place until;  ///< the end as it is at the start, unless something else is said
};

/// The numbers of the topic's partitions, or the one that is asked for. Errors: there is no such topic, no such
/// partition (with how many there are).
ottla::result<std::vector<std::int32_t>> partitions_of(const globals& with, ottla::cluster& cluster,
                                                       const std::string& topic,
                                                       const std::optional<std::int32_t>& only);

class letter_reader {
 public:
  letter_reader(const globals& with, ottla::cluster& cluster, ottla::consumer_config base, letter_range what)
      : with_(with), cluster_(cluster), config_(std::move(base)), what_(std::move(what)) {}

  /// Until the end of the range, or until `each` says false. Records of one partition come in order. Memory is bounded
  /// by the consumer's own bounds.
  ottla::result<void> run(const std::function<bool(const ottla::record_view&)>& each);

 private:
  ottla::result<void> find_stops(ottla::consumer& from, const std::vector<ottla::topic_partition>& partitions);
  void drop_finished(ottla::consumer& from);

  const globals& with_;
  ottla::cluster& cluster_;
  ottla::consumer_config config_;
  const letter_range what_;
  std::map<ottla::topic_partition, std::int64_t> stops_;  // of partitions that still have something to give
};

}  // namespace ottla_tool
