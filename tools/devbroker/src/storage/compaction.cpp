// Compacts the closed segments of one log, a slice at a time.
#include "storage/compaction.hpp"

#include <algorithm>
#include <utility>

#include "ottla/protocol/types.hpp"
#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr int delete_horizon_bit = 0x40;
constexpr std::size_t most_key_bytes = std::size_t{64} << 20;
constexpr std::size_t key_cost = 96;

bool has_horizon(const batch_fields& batch) { return (batch.attributes() & delete_horizon_bit) != 0; }

bool is_aborted(const partition_log& log, const batch_fields& batch) {
  if (!batch.transactional()) return false;
  const auto ranges = log.transactions.aborted_between(batch.base_offset(), batch.last_offset() + 1);
  return std::any_of(ranges.begin(), ranges.end(), [&](const aborted_range& a) {
    return a.producer_id == batch.producer_id() && a.first_offset <= batch.base_offset();
  });
}

/// Whether what is known of the producer hangs on this batch.
bool is_last_of_producer(const producer_states& producers, const batch_fields& batch) {
  const auto found = producers.all().find(batch.producer_id());
  if (batch.producer_id() == no_producer_id || found == producers.all().end()) return false;
  const producer_states::state& known = found->second;
  if (known.count == 0) return batch.control() && batch.producer_epoch() == known.epoch;
  return known.batches[known.count - 1u].base_offset == batch.base_offset();
}

}  // namespace

std::optional<compacted_segment> compaction::step(const partition_log& log, const producer_states& producers,
                                                  batch_checker& checker, std::size_t budget) {
  if (has_keys_) return write(log, producers, checker, budget);
  read_keys(log, checker, budget);
  return std::nullopt;
}

void compaction::read_keys(const partition_log& log, batch_checker& checker, std::size_t budget) {
  std::size_t done = 0;
  while (done < budget) {
    const auto batch = log.batch_at(map_at_);
    if (batch.empty() || batch_fields(batch).base_offset() >= until_) {
      has_keys_ = true;
      return;
    }
    if (!read_keys(log, batch, checker)) {
      // The rest waits for the next time, from a segment's beginning on.
      const auto& all = log.segments();
      const auto at = std::find_if(all.begin(), all.end(), [&](const segment& s) { return s.end_offset() > map_at_; });
      until_ = at->base_offset();
      has_keys_ = true;
      return;
    }
    map_at_ = batch_fields(batch).last_offset() + 1;
    done += batch.size();
  }
}

/// False if there are too many keys.
bool compaction::read_keys(const partition_log& log, std::span<const std::byte> batch, batch_checker& checker) {
  const batch_fields fields(batch);
  if (fields.control() || is_aborted(log, fields)) return true;
  record_walk walk(checker.inflated(batch));
  while (const auto record = walk.next()) {
    if (!record->key) continue;
    const std::string_view key = protocol::as_text(*record->key);
    auto at = newest_.find(key);
    if (at == newest_.end()) {
      keys_bytes_ += key.size() + key_cost;
      at = newest_.emplace(std::string(key), 0).first;
    }
    at->second = fields.base_offset() + record->offset_delta;
  }
  return keys_bytes_ <= most_key_bytes;
}

std::optional<compacted_segment> compaction::write(const partition_log& log, const producer_states& producers,
                                                   batch_checker& checker, std::size_t budget) {
  const auto& all = log.segments();
  const auto at = std::find_if(all.begin(), all.end(), [&](const segment& s) { return s.end_offset() > write_at_; });
  if (at == all.end() || at->base_offset() >= until_) {
    is_done_ = true;
    return std::nullopt;
  }
  if (at->base_offset() != out_.base_offset || write_at_ <= at->base_offset()) {
    out_ = {at->base_offset(), {}, false};
    write_at_ = at->base_offset();
  }
  std::size_t i = at->find(write_at_);
  for (std::size_t done = 0; i < at->index().size() && done < budget; ++i) {
    const auto batch = at->batch(i);
    const std::size_t size = out_.bytes.size();
    if (!write(log, producers, batch, checker)) {
      is_done_ = true;  // no memory: all stays as it is
      return std::nullopt;
    }
    const auto written = std::span<const std::byte>(out_.bytes).subspan(size);
    out_.is_changed = out_.is_changed || !std::equal(written.begin(), written.end(), batch.begin(), batch.end());
    write_at_ = batch_fields(batch).last_offset() + 1;
    done += batch.size();
  }
  if (i < at->index().size()) return std::nullopt;
  return std::exchange(out_, {-1, {}, false});
}

bool compaction::write(const partition_log& log, const producer_states& producers, std::span<const std::byte> batch,
                       batch_checker& checker) {
  const batch_fields fields(batch);
  if (fields.control()) return write_marker(producers, batch, checker);
  if (fields.transactional()) in_transaction_.insert(fields.producer_id());
  if (is_aborted(log, fields)) {
    drop(producers, batch);
    return true;
  }
  return write_records(producers, batch, checker);
}

bool compaction::write_marker(const producer_states& producers, std::span<const std::byte> batch,
                              batch_checker& checker) {
  const batch_fields fields(batch);
  const bool has_batches = in_transaction_.erase(fields.producer_id()) != 0;
  if (fields.record_count() == 0) {
    drop(producers, batch);
  } else if (!has_batches && has_horizon(fields) && fields.base_timestamp() <= now_) {
    drop(producers, batch);
  } else if (!has_batches && !has_horizon(fields)) {
    return rewriter_.rewrite(
        batch, checker.inflated(batch), [](const walked_record&) { return true; }, horizon_, out_.bytes);
  } else {
    keep(batch);
  }
  return true;
}

bool compaction::write_records(const producer_states& producers, std::span<const std::byte> batch,
                               batch_checker& checker) {
  const batch_fields fields(batch);
  const auto records = checker.inflated(batch);
  const bool is_late = has_horizon(fields) && fields.base_timestamp() <= now_;
  const auto stays = [&](const walked_record& record) {
    if (!record.key || (!record.value && is_late)) return false;
    const auto newest = newest_.find(protocol::as_text(*record.key));
    return newest == newest_.end() || newest->second <= fields.base_offset() + record.offset_delta;
  };
  std::int32_t all = 0, kept = 0, tombstones = 0;
  record_walk walk(records);
  while (const auto record = walk.next()) {
    ++all;
    if (!stays(*record)) continue;
    ++kept;
    tombstones += record->value ? 0 : 1;
  }
  if (all != fields.record_count()) {
    keep(batch);  // it cannot be read, so nobody can say what it is good for
    return true;
  }
  if (kept == 0) {
    drop(producers, batch);
    return true;
  }
  const bool needs_horizon = tombstones != 0 && !has_horizon(fields);
  if (kept == all && !needs_horizon) {
    keep(batch);
    return true;
  }
  return rewriter_.rewrite(batch, records, stays, needs_horizon ? std::optional(horizon_) : std::nullopt, out_.bytes);
}

void compaction::drop(const producer_states& producers, std::span<const std::byte> batch) {
  const batch_fields fields(batch);
  if (!is_last_of_producer(producers, fields)) return;
  if (fields.record_count() == 0) return keep(batch);
  batch_rewriter::rewrite_empty(batch, out_.bytes);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
