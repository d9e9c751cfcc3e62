// group_member: the turn of a step, what is asked of the caller, and how membership is lost and ended.
#include "group_member.hpp"

#include <algorithm>
#include <utility>

#include "../consumer/topic_places.hpp"
#include "classic_group_member.hpp"
#include "consumer_group_member.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error closed_error() {
  error_context context;
  context.detail = "the consumer was closed";
  return error(client_code::closed, std::move(context));
}

}  // namespace

std::shared_ptr<group_member> group_member::make(const consumer_config& config, std::shared_ptr<group_seam> seam,
                                                 std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader) {
  if (config.group_protocol == group_protocol_kind::consumer)
    return std::make_shared<consumer_group_member>(config, std::move(seam), std::move(queue), std::move(reader));
  return std::make_shared<classic_group_member>(config, std::move(seam), std::move(queue), std::move(reader));
}

group_member::group_member(const consumer_config& config, std::shared_ptr<group_seam> seam,
                           std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader)
    : config_(config),
      seam_(std::move(seam)),
      coordinator_(config.group),
      queue_(std::move(queue)),
      fetcher_(std::move(reader)) {
  who_.group = config.group;
  who_.instance_id = config.group_instance_id;
}

void group_member::attach(core& on) {
  if (on.is_shut_down()) return;
  core_ = &on;
  now_ = on.now();
  wait_.emplace(on.config().retry_backoff, on.config().retry_backoff_max, on.stream("group-" + config_.group));
  owner_ = on.add(*this);
  self_ = shared_from_this();
  attached_ = true;
  attached();
  tell();
}

steady_ns group_member::step(core&, instant now) {
  const auto held = shared_from_this();  // this step may be the last
  now_ = now;
  if (!attached_) return never;
  if (!dirty_ && seen_generation_ == core_->meta().generation() && now.mono < next_) return next_;
  dirty_ = false;
  next_ = never;
  if (std::exchange(seen_generation_, core_->meta().generation()) != core_->meta().generation()) sync_topics();
  step_pattern(now);
  step_poll_interval(now);
  const bool needed = !commits_.idle() || !fetches_.idle() || (state_ != state::idle && state_ < state::away);
  if (needed) {
    next_ = std::min(next_, coordinator_.step(*core_, weak_from_this(), [this] { dirty_ = true; }));
    if (error why = coordinator_.take_refusal()) refuse(why);
  }
  step_membership(now);
  next_ = std::min(next_, commits_.step(commit_surroundings()));
  next_ = std::min(next_, fetches_.step(fetch_surroundings()));
  if (finished_ && (commits_.idle() || now.mono >= finish_deadline_)) finish_now();
  if (finished_) next_ = std::min(next_, finish_deadline_);
  return dirty_ ? now.mono : next_;
}

void group_member::subscribe(std::vector<std::string> topics, std::optional<topic_pattern> pattern) {
  if (!attached_ || state_ == state::fenced) return;
  now_ = core_->now();
  pattern_ = std::move(pattern);
  pattern_known_ = false;
  pattern_due_ = {};
  const bool nothing = topics.empty() && !pattern_;
  if (!pattern_) set_topics({topics.begin(), topics.end()});
  dirty_ = true;
  if (nothing) {
    seam_->withdraw();
    ++attempt_;
    under_way_ = false;
    if (state_ != state::idle && state_ != state::closed)
      leave(after(now_.mono, core_->config().request_timeout), "the consumer unsubscribed from all topics", [] {});
    life_over(true);
    owned_.clear();
    move(state::idle);
    return tell();
  }
  if (state_ == state::idle) {
    reason_ = "a new member subscribes";
    move(state::joining);
  }
}

// --- What is asked of the caller -------------------------------------------------------------------------------------

void group_member::back_again() {
  dirty_ = true;
  if (state_ == state::away) {
    reason_ = "the consumer polls again";
    move(seam_->outstanding() != 0 ? state::waiting : state::joining);
  }
  if (state_ == state::refused) move(state::joining);
}

