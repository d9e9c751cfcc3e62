// flow: which record is handled next, and what follows from a verdict: lanes, pauses, dead letters, positions. No
// threads, no clock, no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "../retrying/retry_levels.hpp"
#include "flow_lane.hpp"
#include "ottla/net/random.hpp"
#include "ottla/service/consumer.hpp"
#include "ottla/service/verdict.hpp"

namespace ottla {
inline namespace v0 {

/// A lane's turn: who has it runs the handler over the records and reports.
struct lane_turn {
  std::shared_ptr<flow_lane> from;
  record_run run;
  int tries = 0;    // of the first record, before this turn
  std::string why;  // of its last failure
};

/// How it ended.
struct turn_report {
  enum class outcome : std::uint8_t {
    over,     // the run's end, or enough for a turn
    failed,   // the record in front has a verdict that is not done
    held,     // a guard has no room before `until`, or it is not time before
    follows,  // the record in front goes to the tier `to`, behind an earlier one of its key
  };
  outcome how = outcome::over;
  std::size_t handled = 0;
  std::int64_t last = -1;  // offset of the last of these
  verdict said{done};
  std::chrono::nanoseconds took{0};  // the try that failed
  steady_ns until{};
  std::size_t to = 0;
  int tried_before = 0;  // the record in front, in other topics
};

/// A record to be written elsewhere; its outcome is told by `number`.
struct letter {
  std::uint64_t number = 0;
  record_run run;        // its first record
  std::size_t tier = 0;  // 0: to the dead letters
  bool follows = false;  // behind an earlier one of its key, without a wait of its own
  int tries = 0;         // in all topics
  std::string why, type;
  wall_ms failed_at{};
};

/// What the log is told.
struct flow_note {
  enum class kind : std::uint8_t { retry, tiered, follows, dead_lettered, skipped, stopped, goes_on };
  kind what = kind::retry;
  topic_partition where{};
  std::int64_t offset = -1;
  int tries = 0;
  std::string why{}, type{};
  std::chrono::nanoseconds pause{0};
  error failure{};
  std::string to{};  // the topic that it was written to
};

/// What partitions are read from now on, and which not.
struct flow_pauses {
  std::vector<topic_partition> pause, resume;
};

/// One thread at a time: its owner has a lock. What is done is told to tracked_partition by whoever runs a turn,
/// without that lock.
///
///     poll ──► add ──► lanes ──► take ──► a turn ──► report ──► (again | wait | dead letter | finished)
class flow {
 public:
  flow(const service_consumer_options& options, random_stream rng);
  ~flow();
  flow(const flow&) = delete;
  flow& operator=(const flow&) = delete;

  // --- Assignment ---

  void assigned(const topic_partition& where);
  /// What is queued is dropped, and so are timers; what runs, and dead letters, are waited for: drained. Where records
  /// are not handled in the order of their offsets, those below one that is finished are handled first: the position
  /// cannot pass them, and what is finished above it would be handled twice. One of them that waits for its next try
  /// has it at once; one that fails now is left to the next owner, with all above it.
  void abandon(std::span<const topic_partition> which);
  /// All of them, and those that come.
  void stop();
  bool drained(std::span<const topic_partition> which) const;
  bool drained() const;
  /// They are gone: what still comes of them changes nothing.
  void remove(std::span<const topic_partition> which);
  std::vector<tracked_position> uncommitted() const { return tracker_.uncommitted(); }
  void committed(std::span<const tracked_position> which) { tracker_.committed(which); }

  // --- Records ---

  void add(const partition_records& part, instant now);
  /// Reading went on without a record.
  void passed(const partition_position& end);

  // --- Turns ---

  std::optional<lane_turn> take();
  /// True: there is news for whoever polls: a timer, a pause, a dead letter, somebody waits for the end of this.
  bool report(lane_turn turn, turn_report end, instant now);
  bool has_ready() const { return !ready_.empty(); }

  // --- Dead letters ---

  std::vector<letter> take_letters();
  /// `offset`: where it lies; -1: not known.
  bool letter_outcome(std::uint64_t number, const error& why, steady_ns now, std::int64_t offset = -1);

  // --- Retry topics ---

  /// What it must not overtake is known; or it is no more known, or cannot be: see key_levels.
  void recheck(const topic_partition& where);
  /// All of them. True: some must still wait.
  bool recheck();
  /// Nothing of it is begun while there is an error; trouble() tells it.
  void hold(const topic_partition& where, error why);
  /// Null: not assigned, or without an order over topics.
  std::shared_ptr<key_levels> keys_of(const topic_partition& where) const;

  // --- Time and decisions ---

  /// What is due becomes ready.
  void fire(steady_ns now);
  /// When fire has something to do; `never`: nothing.
  steady_ns next_deadline() const { return timers_.empty() ? never : timers_.begin()->first.first; }
  /// Changes since it was last asked.
  flow_pauses take_pauses();
  std::vector<flow_note> take_notes() { return std::exchange(notes_, {}); }
  /// Copies what waits out of the responses that it came in.
  void detach();

  /// Something is read and not finished.
  bool busy() const { return records_ > 0; }
  std::size_t letters_under_way() const { return under_way_.size(); }
  error trouble() const;
  service_consumer_stats stats() const;

 private:
  using timer_key = std::pair<steady_ns, std::uint64_t>;

  std::shared_ptr<flow_partition> find(const topic_partition& where) const;
  std::shared_ptr<flow_partition> make(const topic_partition& where);
  void abandon(flow_partition& one);
  void drain(flow_partition& of);
  void drop(const std::shared_ptr<flow_lane>& one);
  void remove(const std::shared_ptr<flow_partition>& one);
  std::shared_ptr<flow_lane> lane_of(const std::shared_ptr<flow_partition>& one, std::uint64_t number);
  void enqueue(const std::shared_ptr<flow_lane>& to, record_run run);
  void add_by_key(const std::shared_ptr<flow_partition>& one, const partition_records& part,
                  const std::shared_ptr<part_account>& account);
  void add_loose(const std::shared_ptr<flow_partition>& one, const partition_records& part,
                 const std::shared_ptr<part_account>& account);
  void settle(const std::shared_ptr<flow_lane>& of);
  void line_up(const std::shared_ptr<flow_lane>& one);
  void wait(const std::shared_ptr<flow_lane>& one, flow_lane::state as, steady_ns until);
  void failed(const std::shared_ptr<flow_lane>& of, const turn_report& end, instant now);
  void give_up(const std::shared_ptr<flow_lane>& of);
  void write(const std::shared_ptr<flow_lane>& of, std::size_t tier, bool follows);
  void written(const std::shared_ptr<flow_lane>& of, std::int64_t offset);
  void count_written(const flow_lane& one);
  void unpark(flow_partition& of);
  bool gated(const flow_partition& of) const;
  topic_id label_of(const std::string& topic) const;
  void front_finished(const std::shared_ptr<flow_lane>& of);
  void finish(flow_partition& of, part_account& account, std::size_t records);
  void block(const flow_lane& of, error why);
  void unblock(flow_partition& of);
  bool update_bounds(flow_partition& one);
  bool wants_pause(const flow_partition& one) const;
  bool waited_for(const flow_partition& one) const;
  flow_note note(flow_note::kind what, const flow_lane& of) const;
  std::chrono::nanoseconds letter_pause(int tries) const;

  const service_consumer_options options_;
  const retry_levels levels_;
  random_stream rng_;
  metrics* const counts_;
  position_tracker tracker_;
  std::uint64_t epochs_ = 0;
  std::map<topic_partition, std::shared_ptr<flow_partition>> partitions_;
  std::map<topic_partition, std::shared_ptr<key_levels>> keys_;  // by partition of the source
  std::deque<std::shared_ptr<flow_lane>> ready_;
  std::map<timer_key, std::shared_ptr<flow_lane>> timers_;
  std::uint64_t last_timer_ = 0;
  std::deque<std::shared_ptr<flow_lane>> unsent_;  // dead letters that nobody took yet
  struct sent_letter {
    std::shared_ptr<flow_lane> from;
    std::int64_t offset = -1;
    std::optional<std::uint64_t> key;  // of one with an order, to a retry topic
  };
  std::map<std::uint64_t, sent_letter> under_way_;
  std::uint64_t last_letter_ = 0;
  std::vector<flow_note> notes_;
  std::size_t records_ = 0;  // of partitions that are not abandoned
  std::size_t bytes_ = 0;
  bool full_ = false;
  bool stopped_ = false;
  service_consumer_stats totals_;
};

}  // namespace v0
}  // namespace ottla
