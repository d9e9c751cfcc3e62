// fetch_session: what one broker remembers of what we read (KIP-227), so that a fetch names only what changed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "ottla/consumer_config.hpp"
#include "ottla/protocol/error_code.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

struct partition_slot;

/// One partition as a request names it.
struct fetch_entry {
  std::shared_ptr<partition_slot> slot;
  std::shared_ptr<const topic_partition> where;
  protocol::uuid topic_id{};
  std::int64_t offset = 0;
  std::int32_t leader_epoch = -1;
  std::int32_t max_bytes = 0;
  std::uint64_t version = 0;  ///< of the slot; not on the wire
};

/// The two epochs that are not counted: 0 asks for a new session (and ends the one named), -1 for none (and ends the
/// one named).
///
///     0/0 full ──► id/1, 2, 3 ... changed and forgotten only ──► id/-1
///                   │ any failure: id/0 full, the old session ends there
///                   └ id unknown to the broker: 0/0;  at epoch 0: no sessions with this broker (C-37)
class fetch_session {
 public:
  struct plan {
    std::int32_t session_id = 0;
    std::int32_t session_epoch = 0;
    bool full = true;
    std::vector<fetch_entry> all;        ///< for versions without sessions, and full requests
    std::vector<fetch_entry> changed;    ///< incremental: new, or at another offset or epoch
    std::vector<fetch_entry> forgotten;  ///< incremental
  };
  /// The next request for these partitions, sorted by topic and partition. One at a time: then accepted, refused or
  /// lost.
  plan next(std::vector<fetch_entry> wanted);

  /// The answer: the session's new state counts from here. False if it names partitions that were not asked for; a full
  /// session begins anew.
  void accepted(std::int32_t session_id);
  /// The broker's top-level error. True if the request should be repeated at once in another form.
  bool refused(protocol::error_code why);
  /// No answer: what the broker knows now cannot be known. Also when the connection ended.
  void lost();
  /// An answer named what was not asked for, or left out what was: the session starts over.
  void distrust();

  /// What the answer to the request under way may name; null if it was not asked for.
  const fetch_entry* asked(std::string_view topic, std::int32_t partition) const;
  const fetch_entry* asked(const protocol::uuid& topic_id, std::int32_t partition) const;

  std::int32_t id() const { return id_; }
  bool incremental() const { return epoch_ > 0; }
  bool sessionless() const { return sessionless_; }

 private:
  std::int32_t id_ = 0;
  std::int32_t epoch_ = 0;
  bool sessionless_ = false;
  std::size_t turn_ = 0;
  std::vector<fetch_entry> told_;     // as the broker knows it
  std::vector<fetch_entry> pending_;  // as it will know it if it answers
};

}  // namespace v0
}  // namespace ottla