// What we had may have an owner already. The caller must hear of it before we join again: else it would go on with
// partitions that the next generation gives to others.
void group_member::lose(bool unknown, const std::string& why) {
  core_->log(log_level::warning, "group",
             config_.group + ": membership is lost (" + why + "); " + std::to_string(owned_.size()) +
                 " partitions go to other members");
  ++attempt_;
  if (std::exchange(under_way_, false)) question_dropped();
  life_over(unknown);
  reason_ = "joins anew: " + why;
  dirty_ = true;
  tell();
  const bool taking = !seam_->withdraw();  // the caller is about to own what it was assigned
  if (owned_.empty() && !taking) return move(state::joining);
  seam_->give(rebalance_task::kind::lose);
  move(state::waiting);
}

void group_member::refuse(const error& why) {
  core_->log(log_level::error, "group", why.message());
  seam_->fail(why, false);
  if (state_ == state::idle || state_ == state::away || state_ > state::away) return;
  if (is_member()) return;  // what it owns it may go on with; the next heartbeat tells more
  ++attempt_;
  under_way_ = false;
  not_before_ = after(now_.mono, wait_->next());
  if (state_ != state::waiting) move(state::refused);
}

void group_member::fence(const error& why) {
  core_->log(log_level::error, "group", why.message());
  lose(true, "fenced");
  error_context context = why.context();
  context.advice = "another process runs with group_instance_id " + config_.group_instance_id +
                   "; give each its own, and open a new consumer";
  seam_->fail(error(why.broker_code(), std::move(context)), true);
  move(state::fenced);
}

// --- What answers tell -----------------------------------------------------------------------------------------------

// Only an answer about what we are now counts: a late one about an older generation was already acted upon.
void group_member::heard(group_verdict verdict, broker_id from, const group_identity& as, const error& why) {
  dirty_ = true;
  const bool about_now = as.same_life(who_) && is_member();
  switch (verdict) {
    case group_verdict::find_again:
      return coordinator_failed(from, std::string(why.name()));
    case group_verdict::stale:
      return epoch_is_stale();
    case group_verdict::rejoin:
      if (about_now && !is_rebalancing()) rejoin("the group is rebalancing");
      return;
    case group_verdict::forgotten:
    case group_verdict::outdated:
      if (about_now && !is_rebalancing()) lose(verdict == group_verdict::forgotten, std::string(why.name()));
      return;
    case group_verdict::fenced:
      if (as.same_life(who_)) fence(why);
      return;
    default:
      return;
  }
}

void group_member::coordinator_failed(broker_id whom, const std::string& why) {
  if (!coordinator_.forget(whom)) return;
  core_->log(log_level::info, "group", config_.group + ": looking for the coordinator again: " + why);
  // It may be a broker that is new to us, or one that moved.
  core_->meta().request_refresh();
  dirty_ = true;
}

void group_member::tell() {
  group_metadata out;
  out.group = config_.group;
  out.member_id = who_.member_id;
  out.instance_id = who_.instance_id;
  out.generation = who_.generation;
  describe(out);
  seam_->tell(std::move(out));
}

// The group waits for nobody who does not process: what this member has goes to others until it polls again.
void group_member::step_poll_interval(instant now) {
  if (state_ == state::idle || state_ >= state::away) return;
  if (!seam_->overdue(now.mono, config_.max_poll_interval)) {
    next_ = std::min(next_, seam_->overdue_at(config_.max_poll_interval));
    return;
  }
  const std::string why = "poll was not called for " + std::to_string(config_.max_poll_interval.count()) + " ms";
  const bool leaves = has_to_leave();
  if (leaves) leave(after(now.mono, core_->config().request_timeout), why, [] {});
  core_->log(log_level::warning, "group",
             config_.group + ": " + why +
                 "; the member leaves until it is. Poll more often, take fewer records per poll (max_poll_records), or "
                 "raise max_poll_interval");
  lose(leaves, why);
  move(state::away);
}

// --- Offsets ---------------------------------------------------------------------------------------------------------

void group_member::commit(commit_job job) {
  dirty_ = true;
  if (!attached_ || finished_) return job.done(closed_error());
  tally_.commits.fetch_add(1, std::memory_order_relaxed);
  commits_.add(std::move(job));
}

void group_member::ask_committed(offset_question question) {
  dirty_ = true;
  if (attached_) return fetches_.ask(std::move(question));
  for (const topic_partition& one : question.which) {
    committed_offset out;
    out.where = one;
    out.failure = closed_error();
    question.each(out);
  }
}

