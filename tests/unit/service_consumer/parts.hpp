// Parts of polls for a flow that is scripted by hand: records with keys and values, as a consumer hands them out.
#pragma once

#include <map>
#include <vector>

#include "../consumer/simulated.hpp"
#include "consuming/flow.hpp"

namespace ottla::test {

struct keyed {
  std::string key;
  std::string value;
};

class parts_of_polls : public simulated {
 protected:
  parts_of_polls() { where.cluster().create_topic("orders", 3); }

  /// One part of a topic with these records, one behind the other in one batch; they go on where earlier ones ended.
  partition_records part(const topic_partition& which, const std::vector<keyed>& records) {
    if (!on_) on_ = open();
    producer out(*on_, {.linger = 5ms});
    ottla::topic to = out.topic(which.topic);
    for (const keyed& one : records) {
      const blob key = one.key.empty() ? blob() : blob(one.key);
      EXPECT_TRUE(to.send({.key = key, .value = one.value, .partition = which.partition}).has_value());
    }
    EXPECT_TRUE(out.close(5s).has_value());
    consumer in(*on_, {.partitions = {{which.topic, which.partition, at_offset(ends_[which])}}});
    auto got = in.poll(5s);
    EXPECT_TRUE(got.has_value());
    EXPECT_EQ(got->partitions().size(), 1u);
    partition_records first = got->partitions().front();
    EXPECT_EQ(first.size(), records.size());
    ends_[which] = first.end_position().offset;
    return first;
  }
  /// Of `orders`.
  partition_records part(std::int32_t partition, const std::vector<keyed>& records) {
    return part(orders(partition), records);
  }
  partition_records part(std::int32_t partition, int count) {
    std::vector<keyed> records;
    for (int i = 0; i < count; ++i) records.push_back({"", std::to_string(i)});
    return part(partition, records);
  }

  static service_consumer_options options() {
    service_consumer_options out;
    out.reading.group = "billing";
    out.reading.topics = {"orders"};
    out.retry = {.count = 2, .backoff = 1'000ms, .multiplier = 2.0, .max = 30'000ms, .jitter = 0};
    return out;
  }
  static std::string front(const lane_turn& turn) { return std::string(turn.run.front().value().text()); }
  static topic_partition orders(std::int32_t partition) { return {"orders", partition}; }

  // As run_turn does with a handler that says so; the first `count` records are done, then the run or the turn is over.
  static turn_report done_with(lane_turn& turn, std::size_t count) {
    turn_report out;
    for (; out.handled < count && !turn.run.ended(); ++out.handled) {
      out.last = turn.run.front().offset();
      (void)turn.from->of->tracked->finished(out.last);
      turn.run.next();
    }
    return out;
  }
  static turn_report all_done(lane_turn& turn) { return done_with(turn, turn.run.left()); }
  static turn_report fails(lane_turn& turn, std::size_t behind, verdict said) {
    turn_report out = done_with(turn, behind);
    out.how = turn_report::outcome::failed;
    out.said = std::move(said);
    return out;
  }
  /// -1: nothing of it is finished.
  static std::int64_t position(const flow& of, const topic_partition& which) {
    for (const tracked_position& one : of.uncommitted()) {
      if (one.position.where == which) return one.position.offset;
    }
    return -1;
  }
  static std::int64_t position(const flow& of, std::int32_t partition) { return position(of, orders(partition)); }
  static instant at(std::chrono::nanoseconds since_start) { return {steady_ns(since_start), wall_ms(1'000ms)}; }

 private:
  std::optional<cluster> on_;
  std::map<topic_partition, std::int64_t> ends_;
};

}  // namespace ottla::test
