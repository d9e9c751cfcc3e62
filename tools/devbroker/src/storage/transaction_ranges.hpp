// Where transactions lie in a partition's log: which are open, and which were aborted.
#pragma once
#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

/// An aborted transaction: from the offset of its first record to that of its marker.
struct aborted_range {
  std::int64_t producer_id = -1;
  std::int64_t first_offset = -1;
  std::int64_t last_offset = -1;
  std::int64_t last_stable_offset = -1;  // what it was once the marker stood
};

/// A producer has one open transaction at most in a partition, so first offsets name them.
class transaction_ranges {
 public:
  void begin(std::int64_t first_offset) { open_.insert(first_offset); }
  /// The transaction ends with the marker at this offset, which is the log's last.
  void end(std::int64_t producer_id, std::int64_t first_offset, std::int64_t marker_offset, bool aborted);

  /// Below it all transactions are decided. It may lie before the log's start, if that was moved past an open
  /// transaction (as in Kafka).
  std::int64_t last_stable_offset(std::int64_t high_watermark) const {
    return open_.empty() ? high_watermark : std::min(high_watermark, *open_.begin());
  }
  /// The aborted transactions that a reader of the offsets from `from` to before `until` may meet, in order of their
  /// markers.
  std::vector<aborted_range> aborted_between(std::int64_t from, std::int64_t until) const;
  /// Forgets aborted transactions that lie wholly before the log's new start.
  void truncate_front(std::int64_t log_start);
  /// Forgets all: the log's batches are to be told anew.
  void forget() { *this = {}; }

 private:
  std::set<std::int64_t> open_;
  std::vector<aborted_range> aborted_;  // ascending by last_offset
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
