// consume_commits: with a group, what was written to stdout is what is committed, no more and no less.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <vector>

#include "ottla/consumer.hpp"

namespace ottla_tool {

class consume_commits {
 public:
  explicit consume_commits(bool wanted) : wanted_(wanted) {}

  /// Everything before `next` of its partition was written.
  void written(const ottla::partition_position& next) {
    if (wanted_) written_[next.where] = next;
  }
  /// Now and then, without waiting: so much less is written twice after a crash.
  void commit_some(ottla::consumer& from) {
    const auto now = std::chrono::steady_clock::now();
    if (written_.empty() || now < due_) return;
    due_ = now + std::chrono::seconds(5);
    // Kept: the commit that counts is the last one, which waits for its outcome.
    (void)from.commit_async(offsets());
  }
  /// Before partitions are given up; the group waits.
  ottla::result<void> commit(ottla::consumer& from, std::span<const ottla::topic_partition> which) {
    std::vector<ottla::offset_to_commit> some;
    for (const ottla::topic_partition& one : which) {
      if (const auto known = written_.find(one); known != written_.end()) some.emplace_back(known->second);
      written_.erase(one);
    }
    return some.empty() ? ottla::result<void>() : from.commit(std::move(some), std::chrono::seconds(30));
  }
  /// The end: all of it.
  ottla::result<void> commit_all(ottla::consumer& from, std::chrono::milliseconds timeout) {
    if (written_.empty()) return {};
    auto stored = from.commit(offsets(), timeout);
    written_.clear();
    return stored;
  }
  void forget(std::span<const ottla::topic_partition> which) {
    for (const ottla::topic_partition& one : which) written_.erase(one);
  }

 private:
  std::vector<ottla::offset_to_commit> offsets() const {
    std::vector<ottla::offset_to_commit> out;
    for (const auto& [where, next] : written_) out.emplace_back(next);
    return out;
  }

  const bool wanted_;
  std::map<ottla::topic_partition, ottla::partition_position> written_;
  std::chrono::steady_clock::time_point due_{};
};

}  // namespace ottla_tool
