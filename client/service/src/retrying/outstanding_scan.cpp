// outstanding_scan: where it begins, where it ends, and what is read in between.
#include "outstanding_scan.hpp"

#include <algorithm>
#include <utility>

#include "../consuming/key_hash.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::chrono::milliseconds pause_after_failure{500};
// Until tiers that are known have made room for more keys.
constexpr std::chrono::milliseconds pause_without_room{1'000};
// Then the ends are asked for anew: a log that was cut does not reach there any more.
constexpr std::chrono::seconds longest_silence{10};

consumer_config config_of(const consumer_config& reading) {
  consumer_config out;
  out.isolation = reading.isolation;
  out.check_crcs = reading.check_crcs;
  out.max_inflated_batch = reading.max_inflated_batch;
  out.reset = offset_reset::earliest;
  out.prefetch_bytes = std::size_t{1} << 20;
  out.fetch_max_wait = std::chrono::milliseconds(100);
  return out;
}

}  // namespace

outstanding_scan::outstanding_scan(cluster on, const consumer_config& reading)
    : on_(std::move(on)), in_(on_, config_of(reading)) {}

void outstanding_scan::assigned(const topic_partition& where, std::size_t level, std::shared_ptr<key_levels> keys) {
  jobs_.push_back({where, level, std::move(keys), -1, -1});
}

void outstanding_scan::gone(std::span<const topic_partition> which) {
  std::erase_if(jobs_, [&](const job& one) { return std::find(which.begin(), which.end(), one.where) != which.end(); });
  stop_reading();  // what goes on begins again where it is
}

void outstanding_scan::stop_reading() {
  if (std::exchange(reading_, false)) (void)in_.assign({});
  for (job& one : jobs_) one.end = -1;
}

bool outstanding_scan::busy() const {
  return std::any_of(jobs_.begin(), jobs_.end(), [](const job& one) { return one.keys->wants_scan(one.level); });
}

void outstanding_scan::step(consumer& of, steady_ns now, std::chrono::milliseconds wait) {
  if (now < not_before_) return;
  if (!reading_) begin(of);
  if (reading_) read(wait);
}

// Ends are asked for after the assignment: whoever had the partition before got its acknowledgements before it
// committed what it sent, so all that will not be delivered again lies before them.
void outstanding_scan::begin(consumer& of) {
  std::vector<job*> chosen;
  std::vector<topic_partition> which;
  for (job& one : jobs_) {
    if (!one.keys->wants_scan(one.level)) continue;
    const std::optional<std::int64_t> position = of.position(one.where);
    if (!position) continue;  // it is being looked up
    one.next = std::max(one.keys->frontier(one.level), std::int64_t{-1});
    if (one.next < 0) one.next = *position;
    chosen.push_back(&one);
    which.push_back(one.where);
    one.keys->begin_scan(one.level);
  }
  if (chosen.empty()) return;
  const auto ends = of.end_offsets(which, question_time);
  const steady_ns later = after(on_.state()->runner().now().mono, pause_after_failure);
  if (!ends) {
    trouble_ = ends.error();
    not_before_ = later;
    return;
  }
  std::vector<assigned_partition> read;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    job& one = *chosen[i];
    const found_offset& found = (*ends)[i];
    if (found.failure) {
      trouble_ = found.failure;
      not_before_ = later;
      continue;
    }
    one.end = found.offset;
    one.cut = false;
    if (one.next >= one.end) {
      finish(one);
    } else if (one.keys->known_above(one.level)) {
      read.push_back({one.where.topic, one.where.partition, at_offset(one.next)});
    } else {
      one.end = -1;  // its turn comes
    }
  }
  if (read.empty()) return;
  came_further_ = on_.state()->runner().now().mono;
  reading_ = in_.assign(std::move(read)).has_value();
}

void outstanding_scan::read(std::chrono::milliseconds wait) {
  const auto got = in_.poll(wait);
  const steady_ns here = on_.state()->runner().now().mono;
  if (!got) {
    trouble_ = got.error();
    stop_reading();
    not_before_ = after(here, pause_after_failure);
    return;
  }
  for (const partition_error& one : got->errors()) trouble_ = one.why;
  for (const partition_records& part : got->partitions()) take(part);
  for (const partition_position& end : got->end()) passed(end);
  bool all = true, room = true;
  for (job& one : jobs_) {
    if (one.end < 0) continue;
    all = false;
    room = room && !one.cut;
  }
  if (!room) not_before_ = after(here, pause_without_room);
  if (!got->end().empty()) came_further_ = here;
  if (all || !room || here > after(came_further_, longest_silence)) stop_reading();
}

void outstanding_scan::take(const partition_records& part) {
  const topic_partition where{part.topic(), part.partition()};
  for (job& one : jobs_) {
    if (one.where != where || one.end < 0) continue;
    for (const record_view& r : part) {
      if (r.offset() >= one.end) break;
      one.cut = !one.keys->has_room();
      if (one.cut) break;
      const bool ordered = !r.key().is_null();
      one.keys->read(one.level, r.offset(), ordered, ordered ? key_hash(r.key().bytes()) : 0);
      one.next = r.offset() + 1;
    }
  }
}

// Behind records that are not shown too. Where there was no room for a key, it is not there yet.
void outstanding_scan::passed(const partition_position& to) {
  for (job& one : jobs_) {
    if (one.where != to.where || one.end < 0) continue;
    if (!one.cut) one.next = std::max(one.next, to.offset);
    if (one.next >= one.end) finish(one);
  }
}

void outstanding_scan::finish(job& one) {
  one.end = -1;
  one.keys->end_scan(one.level);
  trouble_ = {};
}

}  // namespace v0
}  // namespace ottla
