// group_caller: rebalances inside poll, and the end.
#include "group_caller.hpp"

#include <algorithm>
#include <utility>

#include "ottla/consumer.hpp"
#include "ottla/net/scope_exit.hpp"
#include "partition_text.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A commit before partitions are given up. The group waits for it, so not for ever; but longer than the some ten
// seconds that a cluster takes to replace a coordinator that died.
constexpr std::chrono::seconds revoke_commit_bound{30};

error refused(client_code code, std::string asked, std::string detail) {
  error_context context;
  context.asked = std::move(asked);
  context.detail = std::move(detail);
  return error(code, std::move(context));
}

std::vector<topic_partition> without(const std::vector<topic_partition>& all,
                                     const std::vector<topic_partition>& those) {
  std::vector<topic_partition> out;
  std::set_difference(all.begin(), all.end(), those.begin(), those.end(), std::back_inserter(out));
  return out;
}

}  // namespace

group_caller::group_caller(std::shared_ptr<cluster_state> cluster, const consumer_config& config,
                           std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader)
    : cluster_(std::move(cluster)),
      config_(config),
      queue_(std::move(queue)),
      fetcher_(std::move(reader)),
      seam_(std::make_shared<group_seam>(queue_)),
      member_(group_member::make(config_, seam_, queue_, fetcher_)) {}

void group_caller::attach() {
  (void)seam_->enter_poll(now());  // from here on the poll interval counts
  seam_->leave_poll(now());
  next_auto_commit_ = after(now(), config_.auto_commit_interval);
  cluster_->post([machine = member_, on = &cluster_->machine()] { machine->attach(*on); });
  if (!config_.topics.empty() || !config_.topic_pattern.empty()) (void)subscribe(config_.topics, config_.topic_pattern);
}

result<void> group_caller::subscribe(std::vector<std::string> topics, const std::string& pattern) {
  std::optional<topic_pattern> compiled;
  if (!pattern.empty()) {
    auto made = topic_pattern::compile(pattern);
    if (!made) return made.error();
    compiled = std::move(*made);
  }
  subscribed_ = !topics.empty() || compiled;
  cluster_->post([machine = member_, topics = std::move(topics), compiled = std::move(compiled)]() mutable {
    machine->subscribe(std::move(topics), std::move(compiled));
  });
  return {};
}

result<void> group_caller::unsubscribe(consumer& face) {
  const steady_ns deadline = after(now(), revoke_commit_bound);
  if (!enter_handlers()) return refused(client_code::would_deadlock, "unsubscribe", "a rebalance handler is running");
  {
    const scope_exit end([this] {
      std::vector<fetch_queue::assigned_start> none;
      take({}, none);
      leave_handlers();
      (void)subscribe({}, {});
    });
    if (const auto owned = queue_->assignment(); !owned.empty()) give_up(owned, &face, deadline);
  }
  return {};
}

void group_caller::rejoin(std::string reason) {
  cluster_->post([machine = member_, reason = std::move(reason)]() mutable { machine->rejoin(std::move(reason)); });
}

// --- Inside poll -----------------------------------------------------------------------------------------------------

result<void> group_caller::enter() {
  if (handlers_busy_.load(std::memory_order_relaxed))
    return refused(client_code::would_deadlock, "poll", "a rebalance handler runs inside a poll");
  const steady_ns moment = now();
  if (seam_->enter_poll(moment).was_away) cluster_->post([machine = member_] { machine->back_again(); });
  if (config_.auto_commit && subscribed_ && moment >= next_auto_commit_) auto_commit(moment);
  return {};
}

void group_caller::leave() { seam_->leave_poll(now()); }

result<void> group_caller::attend(consumer& face) {
  while (subscribed_ && !leaving_.load(std::memory_order_relaxed)) {
    if (!enter_handlers()) break;  // close has it, on another thread
    const scope_exit end([this] { leave_handlers(); });
    tell_assigned(face);
    const auto next = seam_->begin();
    if (!next) break;
    work_on(*next, face);
  }
  if (auto why = seam_->take_failure()) {
    cluster_->post([machine = member_] { machine->back_again(); });
    return *why;
  }
  return {};
}

// The rebalance goes on whatever a handler throws: the group does not wait for who failed.
void group_caller::work_on(const rebalance_task& asked, consumer& face) {
  const std::vector<topic_partition> owned = queue_->assignment();  // sorted
  std::vector<fetch_queue::assigned_start> fresh;
  bool gave_up = false;
  const scope_exit done([&] {
    cluster_->post([machine = member_, number = asked.number, has = queue_->assignment(), gave_up,
                    fresh = std::move(fresh)]() mutable {
      machine->locate(fresh);
      machine->task_done(number, std::move(has), gave_up);
    });
  });
  if (asked.what == rebalance_task::kind::assign) {
    const std::vector<topic_partition> gone = without(owned, asked.target);
    gave_up = !gone.empty();
    {
      const scope_exit given([&] {
        if (leaving_.load(std::memory_order_relaxed)) return take({}, fresh);  // closed in there
        untold_ = without(asked.target, owned);
        take(asked.target, fresh);
        log_change("takes", untold_);
        ++taken_;
        must_tell_ = true;
      });
      if (gave_up) give_up(gone, &face, after(now(), revoke_commit_bound));
    }
    tell_assigned(face);
  } else if (asked.what == rebalance_task::kind::revoke) {
    const scope_exit given([&] { take({}, fresh); });
    give_up(owned, &face, after(now(), revoke_commit_bound));
  } else {
    // Nothing is committed: it is taken away first, so that a commit of the handler's is refused here (C-42).
    take({}, fresh);
    log_change("loses", owned);
    if (!owned.empty()) call(lost_handler(), &face, told(owned));
  }
}

