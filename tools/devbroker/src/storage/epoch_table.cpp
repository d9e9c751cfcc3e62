// Which leader epoch began at which offset of a partition (KIP-101).
#include "storage/epoch_table.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

void epoch_table::begin(std::int32_t epoch, std::int64_t offset) {
  while (!entries_.empty() && entries_.back().start >= offset) entries_.pop_back();
  entries_.push_back({epoch, offset});
}

void epoch_table::truncate_front(std::int64_t log_start) {
  std::size_t gone = 0;
  while (gone + 1 < entries_.size() && entries_[gone + 1].start <= log_start) ++gone;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(gone));
  if (!entries_.empty() && entries_.front().start < log_start) entries_.front().start = log_start;
}

void epoch_table::truncate_back(std::int64_t log_end) {
  while (!entries_.empty() && entries_.back().start >= log_end) entries_.pop_back();
}

epoch_end epoch_table::end_of(std::int32_t epoch, std::int64_t log_end) const {
  if (epoch == -1 || entries_.empty() || epoch > entries_.back().epoch) return {};
  if (epoch == entries_.back().epoch) return {epoch, log_end};
  if (epoch < entries_.front().epoch) return {epoch, entries_.front().start};
  std::size_t next = 0;
  while (entries_[next].epoch <= epoch) ++next;
  return {entries_[next - 1].epoch, entries_[next].start};
}

std::int32_t epoch_table::at(std::int64_t offset) const {
  std::int32_t found = -1;
  for (const entry& e : entries_) {
    if (e.start > offset) break;
    found = e.epoch;
  }
  return found;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
