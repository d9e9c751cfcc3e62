// Compacts the closed segments of one log, a slice at a time: of each key the newest record stays.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/batch_check.hpp"
#include "storage/batch_rewriter.hpp"
#include "storage/partition_log.hpp"
#include "storage/producer_states.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// A segment as it shall be from now on; no bytes: it goes.
struct compacted_segment {
  std::int64_t base_offset = 0;
  std::vector<std::byte> bytes;
  bool is_changed = false;
};

/// Kafka's rules:
///  1. a record stays if no later one in what was compacted has its key; one without a key goes;
///  2. a tombstone that stays goes delete.retention.ms after the first compaction that met it: that time is written
///  into its batch (KIP-534);
///  3. records of aborted transactions go; a marker goes, after the same time, when no batch of its transaction is
///  left;
///  4. offsets stay. A batch that has lost all its records goes, but for the last one of each producer: it stays,
///  empty, for what it says about the producer's sequence.
/// First the keys of what is new are read, then all segments are written anew. The log may grow and lose its front
/// meanwhile; nothing else may change it.
class compaction {
 public:
  /// All segments up to `until`, where one begins; those before `dirty_from` have been compacted already. `now` and
  /// `delete_retention` in ms.
  compaction(std::int64_t dirty_from, std::int64_t until, std::int64_t now, std::int64_t delete_retention)
      : map_at_(dirty_from), until_(until), now_(now), horizon_(horizon_after(now, delete_retention)) {}

  /// Does about as much as `budget` bytes of batches ask for. Gives a segment when one is ready.
  std::optional<compacted_segment> step(const partition_log& log, const producer_states& producers,
                                        batch_checker& checker, std::size_t budget);
  bool is_done() const { return is_done_; }
  /// Up to where the log is compacted when all is done. Less than was asked for if there were too many keys.
  std::int64_t until() const { return until_; }

 private:
  static std::int64_t horizon_after(std::int64_t now, std::int64_t retention) {
    return retention > INT64_MAX - now ? INT64_MAX : now + retention;
  }
  void read_keys(const partition_log& log, batch_checker& checker, std::size_t budget);
  bool read_keys(const partition_log& log, std::span<const std::byte> batch, batch_checker& checker);
  std::optional<compacted_segment> write(const partition_log& log, const producer_states& producers,
                                         batch_checker& checker, std::size_t budget);
  bool write(const partition_log& log, const producer_states& producers, std::span<const std::byte> batch,
             batch_checker& checker);
  bool write_marker(const producer_states& producers, std::span<const std::byte> batch, batch_checker& checker);
  bool write_records(const producer_states& producers, std::span<const std::byte> batch, batch_checker& checker);
  void drop(const producer_states& producers, std::span<const std::byte> batch);
  void keep(std::span<const std::byte> batch) { out_.bytes.insert(out_.bytes.end(), batch.begin(), batch.end()); }

  std::int64_t map_at_;
  std::int64_t until_;
  const std::int64_t now_;
  const std::int64_t horizon_;
  bool has_keys_ = false;
  bool is_done_ = false;
  std::map<std::string, std::int64_t, std::less<>> newest_;  // offset by key
  std::size_t keys_bytes_ = 0;
  std::set<std::int64_t> in_transaction_;  // producers of whom there are batches since their last marker
  std::int64_t write_at_ = -1;
  compacted_segment out_;
  batch_rewriter rewriter_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
