// A replica whose log may end before its leader's: how far it has come, and when it will have come further.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>

namespace ottla {
inline namespace v0 {
namespace mock {

/// How a replica follows its leader while both run.
enum class following : std::uint8_t {
  at_once,
  delayed,  // has what the leader appended a while ago
  held,     // stays where it is
};

/// Its log is the first part of the leader's: only the one that leads is stored. A replica of which nothing is said has
/// all that the leader has; these are the others: whose node is down, and whom a test lets lag.
class trailing_replica {
 public:
  trailing_replica(std::int32_t node_in, std::int64_t log_end, std::int64_t high_watermark_in)
      : node(node_in), high_watermark(high_watermark_in), end_offset_(log_end) {}

  std::int32_t node;  // id
  following way = following::at_once;
  std::chrono::nanoseconds delay{};  // if delayed
  bool held_out = false;             // a test keeps it out of the in-sync set, wherever it is
  std::int64_t high_watermark;       // that it has heard of

  std::int64_t end_offset() const { return end_offset_; }
  bool is_behind() const { return !missing_.empty(); }
  /// When the leader appended the first batch that is not here yet; only if it is behind.
  std::chrono::nanoseconds behind_since() const { return missing_.front().at; }
  /// When it gets something of what it is behind by; the latest possible time if that is not a matter of time.
  std::chrono::nanoseconds next_arrival() const;

  /// The leader's log ends here now. Times must not go back.
  void leader_appended(std::int64_t log_end, std::chrono::nanoseconds now);
  /// Takes what is due by now; to be called while both nodes run.
  void advance(std::chrono::nanoseconds now);
  /// Its own log ends here now, before where it did: its node has lost the rest.
  void fall_back(std::int64_t end_offset, std::int64_t log_end, std::chrono::nanoseconds now);
  /// The leader's log has been cut off at this end.
  void leader_cut_back(std::int64_t log_end);
  /// The leader's log begins here now: what ended before has to begin there as well.
  void leader_cut_front(std::int64_t log_start);

 private:
  /// The leader's log went up to `end_offset` by batches that were appended at `at` or shortly after.
  struct missing {
    std::chrono::nanoseconds at;
    std::int64_t end_offset;
  };

  std::int64_t end_offset_;
  std::deque<missing> missing_;  // ascending in both, some sixty at most
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