void group_member::locate(const std::vector<fetch_queue::assigned_start>& which) {
  offset_question question;
  std::map<topic_partition, fetch_queue::assigned_start> waiting;
  for (const fetch_queue::assigned_start& one : which) {
    question.which.push_back(*one.slot->where);
    waiting.emplace(*one.slot->where, one);
  }
  if (which.empty()) return;
  // A partition that is lost meanwhile has another slot, or none: the fetcher sees that by the version (C-30).
  question.each = [this, waiting = std::move(waiting)](const committed_offset& found) {
    const fetch_queue::assigned_start& one = waiting.at(found.where);
    if (found.failure) {
      queue_->report({found.where, found.failure});
      return;
    }
    if (found.offset < 0)
      return fetcher_->begin(*one.slot, one.version, start_of(config_, found.where.topic, config_.start), -1);
    fetcher_->begin(*one.slot, one.version, at_offset(found.offset), found.leader_epoch);
  };
  fetches_.ask(std::move(question));
  dirty_ = true;
}

offset_commits::surroundings group_member::commit_surroundings() {
  offset_commits::surroundings out;
  out.on = core_;
  out.coordinator = coordinator_.known();
  out.who = who_;
  out.alive = weak_from_this();
  out.changed = [this] { dirty_ = true; };
  // Between a loss and the caller's next poll the caller still has the partitions, and we have no generation. A commit
  // without one is what a consumer without membership sends: once the group is empty again, its coordinator would take
  // it, and set back what the next owner has committed.
  out.owned = [this](const offset_to_commit& one) {
    const bool lost = state_ != state::idle && who_.generation < 0;
    return one.assignment == 0 || (!lost && queue_->owns(one.where, one.assignment));
  };
  out.withheld = state_ == state::assigning || state_ == state::syncing;
  // Who rebalances cooperatively keeps partitions meanwhile: what is refused in one generation is taken in the next.
  out.outlived = [this](const group_identity& as) { return is_member() && (is_rebalancing() || !as.same_life(who_)); };
  out.heard = [this](group_verdict verdict, broker_id from, const group_identity& as) {
    if (!goes_again(verdict) || verdict == group_verdict::find_again)
      tally_.commit_failures.fetch_add(1, std::memory_order_relaxed);
    error_context context;
    context.asked = "OffsetCommit of group " + config_.group;
    const auto code = verdict == group_verdict::fenced      ? protocol::error_code::fenced_instance_id
                      : verdict == group_verdict::forgotten ? protocol::error_code::unknown_member_id
                      : verdict == group_verdict::outdated  ? protocol::error_code::illegal_generation
                                                            : protocol::error_code::not_coordinator;
    heard(verdict, from, as, error(code, std::move(context)));
  };
  return out;
}

offset_fetches::surroundings group_member::fetch_surroundings() {
  offset_fetches::surroundings out;
  out.on = core_;
  out.coordinator = coordinator_.known();
  out.who = who_;
  out.alive = weak_from_this();
  out.changed = [this] { dirty_ = true; };
  out.heard = [this](group_verdict verdict, broker_id from, const group_identity& as) {
    error_context context;
    context.asked = "OffsetFetch of group " + config_.group;
    const bool lost = verdict == group_verdict::forgotten;
    if (!lost && verdict != group_verdict::find_again && verdict != group_verdict::stale) return;
    heard(verdict, from, as,
          error(lost ? protocol::error_code::unknown_member_id : protocol::error_code::not_coordinator,
                std::move(context)));
  };
  return out;
}

// --- The end ---------------------------------------------------------------------------------------------------------

void group_member::finish(steady_ns deadline, unique_function<void()> done) {
  if (!attached_) return done();
  now_ = core_->now();
  finish_deadline_ = deadline;
  finished_ = std::move(done);
  dirty_ = true;
}

void group_member::finish_now() {
  unique_function<void()> done = std::exchange(finished_, {});
  core& on = *core_;
  if (has_to_leave() && now_.mono < finish_deadline_) {
    leave(finish_deadline_, "the consumer is closed", std::move(done));
    close(on);
  } else {
    close(on);
    done();
  }
  on.remove(owner_);
}

void group_member::close(core&) {
  if (!std::exchange(attached_, false)) return;
  const auto last = std::exchange(self_, nullptr);
  ++attempt_;
  move(state::closed);
  const error why = closed_error();
  commits_.close(why);
  fetches_.close(why);
  want(topics_, {});
  closed();
  who_.generation = -1;
  tell();
  if (finished_) std::exchange(finished_, {})();
}

}  // namespace v0
}  // namespace ottla
