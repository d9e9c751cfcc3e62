// Which log is compacted next, and what becomes of its segments.
#include <algorithm>
#include <utility>

#include "cluster/cluster_state.hpp"
#include "durable/log_files.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t slice = std::size_t{1} << 20;

struct dirty_part {
  std::int64_t from = 0;
  std::int64_t until = 0;  // where a segment begins
  double ratio = 0;
};

/// What there is to be compacted: closed segments whose transactions are decided and whose records are old enough.
dirty_part dirty(const topic_settings& settings, const partition& p, std::int64_t now) {
  const auto& segments = p.log.segments();
  dirty_part out;
  if (segments.size() < 2) return out;
  out.from = out.until = std::max(p.compacted_to, segments.front().base_offset());
  double clean_bytes = 0, dirty_bytes = 0;
  std::int64_t oldest = INT64_MAX;
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const segment& s = segments[i];
    if (s.end_offset() <= out.from) {
      clean_bytes += static_cast<double>(s.size_bytes());
      continue;
    }
    // A replica that trails may lead one day: what it has is no other than what is stored.
    if (s.end_offset() > std::min(p.last_stable_offset(), p.lowest_end())) break;
    if (settings.min_compaction_lag_ms > 0 && s.max_timestamp() > now - settings.min_compaction_lag_ms) break;
    dirty_bytes += static_cast<double>(s.size_bytes());
    oldest = std::min(oldest, s.max_timestamp());
    out.until = segments[i + 1].base_offset();
  }
  if (out.until <= out.from) return {};
  const bool is_late = oldest >= 0 && now > oldest && now - oldest > settings.max_compaction_lag_ms;
  out.ratio = is_late ? 1.0 : dirty_bytes / (clean_bytes + dirty_bytes);
  return out;
}

}  // namespace

void cluster_state::choose_compaction(instant now) {
  double most = -1;
  for (const auto& [name, t] : topics.all()) {
    if (!t->settings.compacts) continue;
    for (std::size_t i = 0; i < t->partitions.size(); ++i) {
      const dirty_part found = dirty(t->settings, *t->partitions[i], now.wall.count());
      if (found.until <= found.from || found.ratio < t->settings.min_cleanable_dirty_ratio || found.ratio <= most)
        continue;
      most = found.ratio;
      compacting_.emplace(
          compacting{t->id, static_cast<std::int32_t>(i),
                     compaction(found.from, found.until, now.wall.count(), t->settings.delete_retention_ms)});
    }
  }
}

bool cluster_state::compact(instant now) {
  if (!compacting_) {
    choose_compaction(now);
    return compacting_.has_value();
  }
  const topic* t = topics.find(compacting_->topic_id);
  partition* p = t == nullptr ? nullptr : t->find(compacting_->index);
  if (p == nullptr) {
    compacting_.reset();
    return true;
  }
  compaction& work = compacting_->work;
  auto ready = work.step(p->log, p->producers, checker, slice);
  bool goes_on = true;
  if (ready) goes_on = put(*p, std::move(*ready));
  if (goes_on && !work.is_done()) return true;
  // Who has got nowhere tries again after a while: the disk refuses, or one segment has too many keys.
  goes_on = goes_on && work.until() > p->compacted_to;
  if (goes_on) p->compacted_to = work.until();
  compacting_.reset();
  return goes_on;
}

/// False if the disk refuses.
bool cluster_state::put(partition& p, compacted_segment ready) {
  const auto& segments = p.log.segments();
  const auto at = std::find_if(segments.begin(), segments.end(),
                               [&](const segment& s) { return s.base_offset() == ready.base_offset; });
  if (at == segments.end()) return true;  // gone meanwhile
  const auto index = static_cast<std::size_t>(at - segments.begin());
  // What has shrunk is put together, else every segment would leave one behind for good.
  const bool joins = index > 0 && !ready.bytes.empty() &&
                     segments[index - 1].size_bytes() + ready.bytes.size() <= p.log.segment_bytes();
  if (!ready.is_changed && !joins) return true;
  if (!std::exchange(p.log.has_gaps, true)) keep(p);
  if (!persist()) return false;
  std::vector<std::byte> bytes;
  if (joins) bytes.assign(segments[index - 1].bytes().begin(), segments[index - 1].bytes().end());
  bytes.insert(bytes.end(), ready.bytes.begin(), ready.bytes.end());
  if (disk_ != nullptr && !bytes.empty()) {
    const std::int64_t base = segments[joins ? index - 1 : index].base_offset();
    if (!told(disk_->replace(segment_file(p.folder, base), bytes))) return false;
  }
  const std::size_t before = p.log.size_bytes();
  const bool is_gone = joins || bytes.empty();
  p.log.put_compacted(index, joins, std::move(bytes));
  log_bytes_ -= before - p.log.size_bytes();
  ++changes;
  if (is_gone) drop_files(p.folder, {ready.base_offset});
  return true;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
