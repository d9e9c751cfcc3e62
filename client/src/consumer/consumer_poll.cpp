// consumer_poll: from what was prefetched to what poll gives.
#include <algorithm>
#include <utility>

#include "consumer_state.hpp"
#include "ottla/net/scope_exit.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A poll's worth: what fits the cache beside the application's own data.
constexpr std::size_t poll_bytes = std::size_t{1} << 20;

}  // namespace

result<polled> consumer_state::poll(consumer& face, std::chrono::nanoseconds timeout) {
  if (auto may = usable(); !may) return unexpected(may.error());
  if (auto may = cluster_->may_block(); !may) return unexpected(may.error());
  if (group_ == nullptr) return poll_records(face, timeout);
  if (auto may = group_->enter(); !may) return unexpected(may.error());
  const scope_exit end([this] { group_->leave(); });
  return poll_records(face, timeout);
}

result<polled> consumer_state::poll_records(consumer& face, std::chrono::nanoseconds timeout) {
  const std::size_t held = queue_->account().held();
  if (held > config_.max_held_bytes && held - pending_bytes() > config_.max_held_bytes) {
    error_context context;
    context.asked = "poll";
    context.detail = "the application keeps " + std::to_string(held) +
                     " fetched bytes alive, more than max_held_bytes = " + std::to_string(config_.max_held_bytes);
    context.advice = "let go of earlier polls, or keep records with to_owned()";
    return unexpected(error(client_code::held_by_user, std::move(context)));
  }
  polled out;
  // Before anything is handed out: what earlier polls gave is done, what this one gives is not (C-47).
  const auto attend = [&] { return group_ == nullptr ? result<void>() : group_->attend(face); };
  if (auto may = attend(); !may) return unexpected(may.error());
  if (const bool woken = queue_->take_wake(); gather(out) || woken) return out;
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  for (;;) {
    auto news = wait(fetch_queue::wait_for::anything, nullptr, deadline);
    if (auto may = attend(); !may) return unexpected(may.error());
    if (const bool woken = queue_->take_wake(); gather(out) || woken) return out;
    if (auto may = usable(); !may) return unexpected(may.error());
    if (error why = queue_->take_hopeless()) return unexpected(std::move(why));
    if (!news) break;
  }
  // Nothing came. If not even one broker was ever heard, silence would be a lie.
  if (error why = queue_->trouble(); why && queue_->never_heard() && timeout.count() > 0)
    return unexpected(std::move(why));
  return out;
}

// Decoded and not handed out: it is charged, and no application can let go of it.
std::size_t consumer_state::pending_bytes() const {
  std::vector<const void*> counted;  // blocks of one response share its frame
  std::size_t sum = 0;
  const auto count = [&](const auto& memory) {
    if (memory == nullptr || std::find(counted.begin(), counted.end(), memory.get()) != counted.end()) return;
    counted.push_back(memory.get());
    sum += memory->charged();
  };
  for (const pending_block& one : pending_) {
    count(one.block->frame);
    count(one.block->inflated);
  }
  return sum;
}

bool consumer_state::gather(polled& out) {
  if (hand_out_pending(out)) return true;
  fetch_queue::taken taken = queue_->take(poll_bytes);
  if (taken.made_room) cluster_->machine().nudge({});
  out.errors_ = std::move(taken.errors);
  for (fetched_partition& part : taken.parts) decode(part, out);
  return !out.parts_.empty() || !out.end_.empty() || !out.errors_.empty();
}

void consumer_state::decode(fetched_partition& part, polled& out) {
  pending_block next{part.slot, part.version, nullptr};
  bytes_.fetch_add(part.records.size(), std::memory_order_relaxed);
  decoded_partition decoded = decoder_.decode(part, queue_->shared_account());
  next.block = std::move(decoded.block);
  const partition_position stopped{*next.block->where, next.block->end_offset, next.block->end_epoch,
                                   next.block->assignment};
  const std::uint64_t version = next.version;
  if (decoded.damage) {
    // What lies behind the damage is not shown: the partition starts over there, and says why.
    if (const auto restarted = queue_->restart_if(*part.slot, version, stopped)) {
      next.version = *restarted;
      out.errors_.push_back({*next.block->where, std::move(decoded.damage)});
      post([slot = part.slot, now = *restarted, stopped](fetcher& machine) { machine.refetch(*slot, now, stopped); });
    }
  }
  hand_out(std::move(next), out);
}

// With a bound on records the rest of a block waits for the next poll.
void consumer_state::hand_out(pending_block next, polled& out) {
  const std::size_t room = config_.max_poll_records == 0 ? next.block->count : config_.max_poll_records - out.count_;
  if (room == 0 && next.block->count > 0) {
    pending_.push_back(std::move(next));
    return;
  }
  if (next.block->count > room) {
    std::shared_ptr<partition_block> head;
    auto tail = split_block(*next.block, room, head);
    pending_.push_back({next.slot, next.version, std::move(tail)});
    next.block = std::move(head);
  }
  partition_block& block = *next.block;
  partition_position to{*block.where, block.end_offset, block.end_epoch, block.assignment};
  if (!queue_->advance(*next.slot, next.version, to)) {  // sought or revoked while it was decoded (C-30)
    stale_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto known = std::find_if(out.end_.begin(), out.end_.end(),
                            [&](const partition_position& one) { return one.where == to.where; });
  if (known != out.end_.end()) {
    *known = std::move(to);
  } else {
    out.end_.push_back(std::move(to));
  }
  out.count_ += block.count;
  records_.fetch_add(block.count, std::memory_order_relaxed);
  if (block.count > 0) out.parts_.emplace_back(std::move(next.block));
}

bool consumer_state::hand_out_pending(polled& out) {
  for (std::size_t left = pending_.size(); left > 0; --left) {
    pending_block next = std::move(pending_.front());
    pending_.pop_front();
    if (queue_->is_paused(*next.slot) || (out.count_ > 0 && out.count_ >= config_.max_poll_records)) {
      pending_.push_back(std::move(next));
    } else {
      hand_out(std::move(next), out);
    }
  }
  return out.count_ > 0;
}

}  // namespace v0
}  // namespace ottla