void group_caller::tell_assigned(consumer& face) {
  if (!std::exchange(must_tell_, false)) return;
  const std::vector<topic_partition> added = std::exchange(untold_, {});
  call(config_.on_assigned, &face, added);
}

// Of these, what on_assigned was told of; the others it is not told of any more.
std::vector<topic_partition> group_caller::told(const std::vector<topic_partition>& which) {
  must_tell_ = false;
  return without(which, std::exchange(untold_, {}));
}

void group_caller::give_up(const std::vector<topic_partition>& which, consumer* face, steady_ns deadline) {
  const scope_exit given([&] { log_change("gives up", which); });
  if (config_.auto_commit) commit_finished(which, deadline);
  call(config_.on_revoked, face, told(which));
}

// Said before the machine hears of it: whoever reads the logs of all members finds one owner at a time.
void group_caller::log_change(std::string_view what, const std::vector<topic_partition>& which) {
  if (which.empty()) return;
  const group_metadata me = membership();
  const bool by_epoch = config_.group_protocol == group_protocol_kind::consumer;
  std::string line = config_.group + (by_epoch ? ": epoch " : ": generation ") + std::to_string(me.generation) +
                     ", member " + me.member_id + ' ' + std::string(what) + ' ' + partition_text(which);
  cluster_->post([on = &cluster_->machine(), line = std::move(line)] { on->log(log_level::info, "group", line); });
}

void group_caller::take(std::vector<topic_partition> target, std::vector<fetch_queue::assigned_start>& fresh) {
  std::vector<assigned_partition> wanted;
  for (topic_partition& one : target) wanted.push_back({std::move(one.topic), one.partition, std::nullopt});
  std::vector<fetch_queue::assigned_start> starts;
  const std::uint64_t epoch = queue_->assign(wanted, false, std::nullopt, starts);
  for (const fetch_queue::assigned_start& one : starts) {
    if (one.fresh) fresh.push_back(one);
  }
  // Before the handler, whose seeks follow on the same way.
  cluster_->post([machine = fetcher_, epoch, starts = std::move(starts)] { machine->assign(epoch, starts, {}, {}); });
}

void group_caller::call(const rebalance_handler& handler, consumer* face, std::span<const topic_partition> which) {
  if (handler && face != nullptr && !gone_.load()) handler(*face, which);
}

// What earlier polls handed out is done, since poll was called again.
void group_caller::commit_finished(const std::vector<topic_partition>& which, steady_ns deadline) {
  std::vector<offset_to_commit> offsets = all_positions();
  std::erase_if(
      offsets, [&](const offset_to_commit& one) { return !std::binary_search(which.begin(), which.end(), one.where); });
  if (offsets.empty()) return;
  const auto stored = commit(std::move(offsets), deadline - now());
  if (stored) return;
  cluster_->post([on = &cluster_->machine(), why = stored.error()] {
    on->log(log_level::warning, "group",
            "what was processed of partitions that are given up was not committed, it will be processed again: " +
                why.message());
  });
}

void group_caller::auto_commit(steady_ns now) {
  next_auto_commit_ = after(now, config_.auto_commit_interval);
  if (mark_failed_->exchange(false)) marks_.clear();
  std::vector<offset_to_commit> offsets = all_positions();
  std::erase_if(offsets, [&](const offset_to_commit& one) {
    const auto known = marks_.find(one.where);
    return known != marks_.end() && known->second.assignment == one.assignment && known->second.offset == one.offset;
  });
  if (offsets.empty()) return;
  for (const offset_to_commit& one : offsets) marks_[one.where] = {one.assignment, one.offset};
  (void)commit_async(std::move(offsets), [failed = mark_failed_, on = &cluster_->machine()](const error& why) {
    if (!why) return;
    failed->store(true);
    on->log(log_level::warning, "group", "an automatic commit failed, the next one repeats it: " + why.message());
  });
}

// Whoever finds it taken does not wait: it may be the very thread that runs a handler.
bool group_caller::enter_handlers() {
  if (handlers_busy_.exchange(true, std::memory_order_acquire)) return false;
  if (!ended_) return true;
  leave_handlers();
  return false;
}

void group_caller::leave_handlers() { handlers_busy_.store(false, std::memory_order_release); }

// --- The end ---------------------------------------------------------------------------------------------------------

void group_caller::close(consumer* face, steady_ns deadline) {
  leaving_.store(true, std::memory_order_relaxed);
  if (face == nullptr) gone_ = true;
  const auto ended = std::make_shared<completion>();
  bool posted = false;
  {
    const scope_exit finish([&] {
      gone_ = true;
      posted = cluster_->post(
          [machine = member_, deadline, ended] { machine->finish(deadline, [ended] { ended->set(); }); });
    });
    give_up_all(face, deadline);
  }
  if (posted) cluster_->runner().wait(*ended, deadline);
}

void group_caller::give_up_all(consumer* face, steady_ns deadline) {
  if (!subscribed_ || !enter_handlers()) return;
  const scope_exit end([this] {
    ended_ = true;
    leave_handlers();
  });
  const std::vector<topic_partition> owned = queue_->assignment();
  std::vector<fetch_queue::assigned_start> none;
  const bool lost = membership().generation < 0;
  {
    const scope_exit given([&] { take({}, none); });
    if (!owned.empty() && !lost) give_up(owned, face, deadline);
  }
  if (!owned.empty() && lost) {
    log_change("loses", owned);
    call(lost_handler(), face, told(owned));
  }
}

void group_caller::abandon(steady_ns deadline) {
  gone_ = true;
  cluster_->post([machine = member_, deadline] { machine->finish(deadline, [] {}); });
}

}  // namespace v0
}  // namespace ottla
