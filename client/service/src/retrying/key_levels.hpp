// key_levels: which keys of a partition are outstanding in its retry topics, so that nothing of them overtakes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace ottla {
inline namespace v0 {

/// The partitions of one number, of a topic (level 0) and of its retry topics (1 and up), during one assignment. Any
/// thread. Keys are hashes of keys: two that are alike wait for each other, which harms neither.
///
/// A record of a retry topic counts from when it is sent until it is finished. It is heard of twice, when it is
/// acknowledged and when it is read, in either order, and by two readers: the ordinary one, and the one that looks
/// ahead (outstanding_scan). So each level has a frontier, up to which everything is counted as read:
///
///     finished           counted             frontier        acknowledged there, kept by offset    sent: somewhere
///     ───────────────────■■■■■■■■■■■■■■■■■■■■|───────────────■─────────■──────────────────────────  ■ ■
class key_levels {
 public:
  /// `max_keys`: see retry_topics.
  key_levels(std::size_t levels, std::size_t max_keys) : levels_(levels), max_keys_(max_keys) {}
  std::size_t count() const { return levels_.size(); }

  /// What a message of that level must not overtake is known.
  bool known_above(std::size_t level) const;
  /// The lowest level above, where one of that key is outstanding; 0: none, it may be handled.
  std::size_t waits_at(std::size_t level, std::uint64_t key) const;
  /// Whether another key may be sent.
  bool has_room() const;

  void sent(std::size_t level, std::uint64_t key);
  void not_sent(std::size_t level, std::uint64_t key);
  /// Acknowledged; -1: nobody knows where.
  void stored(std::size_t level, std::uint64_t key, std::int64_t offset);
  /// In the order of offsets, by each reader. `ordered`: it has a key.
  void read(std::size_t level, std::int64_t offset, bool ordered, std::uint64_t key);
  void finished(std::size_t level, std::uint64_t key);

  // Looking ahead.

  /// It is not known, or something lies nobody knows where.
  bool wants_scan(std::size_t level) const;
  /// Up to here everything is counted; -1: nothing was read.
  std::int64_t frontier(std::size_t level) const;
  /// From now on the end is asked for: what was stored until then lies before it.
  void begin_scan(std::size_t level);
  /// All before that end is counted.
  void end_scan(std::size_t level);
  /// The position was set back: all of it is to be looked at again.
  void restart(std::size_t level);

 private:
  using entry = std::pair<std::uint64_t, std::size_t>;  // key, level
  struct level_state {
    bool known = false;
    std::int64_t frontier = -1;
    // Counted beside what was read:
    std::multiset<std::uint64_t> under_way;        // sent
    std::map<std::int64_t, std::uint64_t> stored;  // at or above the frontier, by offset
    std::vector<std::uint64_t> unplaced;           // stored nobody knows where
    std::size_t in_scan = 0;                       // of these, stored before the scan that goes on asked for the end
  };
  level_state& at(std::size_t level) { return levels_[level - 1]; }
  const level_state& at(std::size_t level) const { return levels_[level - 1]; }
  void arrived(level_state& to, std::uint64_t key);
  void take_one(std::size_t level, std::uint64_t key);

  mutable std::mutex mutex_;  // nothing is called under it
  std::vector<level_state> levels_;
  const std::size_t max_keys_;
  std::map<entry, std::size_t> outstanding_;
};

}  // namespace v0
}  // namespace ottla
