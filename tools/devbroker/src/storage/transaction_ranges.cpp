// Where transactions lie in a partition's log: which are open, and which were aborted.
#include "storage/transaction_ranges.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {

void transaction_ranges::end(std::int64_t producer_id, std::int64_t first_offset, std::int64_t marker_offset,
                             bool aborted) {
  open_.erase(first_offset);
  if (aborted) aborted_.push_back({producer_id, first_offset, marker_offset, last_stable_offset(marker_offset + 1)});
}

std::vector<aborted_range> transaction_ranges::aborted_between(std::int64_t from, std::int64_t until) const {
  std::vector<aborted_range> out;
  auto at = std::partition_point(aborted_.begin(), aborted_.end(),
                                 [&](const aborted_range& a) { return a.last_offset < from; });
  for (; at != aborted_.end(); ++at) {
    if (at->first_offset < until) out.push_back(*at);
    // Whatever was aborted after this one began at or behind its last stable offset.
    if (at->last_stable_offset >= until) break;
  }
  return out;
}

void transaction_ranges::truncate_front(std::int64_t log_start) {
  const auto kept = std::partition_point(aborted_.begin(), aborted_.end(),
                                         [&](const aborted_range& a) { return a.last_offset < log_start; });
  aborted_.erase(aborted_.begin(), kept);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
