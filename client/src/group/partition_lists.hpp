// partition_lists: topic_partitions as the wire has them: each topic once, with its numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ottla/consumer_config.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// Sorted and without repetitions; owns the numbers, borrows the names.
class partitions_by_topic {
 public:
  struct entry {
    std::string_view topic;
    std::size_t first;
    std::size_t count;
  };

  explicit partitions_by_topic(std::span<const topic_partition> from) {
    std::vector<const topic_partition*> sorted;
    sorted.reserve(from.size());
    for (const topic_partition& one : from) sorted.push_back(&one);
    std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return *a < *b; });
    sorted.erase(std::unique(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return *a == *b; }), sorted.end());
    for (const topic_partition* one : sorted) {
      if (entries_.empty() || entries_.back().topic != one->topic) entries_.push_back({one->topic, numbers_.size(), 0});
      numbers_.push_back(one->partition);
      ++entries_.back().count;
    }
  }

  const std::vector<entry>& entries() const { return entries_; }
  protocol::array<std::int32_t> numbers(const entry& of) { return {numbers_.data() + of.first, of.count}; }

  /// In the form of a generated message; lives as long as this does.
  template <class Wire>
  std::vector<Wire> wire() {
    std::vector<Wire> out;
    out.reserve(entries_.size());
    for (const entry& one : entries_) {
      Wire& added = out.emplace_back();
      added.topic = one.topic;
      added.partitions = numbers(one);
    }
    return out;
  }

 private:
  std::vector<entry> entries_;
  std::vector<std::int32_t> numbers_;
};

/// Copies lists off the wire, within a bound: false if `room` bytes do not hold them.
class partition_copier {
 public:
  explicit partition_copier(std::size_t room) : room_(room) {}

  bool charge(std::size_t bytes) {
    if (bytes > room_) return false;
    room_ -= bytes;
    return true;
  }
  bool copy(std::string_view topic, protocol::array<std::int32_t> numbers, std::vector<topic_partition>& out) {
    const std::size_t each = sizeof(topic_partition) + topic.size();
    if (numbers.size() > room_ / each || !charge(numbers.size() * each)) return false;
    for (const std::int32_t number : numbers) out.push_back({std::string(topic), number});
    return true;
  }

 private:
  std::size_t room_;
};

}  // namespace v0
}  // namespace ottla
