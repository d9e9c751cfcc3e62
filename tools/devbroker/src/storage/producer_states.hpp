// What a partition remembers of each producer: its epoch, its last five batches, its open transaction.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "durable/entry_bytes.hpp"
#include "storage/end_marker.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// The producer's part of a batch that wants to be appended.
struct producer_stamp {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t first_sequence = -1;
  std::int32_t last_offset_delta = 0;
  bool transactional = false;
};

/// A batch that was appended, as kept for the recognition of duplicates.
struct remembered_batch {
  std::int32_t first_sequence = -1;
  std::int32_t last_sequence = -1;
  std::int64_t base_offset = -1;
  std::int64_t max_timestamp = -1;
};

enum class sequence_verdict { append, duplicate, out_of_order, stale_epoch, not_transactional };

struct sequence_check {
  sequence_verdict verdict = sequence_verdict::append;
  remembered_batch original{};  // of a duplicate
};

enum class marker_verdict { append, stale_epoch, stale_coordinator };

/// Kafka's rules (KIP-98, and KIP-185's window that lets five requests be in flight):
///  1. the same epoch and the same first and last sequence as one of the last five batches: a duplicate, answered as it
///  was;
///  2. an epoch below the newest seen: stale;
///  3. a new epoch of a producer that is known must begin at sequence 0;
///  4. the same epoch must go on exactly where it ended, with the wrap after 2^31-1; a marker that brought a new epoch
///  (KIP-890) starts it at 0;
///  5. a producer of which nothing is known (new, or forgotten by retention) may begin anywhere, but not under KIP-890;
///  6. while its transaction is open a producer writes nothing outside of it.
class producer_states {
 public:
  static constexpr std::size_t window = 5;

  struct state {
    std::int16_t epoch = -1;
    std::uint8_t count = 0;  // of entries in use, newest last
    std::int32_t coordinator_epoch = -1;
    std::int64_t open_since = -1;  // first offset of the open transaction
    std::int64_t last_seen = -1;
    std::int64_t last_timestamp = -1;
    std::array<remembered_batch, window> batches{};

    std::int32_t last_sequence() const { return count == 0 ? -1 : batches[count - 1u].last_sequence; }
  };

  sequence_check check(const producer_stamp& stamp) const;
  /// To be called after the append of a batch for which check() said append. `now` is wall time in ms. True if a
  /// transaction has begun with it.
  bool remember(const producer_stamp& stamp, std::int64_t base_offset, std::int64_t max_timestamp, std::int64_t now);

  /// Whether this producer in this epoch has a transaction open here: if not, the coordinator has to be asked.
  bool is_open(std::int64_t producer_id, std::int16_t epoch) const;
  /// The coordinator is asked on behalf of this batch. Until a transactional batch gets into the log, nothing behind
  /// the lowest sequence that was asked for may: else a batch that is sent again would find itself overtaken.
  void asked_for(const producer_stamp& stamp, bool bumps_epochs, std::int64_t now);
  /// A transactional batch has got past the checks.
  void answered_for(std::int64_t producer_id) { asked_.erase(producer_id); }

  marker_verdict check_marker(const end_marker& marker) const;
  /// To be called with the append of a marker that was checked. Gives the first offset of the transaction it ends, if
  /// there was one.
  std::optional<std::int64_t> end(const end_marker& marker, std::int64_t now);

  /// Forgets one producer, as expiry does; one with an open transaction stays.
  void forget(std::int64_t producer_id);
  /// Forgets producers that have appended nothing since (wall time in ms), so that the table stays bounded. Counted
  /// from the append, where Kafka counts from the records' own timestamps and so forgets at once who replays old
  /// records.
  void expire_before(std::int64_t wall);
  /// Only what the batches before `log_start` have taught is known still: those from there on are to be told anew.
  void forget_from(std::int64_t log_start);
  /// Nobody has been silent for longer than since now: after a restart it is not known for how long.
  void seen_all(std::int64_t wall);
  std::size_t size() const { return producers_.size(); }
  const std::map<std::int64_t, state>& all() const { return producers_; }

  /// All but the questions, which are asked again.
  void save(entry_writer& out) const;
  /// False if the bytes make no sense; nothing is known then.
  bool load(entry_reader& in);

 private:
  struct question {
    std::int16_t epoch = -1;
    std::int32_t lowest_sequence = -1;
    bool bumps_epochs = false;
    std::int64_t since = -1;
  };
  bool in_sequence(const producer_stamp& stamp, const state* known) const;

  std::map<std::int64_t, state> producers_;  // ordered: its walk decides nothing by hash
  std::map<std::int64_t, question> asked_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
