// fetch_queue: both sides of the hand-over.
#include "fetch_queue.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
inline namespace v0 {

// --- The core's thread -----------------------------------------------------------------------------------------------

void fetch_queue::deliver(std::vector<fetched_partition> parts, frame_ref frame) {
  std::unique_lock lock(mutex_);
  auto shared = std::make_shared<queued_frame>();
  bool news = false;
  for (fetched_partition& part : parts) {
    partition_slot& slot = *part.slot;
    if (!slot.assigned || slot.version != part.version) {
      discarded_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    slot.watermarks = part.watermarks;
    if (part.records.empty()) continue;
    if (shared->slices++ == 0) {
      shared->size = frame->size();
      shared->frame = std::move(frame);
      prefetched_ += shared->size;
    }
    part.frame = shared;
    news = news || !slot.paused;
    queue_.push_back(std::move(part));
  }
  if (news) wake(lock);
}

void fetch_queue::report(partition_error what) {
  std::unique_lock lock(mutex_);
  // The same trouble of the same partition is told once per poll, however often it was met.
  for (const partition_error& known : errors_) {
    if (known.where == what.where && known.why.name() == what.why.name()) return;
  }
  errors_.push_back(std::move(what));
  wake(lock);
}

void fetch_queue::located(partition_slot& slot, std::uint64_t version, partition_position at) {
  std::unique_lock lock(mutex_);
  if (slot.version != version) return;
  slot.position = std::move(at);
  wake(lock);
}

void fetch_queue::jump(const std::shared_ptr<partition_slot>& slot, std::uint64_t version, std::int64_t to) {
  std::unique_lock lock(mutex_);
  if (!slot->assigned || slot->version != version) return;
  fetched_partition part;
  part.slot = slot;
  part.version = version;
  part.fetch_offset = to;
  queue_.push_back(std::move(part));
  wake(lock);
}

std::optional<std::uint64_t> fetch_queue::restart_if(partition_slot& slot, std::uint64_t version,
                                                     std::optional<partition_position> at) {
  std::lock_guard lock(mutex_);
  if (slot.version != version) return std::nullopt;
  slot.position = std::move(at);
  return ++slot.version;
}

bool fetch_queue::may_fetch(std::size_t bytes, std::size_t reserved) {
  std::lock_guard lock(mutex_);
  const bool may = fits(bytes, reserved);
  starved_ = starved_ || !may;
  return may;
}

bool fetch_queue::has_room(std::size_t bytes, std::size_t reserved) const {
  std::lock_guard lock(mutex_);
  return fits(bytes, reserved);
}

// One response is always allowed, however large.
bool fetch_queue::fits(std::size_t bytes, std::size_t reserved) const {
  const std::size_t used = prefetched_ + reserved;
  return used == 0 || used + bytes <= prefetch_limit_;
}

bool fetch_queue::add_slot(std::shared_ptr<partition_slot> slot, std::uint64_t assignment_epoch) {
  std::lock_guard lock(mutex_);
  if (assignment_epoch != assignment_epoch_) return false;
  const topic_partition where = *slot->where;
  slot->assignment = ++last_assignment_;
  return slots_.emplace(where, std::move(slot)).second;
}

void fetch_queue::topics_known(std::uint64_t assignment_epoch, error why) {
  std::unique_lock lock(mutex_);
  if (assignment_epoch != assignment_epoch_) return;
  topics_outcome_ = std::move(why);
  wake(lock);
}

std::vector<std::pair<std::shared_ptr<partition_slot>, std::int64_t>> fetch_queue::evict_paused() {
  std::vector<std::pair<std::shared_ptr<partition_slot>, std::int64_t>> out;
  std::lock_guard lock(mutex_);
  std::deque<fetched_partition> kept;
  for (fetched_partition& part : queue_) {
    if (!part.slot->paused) {
      kept.push_back(std::move(part));
      continue;
    }
    const bool current = part.slot->assigned && part.version == part.slot->version;
    const bool first = std::none_of(out.begin(), out.end(), [&](const auto& one) { return one.first == part.slot; });
    if (current && first && part.frame != nullptr) out.emplace_back(part.slot, part.fetch_offset);
    if (part.frame == nullptr) {
      kept.push_back(std::move(part));
      continue;
    }
    drop(part);
  }
  queue_ = std::move(kept);
  // Behind a jump the log has nothing of what was given up.
  for (const fetched_partition& part : queue_) {
    if (part.frame == nullptr) std::erase_if(out, [&](const auto& one) { return one.first == part.slot; });
  }
  return out;
}

void fetch_queue::set_trouble(error why) {
  std::unique_lock lock(mutex_);
  trouble_ = std::move(why);
  hopeless_ = trouble_ && !trouble_.retriable() && never_heard();
  if (hopeless_) wake(lock);
}

error fetch_queue::take_hopeless() {
  std::lock_guard lock(mutex_);
  return std::exchange(hopeless_, false) ? trouble_ : error();
}

void fetch_queue::close(error why) {
  std::unique_lock lock(mutex_);
  if (closed_) return;
  closed_ = std::move(why);
  for (const fetched_partition& part : queue_) drop(part);
  queue_.clear();
  wake(lock);
}

// --- The caller's thread ---------------------------------------------------------------------------------------------

fetch_queue::taken fetch_queue::take(std::size_t bytes) {
  taken out;
  std::lock_guard lock(mutex_);
  out.errors = std::exchange(errors_, {});
  std::size_t sum = 0;
  for (auto it = queue_.begin(); it != queue_.end() && sum < bytes;) {
    partition_slot& slot = *it->slot;
    const bool stale = !slot.assigned || slot.version != it->version;
    if (!stale && slot.paused) {
      ++it;
      continue;
    }
    fetched_partition part = std::move(*it);
    it = queue_.erase(it);  // nearly always the front
    if (stale) {
      discarded_.fetch_add(1, std::memory_order_relaxed);
      drop(part);
      continue;
    }
    if (part.frame != nullptr) {
      part.held = part.frame->held.lock();
      if (part.held == nullptr) {
        part.held = std::make_shared<const held_frame>(account_, part.frame->frame, part.frame->size);
        part.frame->held = part.held;
      }
    }
    sum += part.records.size();
    drop(part);
    part.frame = nullptr;
    out.parts.push_back(std::move(part));
  }
  out.made_room = starved_ && room_.load(std::memory_order_relaxed);
  if (out.made_room) starved_ = false;
  return out;
}

void fetch_queue::drop(const fetched_partition& part) {
  if (part.frame == nullptr || --part.frame->slices > 0) return;
  prefetched_ -= part.frame->size;
  part.frame->frame = nullptr;
  if (starved_) room_.store(true, std::memory_order_relaxed);
}

bool fetch_queue::advance(partition_slot& slot, std::uint64_t version, const partition_position& to) {
  std::lock_guard lock(mutex_);
  if (!slot.assigned || slot.version != version) return false;
  slot.position = to;
  return true;
}

std::uint64_t fetch_queue::assign(std::span<assigned_partition> partitions, bool topics_follow,
                                  const std::optional<start_position>& fallback, std::vector<assigned_start>& out) {
  std::unique_lock lock(mutex_);
  std::map<topic_partition, std::shared_ptr<partition_slot>> before = std::exchange(slots_, {});
  for (assigned_partition& one : partitions) {
    const topic_partition where{one.topic, one.partition};
    if (slots_.contains(where)) continue;
    assigned_start next;
    next.start = one.start ? one.start : fallback;
    auto known = before.find(where);
    if (known != before.end()) {
      next.slot = known->second;
      next.fresh = one.start.has_value();
      before.erase(known);
    } else {
      next.slot = std::make_shared<partition_slot>();
      next.slot->where = std::make_shared<const topic_partition>(where);
      next.slot->assignment = ++last_assignment_;
    }
    if (next.fresh) {
      ++next.slot->version;
      next.slot->position.reset();
      if (next.start && next.start->from == start_position::kind::offset)
        next.slot->position = partition_position{where, next.start->value, -1, next.slot->assignment};
    }
    slots_.emplace(where, next.slot);
    next.version = next.slot->version;
    out.push_back(std::move(next));
  }
  for (auto& [where, slot] : before) slot->assigned = false;
  topics_outcome_.reset();
  if (!topics_follow) topics_outcome_ = error{};
  wake(lock);
  return ++assignment_epoch_;
}

std::shared_ptr<partition_slot> fetch_queue::find(const topic_partition& where) const {
  std::lock_guard lock(mutex_);
  auto found = slots_.find(where);
  return found == slots_.end() ? nullptr : found->second;
}

std::uint64_t fetch_queue::restart(partition_slot& slot, std::optional<partition_position> at) {
  std::lock_guard lock(mutex_);
  slot.position = std::move(at);
  return ++slot.version;
}

void fetch_queue::set_paused(partition_slot& slot, bool paused) {
  std::unique_lock lock(mutex_);
  slot.paused = paused;
  if (!paused) wake(lock);
}

// --- What is known ---------------------------------------------------------------------------------------------------

std::vector<topic_partition> fetch_queue::assignment() const {
  std::vector<topic_partition> out;
  std::lock_guard lock(mutex_);
  for (const auto& [where, slot] : slots_) out.push_back(where);
  return out;
}

std::vector<partition_position> fetch_queue::positions() const {
  std::vector<partition_position> out;
  std::lock_guard lock(mutex_);
  for (const auto& [where, slot] : slots_) {
    if (!slot->position) continue;
    out.push_back(*slot->position);
    out.back().assignment = slot->assignment;
  }
  return out;
}

std::uint64_t fetch_queue::assignment_of(const topic_partition& where) const {
  std::lock_guard lock(mutex_);
  auto found = slots_.find(where);
  return found == slots_.end() ? 0 : found->second->assignment;
}

void fetch_queue::set_attention(bool wanted) {
  std::unique_lock lock(mutex_);
  attention_ = wanted;
  if (wanted) wake(lock);
}

void fetch_queue::wake_poll() {
  std::unique_lock lock(mutex_);
  woken_ = true;
  wake(lock);
}

std::vector<topic_partition> fetch_queue::paused() const {
  std::vector<topic_partition> out;
  std::lock_guard lock(mutex_);
  for (const auto& [where, slot] : slots_) {
    if (slot->paused) out.push_back(where);
  }
  return out;
}

std::optional<partition_position> fetch_queue::position(const topic_partition& where) const {
  std::lock_guard lock(mutex_);
  auto found = slots_.find(where);
  return found == slots_.end() ? std::nullopt : found->second->position;
}

std::optional<partition_watermarks> fetch_queue::watermarks(const topic_partition& where) const {
  std::lock_guard lock(mutex_);
  auto found = slots_.find(where);
  return found == slots_.end() ? std::nullopt : found->second->watermarks;
}

bool fetch_queue::is_paused(const partition_slot& slot) const {
  std::lock_guard lock(mutex_);
  return slot.paused;
}

error fetch_queue::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

error fetch_queue::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

std::size_t fetch_queue::prefetched() const {
  std::lock_guard lock(mutex_);
  return prefetched_;
}

std::optional<error> fetch_queue::topics_outcome() const {
  std::lock_guard lock(mutex_);
  return topics_outcome_;
}

bool fetch_queue::deliverable() const {
  if (!errors_.empty() || attention_ || woken_) return true;
  return std::any_of(queue_.begin(), queue_.end(), [](const fetched_partition& part) {
    return part.slot->assigned && !part.slot->paused && part.slot->version == part.version;
  });
}

std::shared_ptr<completion> fetch_queue::watch(wait_for what, const partition_slot* slot) {
  std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  if (what != wait_for::attention && hopeless_) return nullptr;
  if (what == wait_for::anything && deliverable()) return nullptr;
  if (what == wait_for::attention && attention_) return nullptr;
  if (what == wait_for::topics && topics_outcome_) return nullptr;
  if (what == wait_for::position && (slot->position || !slot->assigned)) return nullptr;
  return watchers_.emplace_back(std::make_shared<completion>());
}

void fetch_queue::unwatch(const std::shared_ptr<completion>& one) {
  std::lock_guard lock(mutex_);
  std::erase(watchers_, one);
}

void fetch_queue::wake(std::unique_lock<std::mutex>& lock) {
  const auto watchers = std::exchange(watchers_, {});
  lock.unlock();
  for (const auto& one : watchers) one->set();
}

}  // namespace v0
}  // namespace ottla
