// service_consumer_state: partitions that come and go, inside poll and close.
#include <algorithm>
#include <utility>

#include "service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A commit before partitions are given up: longer than the some ten seconds that a cluster takes to replace a
// coordinator that died.
constexpr std::chrono::seconds revoke_commit_bound{30};

}  // namespace

void service_consumer_state::on_assigned(consumer& in, std::span<const topic_partition> which) {
  if (options_.reading.on_assigned) options_.reading.on_assigned(in, which);
  {
    const std::lock_guard lock(mutex_);
    flow_.remove(which);  // all of them first: partitions of one number share what they know of keys
    for (const topic_partition& one : which) flow_.assigned(one);
  }
  watch_tiers(in, which);
  if (!which.empty()) log(log_level::info, "partitions assigned", {}, service_operation::consume, which);
}

void service_consumer_state::on_revoked(consumer& in, std::span<const topic_partition> which) {
  const steady_ns began = now().mono;
  {
    const std::lock_guard lock(mutex_);
    flow_.abandon(which);
  }
  forget_tiers(which);
  work_.notify_all();
  log_notes();
  const auto bound = std::min(options_.drain_timeout, options_.reading.max_poll_interval / 2);
  const bool drained = drain([&] { return flow_.drained(which); }, after(began, bound));
  if (!drained)
    log(log_level::warning, "a rebalance does not wait any longer", not_drained("draining"), service_operation::consume,
        which);
  if (const auto stored = commit_rest(which, after(now().mono, revoke_commit_bound)); !stored)
    log(log_level::warning,
        "what was handled of partitions that are given up was not committed and will be handled again", stored.error(),
        service_operation::commit, which);
  if (options_.reading.on_revoked) options_.reading.on_revoked(in, which);
  {
    const std::lock_guard lock(mutex_);
    flow_.remove(which);
  }
  log_notes();
  log(log_level::info, "partitions given up", {}, service_operation::consume, which);
}

void service_consumer_state::on_lost(consumer& in, std::span<const topic_partition> which) {
  forget_tiers(which);
  {
    const std::lock_guard lock(mutex_);
    flow_.remove(which);
  }
  tell_watchers();
  log(log_level::warning, "partitions lost", {}, service_operation::consume, which);
  const rebalance_handler& told = options_.reading.on_lost ? options_.reading.on_lost : options_.reading.on_revoked;
  if (told) told(in, which);
}

// Waits for handlers and dead letters. While somebody closes, not longer than that allows.
bool service_consumer_state::drain(const std::function<bool()>& drained, steady_ns deadline) {
  for (;;) {
    write_letters();
    if (options_.threads == threading::manual) run_ready();
    const auto news = std::make_shared<completion>();
    steady_ns until = deadline;
    {
      const std::lock_guard lock(mutex_);
      if (drained()) return true;
      if (closing_drain_) until = std::min(until, *closing_drain_);
      if (now().mono >= until) return false;
      watchers_.push_back(news);
    }
    (void)runner().wait(*news, until);
    const std::lock_guard lock(mutex_);
    std::erase(watchers_, news);
  }
}

void service_consumer_state::tell_watchers() {
  std::vector<std::shared_ptr<completion>> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(watchers_);
  }
  for (const auto& one : all) one->set();
}

// All that is finished, of these or of all; waits until it is stored.
result<void> service_consumer_state::commit_rest(std::optional<std::span<const topic_partition>> which,
                                                 steady_ns deadline) {
  std::vector<tracked_position> rest;
  {
    const std::lock_guard lock(mutex_);
    tell_finished();
    rest = flow_.uncommitted();
    if (closing_) deadline = std::min(deadline, *closing_);
  }
  if (which) {
    std::erase_if(rest, [&](const tracked_position& one) {
      return std::find(which->begin(), which->end(), one.position.where) == which->end();
    });
  }
  if (rest.empty()) return {};
  std::vector<offset_to_commit> offsets;
  for (const tracked_position& one : rest) offsets.emplace_back(one.position);
  const steady_ns here = now().mono;
  const auto left = deadline > here ? deadline - here : std::chrono::nanoseconds(0);
  auto stored = in_->commit(std::move(offsets), std::chrono::duration_cast<std::chrono::milliseconds>(left));
  if (!stored) return stored;
  const std::lock_guard lock(mutex_);
  flow_.committed(rest);
  return {};
}

}  // namespace v0
}  // namespace ottla
