// Which leader epoch began at which offset of a partition (KIP-101), for OffsetForLeaderEpoch and divergence in Fetch.
#pragma once
#include <cstdint>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

struct epoch_end {
  std::int32_t epoch = -1;
  std::int64_t end_offset = -1;
};

class epoch_table {
 public:
  struct entry {
    std::int32_t epoch;
    std::int64_t start;
  };

  /// A leader of this epoch, newer than all, writes from `offset` on. Epochs that began there or later wrote nothing:
  /// they are forgotten.
  void begin(std::int32_t epoch, std::int64_t offset);
  /// Forgets what lies wholly before the log's new start; the epoch that covers the start begins there now.
  void truncate_front(std::int64_t log_start);

  /// A batch of this epoch lies at this offset: the epoch began there at the latest. In order of the log.
  void note(std::int32_t epoch, std::int64_t offset) {
    if (entries_.empty() || epoch > entries_.back().epoch) begin(epoch, offset);
  }
  /// Forgets what began where the log ends, or behind.
  void truncate_back(std::int64_t log_end);

  /// The largest epoch not above the asked one, and where it ended. {-1, -1} if the asked one is newer than all or
  /// nothing is known; an epoch older than the log's first ends where the log starts.
  epoch_end end_of(std::int32_t epoch, std::int64_t log_end) const;
  /// Epoch of the record at this offset, -1 if none is known.
  std::int32_t at(std::int64_t offset) const;

  /// Ascending in both.
  const std::vector<entry>& all() const { return entries_; }

 private:
  std::vector<entry> entries_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
