// What a partition remembers of each idempotent producer: its epoch and its last five batches.
#include "storage/producer_states.hpp"

#include <algorithm>

#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

sequence_check producer_states::check(const producer_stamp& stamp) const {
  const auto found = producers_.find(stamp.producer_id);
  if (found == producers_.end()) return {};
  const state& known = found->second;
  const std::int32_t last_sequence = sequence_after(stamp.first_sequence, stamp.last_offset_delta);
  if (known.epoch == stamp.producer_epoch) {
    for (std::size_t i = 0; i < known.count; ++i) {
      const remembered_batch& b = known.batches[i];
      if (b.first_sequence == stamp.first_sequence && b.last_sequence == last_sequence)
        return {sequence_verdict::duplicate, b};
    }
  }
  if (stamp.producer_epoch < known.epoch) return {sequence_verdict::stale_epoch, {}};
  if (stamp.producer_epoch > known.epoch)
    return {stamp.first_sequence == 0 ? sequence_verdict::append : sequence_verdict::out_of_order, {}};
  const std::int32_t expected = sequence_after(known.batches[known.count - 1].last_sequence, 1);
  return {stamp.first_sequence == expected ? sequence_verdict::append : sequence_verdict::out_of_order, {}};
}

void producer_states::remember(const producer_stamp& stamp, std::int64_t base_offset, std::int64_t max_timestamp,
                               std::int64_t now) {
  state& known = producers_[stamp.producer_id];
  if (known.epoch != stamp.producer_epoch) known = state{.epoch = stamp.producer_epoch};
  if (known.count == window) {
    std::rotate(known.batches.begin(), known.batches.begin() + 1, known.batches.end());
    --known.count;
  }
  known.batches[known.count++] = {stamp.first_sequence, sequence_after(stamp.first_sequence, stamp.last_offset_delta),
                                  base_offset, max_timestamp};
  known.last_seen = now;
}

void producer_states::expire_before(std::int64_t wall) {
  std::erase_if(producers_, [&](const auto& entry) { return entry.second.last_seen < wall; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
