// What a partition remembers of each idempotent producer: its epoch and its last five batches.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>

namespace ottla {
inline namespace v0 {
namespace mock {

/// The producer's part of a batch that wants to be appended.
struct producer_stamp {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t first_sequence = -1;
  std::int32_t last_offset_delta = 0;
};

/// A batch that was appended, as kept for the recognition of duplicates.
struct remembered_batch {
  std::int32_t first_sequence = -1;
  std::int32_t last_sequence = -1;
  std::int64_t base_offset = -1;
  std::int64_t max_timestamp = -1;
};

enum class sequence_verdict { append, duplicate, out_of_order, stale_epoch };

struct sequence_check {
  sequence_verdict verdict = sequence_verdict::append;
  remembered_batch original{};  // of a duplicate
};

/// Kafka's rules (KIP-98, and KIP-185's window that lets five requests be in flight):
///  1. the same epoch and the same first and last sequence as one of the last five batches: a duplicate, answered as it
///  was;
///  2. an epoch below the newest seen: stale;
///  3. a new epoch of a producer that is known must begin at sequence 0;
///  4. the same epoch must go on exactly where it ended, with the wrap after 2^31-1;
///  5. a producer of which nothing is known (new, or forgotten by retention) may begin anywhere.
class producer_states {
 public:
  static constexpr std::size_t window = 5;

  sequence_check check(const producer_stamp& stamp) const;
  /// To be called after the append of a batch for which check() said append.
  /// `now` is wall time in ms.
  void remember(const producer_stamp& stamp, std::int64_t base_offset, std::int64_t max_timestamp, std::int64_t now);

  /// Forgets one producer, as expiry does.
  void forget(std::int64_t producer_id) { producers_.erase(producer_id); }
  /// Forgets producers that have appended nothing since (wall time in ms), so that the table stays bounded. Counted
  /// from the append, where Kafka counts from the records' own timestamps and so forgets at once who replays old
  /// records.
  void expire_before(std::int64_t wall);
  std::size_t size() const { return producers_.size(); }

 private:
  struct state {
    std::int16_t epoch = -1;
    std::uint8_t count = 0;  // of entries in use, newest last
    std::int64_t last_seen = -1;
    std::array<remembered_batch, window> batches{};
  };
  std::map<std::int64_t, state> producers_;  // ordered: its walk decides nothing by hash
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
