// group_member: the turn of a step, what is asked of the caller, and how membership is lost and ended.
#include "group_member.hpp"

#include <algorithm>
#include <utility>

#include "../consumer/topic_places.hpp"

namespace ottla {
inline namespace v0 {
namespace {

bool all_cooperative(const std::vector<assignor>& all) {
  return std::all_of(all.begin(), all.end(), [](assignor one) { return one == assignor::cooperative_sticky; });
}

error closed_error() {
  error_context context;
  context.detail = "the consumer was closed";
  return error(client_code::closed, std::move(context));
}

}  // namespace

group_member::group_member(const consumer_config& config, std::shared_ptr<group_seam> seam,
                           std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader)
    : config_(config),
      cooperative_(all_cooperative(config.assignors)),
      seam_(std::move(seam)),
      queue_(std::move(queue)),
      fetcher_(std::move(reader)),
      coordinator_(config.group) {
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
  if (rejoin_wanted_ && (state_ == state::stable || state_ == state::waiting)) begin_rejoin();
  const bool needed = !commits_.idle() || !fetches_.idle() || (state_ != state::idle && state_ < state::away);
  if (needed) {
    next_ = std::min(next_, coordinator_.step(*core_, weak_from_this(), [this] { dirty_ = true; }));
    if (error why = coordinator_.take_refusal()) refuse(why);
  }
  step_join(now);
  step_assign(now);
  step_heartbeat(now);
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
    who_.generation = -1;
    who_.member_id.clear();
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

// Whoever joins again must know what the caller holds. A task that the caller works on at this moment decides that, so
// it is waited for:
//   1. generation 5 gives us p, which nobody had; the caller begins to take it;
//   2. generation 6 begins, and we join with what the caller had before: p is nobody's, and goes to another member;
//   3. the caller has p now: two owners.
void group_member::begin_rejoin() {
  if (!seam_->withdraw()) return move(state::waiting);
  rejoin_wanted_ = false;
  ++attempt_;
  if (cooperative_ || owned_.empty()) return move(state::joining);
  seam_->give(rebalance_task::kind::revoke);
  move(state::waiting);
}

void group_member::task_done(std::uint64_t number, std::vector<topic_partition> owned, bool gave_up_some) {
  if (!attached_) return;
  owned_ = std::move(owned);
  dirty_ = true;
  const bool current = seam_->outstanding() == number;
  seam_->done(number);
  if (!current || state_ != state::waiting) {
    // What was given up is for others now, in the round that begins with our joining again (KIP-429).
    if (current && state_ == state::stable && gave_up_some) rejoin("gave up partitions for other members");
    return;
  }
  if (rejoin_wanted_) return;  // the step goes on from here
  move(state::joining);
}

void group_member::back_again() {
  dirty_ = true;
  if (state_ == state::away) {
    reason_ = "the consumer polls again";
    move(seam_->outstanding() != 0 ? state::waiting : state::joining);
  }
  if (state_ == state::refused) move(state::joining);
}

void group_member::rejoin(std::string reason) {
  dirty_ = true;
  if (!rejoin_wanted_) reason_ = std::move(reason);
  rejoin_wanted_ = true;
}

// What we had may have an owner already. The caller must hear of it before we join again: else it would go on with
// partitions that the next generation gives to others.
void group_member::lose(bool forget_id, const std::string& why) {
  core_->log(log_level::warning, "group",
             config_.group + ": membership is lost (" + why + "); " + std::to_string(owned_.size()) +
                 " partitions go to other members");
  ++attempt_;
  // A JoinGroup that waits at the coordinator would hold up the next one.
  if (std::exchange(under_way_, false)) core_->close_connections(owner_, lane::group);
  who_.generation = -1;
  if (forget_id) who_.member_id.clear();
  rejoin_wanted_ = false;
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
  const bool rebalancing = state_ == state::joining || state_ == state::assigning || state_ == state::syncing;
  switch (verdict) {
    case group_verdict::find_again:
      return coordinator_failed(from, std::string(why.name()));
    case group_verdict::rejoin:
      if (about_now && !rebalancing) rejoin("the group is rebalancing");
      return;
    case group_verdict::forgotten:
    case group_verdict::outdated:
      if (about_now && !rebalancing) lose(verdict == group_verdict::forgotten, std::string(why.name()));
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
  out.assignor = protocol_;
  out.leader = leader_ && is_member();
  seam_->tell(std::move(out));
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
  out.heard = [this](group_verdict verdict, broker_id from, const group_identity& as) {
    if (verdict != group_verdict::try_again) tally_.commit_failures.fetch_add(1, std::memory_order_relaxed);
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
  out.heard = [this](group_verdict verdict, broker_id from) {
    if (verdict == group_verdict::find_again) coordinator_failed(from, "OffsetFetch says so");
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
  // A static member stays: it is expected back before its session ends (C-44).
  if (who_.instance_id.empty() && !who_.member_id.empty() && now_.mono < finish_deadline_) {
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
  want(group_topics_, {});
  who_.generation = -1;
  tell();
  if (finished_) std::exchange(finished_, {})();
}

}  // namespace v0
}  // namespace ottla
