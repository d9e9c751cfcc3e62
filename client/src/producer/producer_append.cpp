// producer_state: the way of a record into its partition's open batch, and waiting for memory where there is none.
#include <algorithm>
#include <cstring>

#include "partitioner.hpp"
#include "producer_state.hpp"

namespace ottla {
inline namespace v0 {

// Which partition a record goes to; one that the topic does not have (at least `count`) is the caller's to refuse.
[[gnu::always_inline]] inline std::uint32_t producer_state::choose_partition(topic_state& topic, const record& what,
                                                                             std::uint32_t count) {
  if (what.partition != any_partition) return static_cast<std::uint32_t>(what.partition);
  if (!what.key.is_null()) {
    switch (config_.partitioner) {
      case partitioner_kind::murmur2:
        return murmur2_partition(what.key.bytes(), count);
      case partitioner_kind::consistent:
        if (what.key.size() > 0) return crc32_partition(what.key.bytes(), count);
        break;
      case partitioner_kind::fnv1a:
        return fnv1a_partition(what.key.bytes(), count);
      default:
        break;
    }
  }
  if (config_.partitioner == partitioner_kind::round_robin) return topic.next_round_robin(count);
  return topic.sticky(count);
}

namespace {

[[gnu::always_inline]] inline protocol::record_fields fields_of(const record& what) {
  protocol::record_fields out;
  out.key = what.key.optional();
  out.value = what.value.optional();
  out.headers = what.headers;
  return out;
}

// Against the batch's base. A clock that was read before the batch was opened is clamped to it; the caller's own
// timestamp is kept.
[[gnu::always_inline]] inline std::int64_t delta_of(const record& what, std::int64_t stamp, const batch& open) {
  const std::int64_t delta = stamp - open.base_timestamp;
  return what.timestamp == now_timestamp ? std::max<std::int64_t>(delta, 0) : delta;
}

// The record stands at the end of the open batch now; the partition's lock is held.
[[gnu::always_inline]] inline void count_in(batch& open, std::size_t size, std::int64_t delta, std::uint64_t cookie,
                                            const outcome_handler* handler) {
  open.used += size;
  open.max_timestamp = std::max(open.max_timestamp, open.base_timestamp + delta);
  open.cookies.push_back(cookie);
  if (handler != nullptr) open.handlers.add(static_cast<std::uint32_t>(open.count), *handler);
  ++open.count;
}

}  // namespace

// The hot path: a record that fits the open batch and does not fill it. One lock, no allocation, nobody is told. False:
// nothing was done.
[[gnu::always_inline]] inline bool producer_state::append_to_open(partition_queue& queue, const record& what,
                                                                  std::int64_t stamp, std::uint64_t cookie,
                                                                  const outcome_handler* handler, std::size_t full) {
  std::lock_guard lock(queue.mutex);
  batch* const open = queue.open;
  if (open == nullptr) return false;
  protocol::record_fields fields = fields_of(what);
  fields.offset_delta = open->count;
  fields.timestamp_delta = delta_of(what, stamp, *open);
  // Near the end of a block, exact sizes are the slow way's business.
  if (open->used + protocol::record_size_bound(fields) >= std::min(open->memory.capacity, full)) return false;
  std::byte* const at = open->memory.bytes.get() + open->used;
  const auto size = static_cast<std::size_t>(protocol::write_record_in_bound(at, fields) - at);
  count_in(*open, size, fields.timestamp_delta, cookie, handler);
  return true;
}

result<void> producer_state::append(topic_state& to, const record& what, std::uint64_t cookie,
                                    const outcome_handler* handler, bool hurry) {
  if (cluster_->forked()) [[unlikely]]
    return unexpected(refuse(client_code::forked, to, ""));
  if (!gate_.is_open()) [[unlikely]]
    return unexpected(why_shut(to));
  if (to.count() == 0) [[unlikely]] {
    if (auto ready = wait_ready(to, config_.max_block); !ready) return not_taken(std::move(ready));
  }
  const std::uint32_t partitions = to.count();
  const std::uint32_t chosen = choose_partition(to, what, partitions);
  if (chosen >= partitions) [[unlikely]] {
    return not_taken(unexpected(refuse(
        client_code::unknown_partition, to,
        "it has partitions 0 to " + std::to_string(partitions - 1) + ", not " + std::to_string(what.partition))));
  }
  const std::int64_t stamp = what.timestamp == now_timestamp ? wall_.now_ms() : what.timestamp;
  const std::size_t batch_limit = std::min(config_.batch_size, to.batch_limit.load(std::memory_order_relaxed));
  if (!hurry && append_to_open(to.partition(chosen), what, stamp, cookie, handler, batch_limit)) [[likely]]
    return {};
  return append_slowly(to, chosen, what, stamp, cookie, handler, hurry);
}

// Everything else: the first record of a batch, one that fills it or does not fit, and waiting for memory.
result<void> producer_state::append_slowly(topic_state& to, std::uint32_t chosen, const record& what,
                                           std::int64_t stamp, std::uint64_t cookie, const outcome_handler* handler,
                                           bool hurry) {
  partition_queue& queue = to.partition(chosen);
  protocol::record_fields fields = fields_of(what);
  const std::size_t batch_limit = std::min(config_.batch_size, to.batch_limit.load(std::memory_order_relaxed));
  block spare;              // memory taken outside the lock for a batch that must be opened or grown
  batch* filled = nullptr;  // closed here: sealed outside the lock
  for (;;) {
    std::unique_lock lock(queue.mutex);
    if (queue.gone || !gate_.is_open()) [[unlikely]] {
      lock.unlock();
      if (filled != nullptr) seal_and_tell(*filled);
      pool_.give_back(std::move(spare));
      return unexpected(why_shut(to));
    }
    batch* open = queue.open;
    std::size_t body = 0, size = 0;
    if (open != nullptr) {
      fields.offset_delta = open->count;
      fields.timestamp_delta = delta_of(what, stamp, *open);
      body = protocol::record_body_size(fields);
      size = protocol::record_size(body);
      if (open->used + size > std::min(open->memory.capacity, batch_limit)) [[unlikely]] {
        const std::size_t want = pool_.capacity_for(open->used + size);
        const bool may_grow = open->used + size <= batch_limit;
        if (may_grow && spare.capacity < open->used + size) {
          pool_.give_back(std::exchange(spare, {}));
          spare = pool_.try_take(want);
        }
        if (may_grow && spare.capacity >= open->used + size) {
          std::memcpy(spare.bytes.get(), open->memory.bytes.get(), open->used);
          std::swap(spare, open->memory);
        } else {
          // Full, or no memory to grow: close it. If one was closed already in this call, seal that first.
          if (filled != nullptr) {
            lock.unlock();
            seal_and_tell(*std::exchange(filled, nullptr));
            continue;
          }
          filled = close_open(queue);
          open = nullptr;
        }
      }
    }
    if (open == nullptr) {
      fields.offset_delta = 0;
      fields.timestamp_delta = 0;
      body = protocol::record_body_size(fields);
      size = protocol::record_size(body);
      const std::size_t need = protocol::batch_header_size + size;
      const std::size_t largest =
          std::min(std::max(config_.batch_size, config_.max_request_size), config_.buffer_memory);
      if (need > largest) {
        lock.unlock();
        if (filled != nullptr) seal_and_tell(*filled);
        pool_.give_back(std::move(spare));
        return not_taken(unexpected(
            refuse(client_code::record_too_large, to,
                   "a record of " + std::to_string(size) + " bytes is above the limit of " + std::to_string(largest),
                   "raise max_request_size or buffer_memory, and the topic's max.message.bytes")));
      }
      const std::size_t start = std::max(need, std::min(queue.last_capacity, batch_limit));
      if (spare.capacity < need) {
        pool_.give_back(std::exchange(spare, {}));
        spare = pool_.try_take(start);
        if (spare.capacity == 0) spare = pool_.try_take(need);
      }
      if (spare.capacity < need) {
        lock.unlock();
        if (filled != nullptr) seal_and_tell(*std::exchange(filled, nullptr));
        auto waited = take_memory(need);
        if (!waited) {
          if (waited.error().is(client_code::buffer_full))
            return not_taken(unexpected(refuse(client_code::buffer_full, to, waited.error().context().detail,
                                               waited.error().context().advice)));
          return not_taken(unexpected(waited.error()));
        }
        spare = std::move(*waited);
        continue;  // another caller may have opened one meanwhile
      }
      open = new_batch();
      open->home = &queue;
      open->memory = std::exchange(spare, {});
      open->base_timestamp = open->max_timestamp = stamp;
      const steady_ns now = cluster_->runner().now().mono;
      open->begun = now;
      open->linger_until = after(now, config_.linger);
      open->deadline = after(now, config_.delivery_timeout);
      queue.open = open;
      queue.open_until.store(open->linger_until.time_since_epoch().count(), std::memory_order_release);
    }
    std::byte* at = open->memory.bytes.get() + open->used;
    protocol::write_record(at, fields, body);
    count_in(*open, size, fields.timestamp_delta, cookie, handler);
    const bool first = open->count == 1;
    const bool announce = first && !queue.registered;
    if (announce) queue.registered = true;
    const bool full = open->used >= batch_limit;
    if (full && filled == nullptr) filled = close_open(queue);
    const steady_ns due = hurry ? steady_ns{} : open->linger_until;
    if (hurry && queue.open != nullptr) queue.open_until.store(0, std::memory_order_release);
    lock.unlock();

    if (spare.capacity != 0) [[unlikely]]
      pool_.give_back(std::move(spare));
    if (announce) [[unlikely]]
      register_partition(queue);
    if (filled != nullptr) [[unlikely]] {
      to.leave(chosen);
      seal_and_tell(*filled);
    } else if (first || hurry) [[unlikely]] {
      cluster_->machine().nudge(due);
    }
    return {};
  }
}

batch* producer_state::close_open(partition_queue& from) {
  batch* one = std::exchange(from.open, nullptr);
  one->now_in.store(batch::state::sealing, std::memory_order_relaxed);
  from.last_capacity = one->memory.capacity;
  from.closed.push_back(one);
  from.closed_count.store(static_cast<std::uint32_t>(from.closed.size()), std::memory_order_release);
  from.open_until.store(INT64_MAX, std::memory_order_release);
  return one;
}

result<block> producer_state::take_memory(std::size_t bytes) {
  block_pool::turn turn(pool_, bytes);
  const auto full = [&](std::string waited) {
    error_context context;
    context.detail =
        std::to_string(pool_.charged()) + " of " + std::to_string(pool_.bound()) + " bytes are buffered" + waited;
    context.advice = "send slower, or raise buffer_memory";
    return error(client_code::buffer_full, std::move(context));
  };
  if (block out = turn.look(); out.capacity != 0) return out;
  if (cluster_->runner().on_core_thread() || config_.max_block.count() <= 0) return unexpected(full(""));
  const steady_ns deadline = after(cluster_->runner().now().mono, config_.max_block);
  for (;;) {
    cluster_->machine().nudge(steady_ns{});  // the sender closes open batches while somebody waits
    block out;
    if (cluster_->runner().threaded()) {
      out = turn.wait(std::chrono::milliseconds(50));
    } else {
      completion step_only;  // nobody sets it: the wait drives the core for a moment
      cluster_->runner().wait(step_only,
                              std::min(deadline, after(cluster_->runner().now().mono, std::chrono::milliseconds(1))));
      out = turn.look();
    }
    if (out.capacity != 0) return out;
    if (closed_.load(std::memory_order_relaxed)) {
      error_context context;
      context.detail = "the producer was closed";
      return unexpected(error(client_code::closed, std::move(context)));
    }
    if (cluster_->runner().now().mono >= deadline) {
      return unexpected(full(", and none was freed in " + std::to_string(config_.max_block.count()) + " ms"));
    }
  }
}

}  // namespace v0
}  // namespace ottla
