// partition_replay: one partition of dead letters on its way back: what an interrupted replay left is settled, then
// rounds of intent, batches, and what became of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ottla/consumer.hpp"
#include "replay_link.hpp"
#include "replay_note.hpp"

namespace ottla {
inline namespace v0 {

/// What the partitions of a run share.
struct replay_context {
  cluster on;
  const dead_letter_replay_options& how;
  replay_link link;
  replay_summary summary{};

  bool stop_wanted() const { return how.stop_wanted && how.stop_wanted(); }
  bool enough() const { return how.max && summary.sent >= *how.max; }
  void say(const std::string& line) const {
    if (how.on_notice) how.on_notice(line);
  }
  void tell(replayed_letter one);
};

class partition_replay {
 public:
  /// Stores the note; an error: this replay has lost the partition, or cannot know whether it was stored.
  using keep = std::function<result<void>(const replay_note&)>;

  partition_replay(replay_context& context, topic_partition where, replay_note note, keep store)
      : context_(context),
        where_(std::move(where)),
        note_(std::move(note)),
        store_(std::move(store)),
        seen_(note_.next) {}

  const replay_note& note() const { return note_; }
  /// Settles what an interrupted replay planned. Call it first.
  result<void> recover();
  /// The next records, in order; those from `end` on are not looked at.
  result<void> take(const partition_records& records, std::int64_t end);
  /// Stores what is not stored yet.
  result<void> finish();

 private:
  struct letter {
    record_view record{};
    std::int64_t from = -1;  ///< it is settled together with the gap before it, which begins here
    topic_partition to{};
  };

  result<void> look_at(const record_view& record, std::vector<letter>& round);
  result<topic_partition> target_of(const record_view& record, const dead_letter_note& said);
  bool is_room(const std::vector<letter>& round, std::size_t bytes) const;
  result<void> send_round(std::vector<letter>& round);
  result<void> send_some(std::span<const letter> some);
  result<replay_intent> plan(std::span<const letter> some);
  result<void> send_planned(std::span<const letter> some);
  result<void> one_by_one(std::span<const letter> some);
  void settle(std::span<const letter> some, replayed_letter::outcome what, std::int64_t base_offset,
              const topic_partition& to);
  void settle_found(const planned_batch& batch, replayed_letter::outcome what);
  result<void> send_again(const planned_batch& batch);
  result<void> doubt(const planned_batch& batch);
  result<void> wait_for_the_dead(const replay_intent& left);
  result<void> store();
  result<steady_ns> may_send();

  replay_context& context_;
  const topic_partition where_;
  replay_note note_;
  const keep store_;
  std::int64_t seen_;  // everything before was looked at
  bool dirty_ = false;
  steady_ns lease_{};  // until then nobody else can have been given the partition
};

}  // namespace v0
}  // namespace ottla
