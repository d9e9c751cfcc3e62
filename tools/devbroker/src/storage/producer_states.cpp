// What a partition remembers of each producer: its epoch, its last five batches, its open transaction.
#include "storage/producer_states.hpp"

#include <algorithm>
#include <utility>

#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

sequence_check producer_states::check(const producer_stamp& stamp) const {
  const auto found = producers_.find(stamp.producer_id);
  const state* known = found == producers_.end() ? nullptr : &found->second;
  const std::int32_t last_sequence = sequence_after(stamp.first_sequence, stamp.last_offset_delta);
  if (known != nullptr && known->epoch == stamp.producer_epoch) {
    for (std::size_t i = 0; i < known->count; ++i) {
      const remembered_batch& b = known->batches[i];
      if (b.first_sequence == stamp.first_sequence && b.last_sequence == last_sequence)
        return {sequence_verdict::duplicate, b};
    }
  }
  if (known != nullptr && stamp.producer_epoch < known->epoch) return {sequence_verdict::stale_epoch, {}};
  if (!in_sequence(stamp, known)) return {sequence_verdict::out_of_order, {}};
  if (known != nullptr && known->open_since >= 0 && !stamp.transactional)
    return {sequence_verdict::not_transactional, {}};
  return {};
}

bool producer_states::in_sequence(const producer_stamp& stamp, const state* known) const {
  if (const auto asked = asked_.find(stamp.producer_id); asked != asked_.end()) {
    const bool nothing_known = known == nullptr || known->count == 0;
    if (asked->second.bumps_epochs && nothing_known && stamp.first_sequence != 0) return false;
    if (stamp.first_sequence > asked->second.lowest_sequence) return false;
  }
  if (known == nullptr) return true;
  if (stamp.producer_epoch > known->epoch || known->count == 0) return stamp.first_sequence == 0;
  return stamp.first_sequence == sequence_after(known->last_sequence(), 1);
}

bool producer_states::remember(const producer_stamp& stamp, std::int64_t base_offset, std::int64_t max_timestamp,
                               std::int64_t now) {
  state& known = producers_[stamp.producer_id];
  if (known.epoch != stamp.producer_epoch) {
    known.epoch = stamp.producer_epoch;
    known.count = 0;
  }
  if (known.count == window) {
    std::rotate(known.batches.begin(), known.batches.begin() + 1, known.batches.end());
    --known.count;
  }
  known.batches[known.count++] = {stamp.first_sequence, sequence_after(stamp.first_sequence, stamp.last_offset_delta),
                                  base_offset, max_timestamp};
  known.last_seen = now;
  known.last_timestamp = max_timestamp;
  if (!stamp.transactional || known.open_since >= 0) return false;
  known.open_since = base_offset;
  return true;
}

bool producer_states::is_open(std::int64_t producer_id, std::int16_t epoch) const {
  const auto found = producers_.find(producer_id);
  return found != producers_.end() && found->second.open_since >= 0 && found->second.epoch == epoch;
}

void producer_states::asked_for(const producer_stamp& stamp, bool bumps_epochs, std::int64_t now) {
  const auto [at, is_new] =
      asked_.try_emplace(stamp.producer_id, question{stamp.producer_epoch, stamp.first_sequence, bumps_epochs, now});
  question& known = at->second;
  if (is_new) return;
  if (stamp.producer_epoch == known.epoch)
    known.lowest_sequence = std::min(known.lowest_sequence, stamp.first_sequence);
  if (stamp.producer_epoch > known.epoch) {
    known.epoch = stamp.producer_epoch;
    known.lowest_sequence = stamp.first_sequence;
  }
}

marker_verdict producer_states::check_marker(const end_marker& marker) const {
  const auto found = producers_.find(marker.producer_id);
  if (found == producers_.end()) return marker_verdict::append;
  const state& known = found->second;
  const bool strict = marker.transaction_version >= 2;
  // A marker that is written a second time has the epoch that it brought the first time; there is nothing open then.
  const bool again = strict && marker.producer_epoch == known.epoch && known.open_since < 0;
  if (marker.producer_epoch < known.epoch || (strict && marker.producer_epoch == known.epoch && !again))
    return marker_verdict::stale_epoch;
  return marker.coordinator_epoch < known.coordinator_epoch ? marker_verdict::stale_coordinator
                                                            : marker_verdict::append;
}

std::optional<std::int64_t> producer_states::end(const end_marker& marker, std::int64_t now) {
  asked_.erase(marker.producer_id);
  state& known = producers_[marker.producer_id];
  if (known.epoch != marker.producer_epoch) {
    known.epoch = marker.producer_epoch;
    known.count = 0;
  }
  known.coordinator_epoch = marker.coordinator_epoch;
  known.last_seen = now;
  known.last_timestamp = now;
  const std::int64_t since = std::exchange(known.open_since, -1);
  return since < 0 ? std::nullopt : std::optional(since);
}

void producer_states::forget(std::int64_t producer_id) {
  const auto found = producers_.find(producer_id);
  if (found != producers_.end() && found->second.open_since < 0) producers_.erase(found);
}

void producer_states::expire_before(std::int64_t wall) {
  std::erase_if(producers_,
                [&](const auto& entry) { return entry.second.last_seen < wall && entry.second.open_since < 0; });
  std::erase_if(asked_, [&](const auto& entry) { return entry.second.since < wall; });
}

void producer_states::forget_from(std::int64_t log_start) {
  for (auto at = producers_.begin(); at != producers_.end();) {
    state& known = at->second;
    const auto end = known.batches.begin() + known.count;
    known.count = static_cast<std::uint8_t>(
        std::find_if(known.batches.begin(), end, [&](const auto& b) { return b.base_offset >= log_start; }) -
        known.batches.begin());
    if (known.open_since >= log_start) known.open_since = -1;
    at = known.count == 0 && known.open_since < 0 ? producers_.erase(at) : std::next(at);
  }
}

void producer_states::seen_all(std::int64_t wall) {
  for (auto& [id, known] : producers_) known.last_seen = std::max(known.last_seen, wall);
}

void producer_states::save(entry_writer& out) const {
  out.count(producers_.size());
  for (const auto& [id, known] : producers_) {
    out.number(id);
    out.number(known.epoch);
    out.number(known.coordinator_epoch);
    out.number(known.open_since);
    out.number(known.last_seen);
    out.number(known.last_timestamp);
    out.number(known.count);
    for (std::size_t i = 0; i < known.count; ++i) {
      out.number(known.batches[i].first_sequence);
      out.number(known.batches[i].last_sequence);
      out.number(known.batches[i].base_offset);
      out.number(known.batches[i].max_timestamp);
    }
  }
}

bool producer_states::load(entry_reader& in) {
  producers_.clear();
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    state& known = producers_[in.number<std::int64_t>()];
    known.epoch = in.number<std::int16_t>();
    known.coordinator_epoch = in.number<std::int32_t>();
    known.open_since = in.number<std::int64_t>();
    known.last_seen = in.number<std::int64_t>();
    known.last_timestamp = in.number<std::int64_t>();
    known.count = std::min(in.number<std::uint8_t>(), static_cast<std::uint8_t>(window));
    for (std::size_t b = 0; b < known.count; ++b) {
      known.batches[b].first_sequence = in.number<std::int32_t>();
      known.batches[b].last_sequence = in.number<std::int32_t>();
      known.batches[b].base_offset = in.number<std::int64_t>();
      known.batches[b].max_timestamp = in.number<std::int64_t>();
    }
  }
  if (!in.is_done()) producers_.clear();
  return in.is_done();
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
