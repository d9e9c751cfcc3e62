// leader_lookup: one question about many partitions, each asked of its leader, merged, and repeated until answered or
// out of time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ottla/consumer_config.hpp"
#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {

struct lookup_answer_of_partition {
  std::int64_t offset = -1;
  std::int64_t timestamp = -1;
  std::int32_t leader_epoch = -1;
  error failure;
};

/// Stepped by the fetcher on the core's thread. Goes over the control lane: a long poll on the fetch lane would hold it
/// up.
class leader_lookup : public std::enable_shared_from_this<leader_lookup> {
 public:
  struct item {
    topic_partition where;
    std::int64_t timestamp = 0;      ///< of offset questions; -1 latest, -2 earliest
    std::int32_t leader_epoch = -1;  ///< of epoch questions
  };
  using on_answer = unique_function<void(std::size_t index, const lookup_answer_of_partition& answer)>;

  /// `answered` is called once per item, in any order, also at the deadline and when the core closes.
  leader_lookup(std::string asked, std::vector<item> items, steady_ns deadline, on_answer answered);
  virtual ~leader_lookup() = default;

  /// Asks what can be asked now. Returns when it wants to be stepped without an event.
  steady_ns step(core& on);
  bool finished() const { return left_ == 0; }
  void close(core& on, const error& why);

 protected:
  /// A request for the items of these indexes, all of one leader, in order of topics.
  virtual request make(std::span<const std::size_t> which, std::span<const std::int32_t> current_epochs) const = 0;
  /// Calls heard() for each partition of the answer; an error if it does not decode.
  virtual error read(const response& answer) = 0;
  const item& at(std::size_t index) const { return items_[index]; }
  /// One partition's answer, also if it was not asked for (C-60).
  void heard(std::string_view topic, std::int32_t partition, protocol::error_code code,
             const lookup_answer_of_partition& answer);

 private:
  struct progress {
    bool done = false;
    bool asked = false;
    std::uint64_t round = 0;       // of the request under way
    broker_id leader = no_broker;  // who is asked, as the leader of which epoch
    std::int32_t epoch = -1;
    int tries = 0;
    steady_ns not_before{};
    error last;
  };
  void answered(core& on, std::uint64_t round, broker_id from, const response& answer,
                const std::vector<std::size_t>& which);
  const partition_metadata* told_of(const metadata& known, std::size_t index) const;
  void settle(std::size_t index, const lookup_answer_of_partition& answer);
  void retry(std::size_t index, error why);
  std::optional<error> hopeless(const metadata& known, const item& one) const;
  void release(core& on);
  error describe(std::size_t index, const error& last) const;

  std::string asked_;
  std::vector<item> items_;
  std::vector<progress> progress_;
  std::vector<std::size_t> sorted_;  // indexes by topic and partition
  steady_ns deadline_;
  on_answer answered_;
  std::size_t left_;
  std::optional<backoff> wait_;
  steady_ns started_{};
  std::uint64_t rounds_ = 0;
  bool wanting_ = false;  // the topics are wanted of the metadata
  // While an answer is read:
  core* reading_on_ = nullptr;
  std::uint64_t reading_round_ = 0;
  std::string reading_broker_;
};

/// ListOffsets.
std::shared_ptr<leader_lookup> make_offset_lookup(std::vector<leader_lookup::item> items, isolation_level isolation,
                                                  steady_ns deadline, leader_lookup::on_answer answered);
/// OffsetForLeaderEpoch (KIP-320): where the log of that leader epoch ends.
std::shared_ptr<leader_lookup> make_epoch_lookup(std::vector<leader_lookup::item> items, steady_ns deadline,
                                                 leader_lookup::on_answer answered);

inline constexpr std::int64_t latest_timestamp = -1;
inline constexpr std::int64_t earliest_timestamp = -2;

}  // namespace v0
}  // namespace ottla
