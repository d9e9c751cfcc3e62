// offset_fetches: what was committed, asked of the coordinator until each partition has an answer.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "group_identity.hpp"
#include "ottla/group.hpp"
#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {

struct offset_question {
  std::vector<topic_partition> which;
  steady_ns deadline = never;
  unique_function<void(const committed_offset&)> each;  ///< once per partition, on the core's thread, inside a step
};

/// The core's thread only; stepped by the group member.
class offset_fetches {
 public:
  struct surroundings {
    core* on = nullptr;
    broker_id coordinator = no_broker;
    group_identity who;
    std::function<void(group_verdict, broker_id, const group_identity&)> heard;  ///< what answers tell of the group
    std::function<void()> changed;                                               ///< an answer came: step again
    std::weak_ptr<void> alive;
  };

  void ask(offset_question one);
  bool idle() const { return questions_.empty(); }
  steady_ns step(surroundings now);
  void close(const error& why);

 private:
  struct pending {
    offset_question what;
    std::vector<topic_partition> left;
    error last;
    int tries = 0;
  };
  void send(const surroundings& now);
  void answered(const surroundings& asked, const response& answer);
  void fail_first(const error& why);

  std::deque<pending> questions_;  // the first is under way, or next
  bool under_way_ = false;
  std::uint64_t round_ = 0;
  steady_ns not_before_{};
  std::int32_t stale_epoch_ = -1;  ///< refused as of this epoch: not before there is another, or after a while
  std::optional<backoff> wait_;
};

}  // namespace v0
}  // namespace ottla
