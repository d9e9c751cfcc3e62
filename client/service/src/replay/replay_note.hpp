// replay_note: what the group remembers of one partition of dead letters, beside its committed offset.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "offset_set.hpp"
#include "ottla/result.hpp"
#include "ottla/topic_partition.hpp"

namespace ottla {
inline namespace v0 {

/// Under which name batches are written: a broker takes the first batch of it in a partition, and no second one.
struct replay_identity {
  std::int64_t producer_id = -1;
  std::int16_t epoch = -1;
  friend bool operator==(const replay_identity&, const replay_identity&) = default;
};

/// One batch that is about to be sent.
struct planned_batch {
  topic_partition to{};
  std::int64_t look_from = -1;  ///< where `to` ended before: the batch is at or behind it, or not there
  offset_set letters{};
  friend bool operator==(const planned_batch&, const planned_batch&) = default;
};

struct replay_intent {
  replay_identity as{};
  std::int64_t written_at = -1;  ///< ms since 1970 UTC by the clock of who wrote it
  std::vector<planned_batch> batches{};
  friend bool operator==(const replay_intent&, const replay_intent&) = default;
};

/// As text, in the metadata of the committed offset `next`:
///     ottla-replay/1 done=2+3.1 producer=4711/0 at=1700000000000 orders/3@118=0.2
struct replay_note {
  std::int64_t next = 0;  ///< the first letter that was not replayed
  offset_set done{};      ///< letters behind it that were
  std::optional<replay_intent> intent{};

  bool is_done(std::int64_t offset) const { return offset < next || done.contains(offset); }
  /// Takes these as replayed; `next` moves past what is done without a gap.
  void settle(const offset_set& letters);
  std::string text() const;
  /// An empty text is a note without anything but `next`. An error, as a clause, if it is not of our making.
  static std::optional<replay_note> parse(std::int64_t next, std::string_view text);

  friend bool operator==(const replay_note&, const replay_note&) = default;
};

}  // namespace v0
}  // namespace ottla
