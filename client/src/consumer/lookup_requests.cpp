// lookup_requests: ListOffsets and OffsetForLeaderEpoch as the two questions of leader_lookup.
#include <utility>

#include "leader_lookup.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/offset_for_leader_epoch.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

struct question {
  leader_lookup::item what;
  std::int32_t current_epoch = -1;
};

// Groups by topic what is sorted by topic: set(topic_entry, name, partitions) for each run.
template <class Topic, class Partition, class Fill, class Set>
protocol::array<Topic> by_topic(const std::vector<question>& all, protocol::arena& memory, Fill fill, Set set) {
  Topic* topics = memory.make<Topic>(all.size());
  Partition* partitions = memory.make<Partition>(all.size());
  std::size_t count = 0;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    for (end = begin; end < all.size() && all[end].what.where.topic == all[begin].what.where.topic; ++end) {
      fill(partitions[end], all[end]);
    }
    set(topics[count++], all[begin].what.where.topic, protocol::array<Partition>(partitions + begin, end - begin));
  }
  return {topics, count};
}

class offset_lookup final : public leader_lookup {
 public:
  offset_lookup(std::vector<item> items, isolation_level isolation, steady_ns deadline, on_answer answered)
      : leader_lookup("ListOffsets", std::move(items), deadline, std::move(answered)), isolation_(isolation) {}

 private:
  request make(std::span<const std::size_t> which, std::span<const std::int32_t> current_epochs) const override {
    std::vector<question> all;
    for (std::size_t i = 0; i < which.size(); ++i) all.push_back({at(which[i]), current_epochs[i]});
    return make_request<ListOffsetsRequest>([all = std::move(all), isolation = isolation_](ListOffsetsRequest& message,
                                                                                           std::int16_t version,
                                                                                           protocol::arena& memory) {
      message.replica_id = broker_id{-1};
      if (version >= 2) message.isolation_level = static_cast<std::int8_t>(isolation);
      message.topics = by_topic<ListOffsetsRequest::ListOffsetsTopic, ListOffsetsRequest::ListOffsetsPartition>(
          all, memory,
          [](auto& out, const question& one) {
            out.partition_index = one.what.where.partition;
            out.current_leader_epoch = one.current_epoch;
            out.timestamp = one.what.timestamp;
          },
          [](auto& out, std::string_view name, auto partitions) {
            out.name = name;
            out.partitions = partitions;
          });
    });
  }

  error read(const response& answer) override {
    const auto message = decode<ListOffsetsResponse>(answer);
    if (!message) return message.error();
    for (const auto& topic : (*message)->topics) {
      for (const auto& one : topic.partitions) {
        lookup_answer_of_partition found;
        found.offset = one.offset;
        found.timestamp = one.timestamp;
        found.leader_epoch = one.leader_epoch;
        heard(topic.name, one.partition_index, one.error_code, found);
      }
    }
    return {};
  }

  isolation_level isolation_;
};

class epoch_lookup final : public leader_lookup {
 public:
  epoch_lookup(std::vector<item> items, steady_ns deadline, on_answer answered)
      : leader_lookup("OffsetForLeaderEpoch", std::move(items), deadline, std::move(answered)) {}

 private:
  request make(std::span<const std::size_t> which, std::span<const std::int32_t> current_epochs) const override {
    std::vector<question> all;
    for (std::size_t i = 0; i < which.size(); ++i) all.push_back({at(which[i]), current_epochs[i]});
    return make_request<OffsetForLeaderEpochRequest>(
        [all = std::move(all)](OffsetForLeaderEpochRequest& message, std::int16_t, protocol::arena& memory) {
          message.replica_id = broker_id{-1};
          message.topics = by_topic<OffsetForLeaderEpochRequest::OffsetForLeaderTopic,
                                    OffsetForLeaderEpochRequest::OffsetForLeaderPartition>(
              all, memory,
              [](auto& out, const question& one) {
                out.partition = one.what.where.partition;
                out.current_leader_epoch = one.current_epoch;
                out.leader_epoch = one.what.leader_epoch;
              },
              [](auto& out, std::string_view name, auto partitions) {
                out.topic = name;
                out.partitions = partitions;
              });
        });
  }

  error read(const response& answer) override {
    const auto message = decode<OffsetForLeaderEpochResponse>(answer);
    if (!message) return message.error();
    for (const auto& topic : (*message)->topics) {
      for (const auto& one : topic.partitions) {
        lookup_answer_of_partition found;
        found.offset = one.end_offset;
        found.leader_epoch = one.leader_epoch;
        heard(topic.topic, one.partition, one.error_code, found);
      }
    }
    return {};
  }
};

}  // namespace

std::shared_ptr<leader_lookup> make_offset_lookup(std::vector<leader_lookup::item> items, isolation_level isolation,
                                                  steady_ns deadline, leader_lookup::on_answer answered) {
  return std::make_shared<offset_lookup>(std::move(items), isolation, deadline, std::move(answered));
}

std::shared_ptr<leader_lookup> make_epoch_lookup(std::vector<leader_lookup::item> items, steady_ns deadline,
                                                 leader_lookup::on_answer answered) {
  return std::make_shared<epoch_lookup>(std::move(items), deadline, std::move(answered));
}

}  // namespace v0
}  // namespace ottla
