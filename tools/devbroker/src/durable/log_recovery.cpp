// Takes up a partition's log from its files.
#include "durable/log_recovery.hpp"

#include <algorithm>

#include "durable/log_files.hpp"
#include "storage/batch_fields.hpp"
#include "storage/log_replay.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

class recovery {
 public:
  recovery(disk& on, partition& into, std::vector<std::string>& notes) : disk_(on), into_(into), notes_(notes) {}

  void take_segments(const std::set<std::int64_t>& bases) {
    for (const std::int64_t base : bases) {
      if (!why_.empty()) return;
      const std::string name = segment_file(into_.folder, base);
      if (!segments_.empty() && base < segments_.back().end_offset()) {
        why_ = disk_.remove(name);  // compaction had put it together with the one before
      } else if (!is_whole_ || (!segments_.empty() && !into_.log.has_gaps && base != segments_.back().end_offset())) {
        if (is_whole_) notes_.push_back(name + ": not used, for what comes before it is missing");
        is_whole_ = false;
        why_ = disk_.remove(name);
      } else {
        take(name, base);
      }
    }
  }

  void take_producers(const std::set<std::int64_t>& there) {
    const std::int64_t first = segments_.empty() ? start_ : segments_.front().base_offset();
    for (const std::int64_t base : there) {
      const std::string name = producers_file(into_.folder, base);
      const bool has_segment =
          std::any_of(segments_.begin(), segments_.end(), [&](const segment& s) { return s.base_offset() == base; });
      if (base == first) {
        if (!read_producers(disk_, name, into_.producers))
          notes_.push_back(name + ": not used, it is not whole; producers of older records are forgotten");
      } else if (!has_segment && why_.empty()) {
        why_ = disk_.remove(name);
      }
    }
  }

  void finish() {
    // Compaction takes segments away and leaves the log's start where it was.
    if (!segments_.empty() && !into_.log.has_gaps) start_ = std::max(start_, segments_.front().base_offset());
    const std::int64_t end = segments_.empty() ? start_ : segments_.back().end_offset();
    epoch_table epochs = into_.log.epochs();
    epochs.truncate_back(end);
    for (const auto& [id, known] : into_.producers.all())
      if (known.open_since >= 0) into_.log.transactions.begin(known.open_since);
    for (const segment& s : segments_) {
      for (std::size_t i = 0; i < s.index().size(); ++i) {
        const batch_fields fields(s.batch(i));
        epochs.note(fields.leader_epoch(), fields.base_offset());
        into_.leader_epoch = std::max(into_.leader_epoch, fields.leader_epoch());
        replay(s.batch(i), into_.producers, into_.log.transactions);
      }
    }
    epochs.truncate_front(start_);
    into_.log.restore(start_, std::move(segments_), std::move(epochs));
    into_.log.transactions.truncate_front(start_);
  }

  const std::string& why() const { return why_; }

 private:
  void take(const std::string& name, std::int64_t base) {
    std::vector<std::byte> bytes;
    why_ = disk_.read(name, bytes);
    if (!why_.empty()) return;
    const std::size_t size = bytes.size();
    segment s(base);
    const std::size_t whole = s.adopt(std::move(bytes), into_.log.has_gaps);
    is_whole_ = whole == size;
    if (!is_whole_)
      notes_.push_back(name + ": cut to " + std::to_string(whole) + " of " + std::to_string(size) +
                       " bytes, there is no whole batch behind");
    if (whole == 0 || s.end_offset() <= start_) {
      why_ = disk_.remove(name);
      return;
    }
    if (!is_whole_) why_ = disk_.truncate(name, whole);
    s.seal();
    segments_.push_back(std::move(s));
  }

  disk& disk_;
  partition& into_;
  std::vector<std::string>& notes_;
  std::string why_;
  std::int64_t start_ = into_.log.start_offset();
  std::deque<segment> segments_;
  bool is_whole_ = true;
};

}  // namespace

std::string recover_log(disk& from, const partition_files& files, partition& into, std::vector<std::string>& notes) {
  recovery r(from, into, notes);
  r.take_segments(files.segments);
  r.take_producers(files.producers);
  r.finish();
  return r.why();
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
