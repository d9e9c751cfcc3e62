// Incremental fetch sessions (KIP-227): which partitions a client reads from a node, and what it was last told of them.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "cluster/seeded.hpp"
#include "ottla/mock/instant.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// A partition as a request names it: by id (Fetch 13 and above) or by name, never both.
struct partition_name {
  protocol::uuid topic_id;
  std::string topic;
  std::int32_t partition = -1;
  auto operator<=>(const partition_name&) const = default;
};

/// What a client wants of one partition, and (in a session) what it was last told.
struct fetch_target {
  partition_name name;
  std::int32_t current_leader_epoch = -1;
  std::int64_t fetch_offset = 0;
  std::int32_t last_fetched_epoch = -1;
  std::int32_t max_bytes = 0;

  std::int64_t told_high_watermark = -1;
  std::int64_t told_log_start = -1;
};

/// An ordered set of targets. A fetch without a session uses one too, with id 0 and outside the cache.
class fetch_session {
 public:
  static constexpr std::int32_t no_session = 0;
  static constexpr std::int32_t final_epoch = -1;
  static constexpr std::int32_t initial_epoch = 0;

  /// Adds the target behind the others, or changes it in its place; what the client was told stays.
  void want(const fetch_target& target);
  void forget(const partition_name& name);
  /// Moves a target that has just been served behind the others, so that all get their turn under a byte limit.
  void serve_last(std::list<fetch_target>::iterator target) { targets_.splice(targets_.end(), targets_, target); }

  std::list<fetch_target>& targets() { return targets_; }
  const std::list<fetch_target>& targets() const { return targets_; }

  std::int32_t id = no_session;
  std::int32_t next_epoch = 1;  // what the client's next request must carry
  bool by_topic_id = false;
  std::chrono::nanoseconds last_used{};

 private:
  std::list<fetch_target> targets_;
  std::map<partition_name, std::list<fetch_target>::iterator> places_;
};

/// A node's sessions. Bounded: when all slots are taken, the one that was used longest ago makes room if it has been
/// idle for two minutes; otherwise the newcomer gets no session, which is legal (id 0).
class fetch_session_cache {
 public:
  fetch_session_cache(std::size_t slots, seeded random) : slots_(slots), random_(random) {}

  std::shared_ptr<fetch_session> find(std::int32_t id) const;
  /// Gives the session an id and a slot; leaves id 0 when there is none.
  void admit(const std::shared_ptr<fetch_session>& session, instant now);
  void remove(std::int32_t id) { sessions_.erase(id); }
  void clear() { sessions_.clear(); }
  std::size_t size() const { return sessions_.size(); }
  /// From here on ids are others than before a restart.
  void draw_from(seeded random) { random_ = random; }

  static std::int32_t epoch_after(std::int32_t epoch) { return epoch == INT32_MAX ? 1 : epoch + 1; }

 private:
  bool make_room(instant now);

  std::size_t slots_;
  seeded random_;
  std::map<std::int32_t, std::shared_ptr<fetch_session>> sessions_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
