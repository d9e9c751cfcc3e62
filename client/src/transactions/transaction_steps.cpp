// transaction_manager: what its coordinators are asked next, and what they answer.
#include <algorithm>

#include "../producer/retry_pause.hpp"
#include "../producer/topic_state.hpp"
#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"
#include "transaction_manager.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// How long the markers of the transaction before are given; they take some milliseconds (C-20). A partition without a
// leader takes longer, and is not to be asked about fifty times a second.
constexpr std::chrono::milliseconds completing_pause{20};
constexpr int soon_tries = 50;

std::string_view name_of(transaction_step what) {
  switch (what) {
    case transaction_step::init:
      return "InitProducerId";
    case transaction_step::add_partitions:
      return "AddPartitionsToTxn";
    case transaction_step::add_offsets:
      return "AddOffsetsToTxn";
    case transaction_step::commit_offsets:
      return "TxnOffsetCommit";
    case transaction_step::end:
      return "EndTxn";
  }
  return "";
}

}  // namespace

error_context transaction_manager::about(transaction_step what, const response& answer) const {
  error_context out;
  out.asked = std::string(name_of(what)) + " of " + id_;
  out.broker = answer.broker;
  out.attempts = tries_;
  return out;
}

error transaction_manager::late(std::string asked) const {
  error_context context;
  context.asked = std::move(asked) + " of " + id_;
  context.attempts = tries_;
  context.detail = last_ ? std::string(last_.name()) + ": " + last_.context().detail : "";
  if (context.detail.empty() && coordinator_.last_failure())
    context.detail = "its coordinator was not found: " + coordinator_.last_failure().message();
  context.persisted = persistence::possibly;
  return error(client_code::timed_out, std::move(context));
}

void transaction_manager::expire_calls(steady_ns now) {
  if (init_done_ && init_deadline_ <= now) std::exchange(init_done_, {})(late("init_transactions"));
  if (end_call_ && end_call_->deadline <= now)
    tell({transaction_outcome::unknown, late(end_call_->commit ? "commit_transaction" : "abort_transaction")});
}

steady_ns transaction_manager::expire(steady_ns now) {
  expire_calls(now);
  steady_ns next = never;
  if (init_done_) next = std::min(next, init_deadline_);
  if (end_call_) next = std::min(next, end_call_->deadline);
  // A transaction that may lack its offsets must not be committed: its records would be made again.
  for (const offsets_job& one : jobs_) {
    if (one.deadline <= now) {
      fail(late("send_offsets_to_transaction"));
      break;
    }
    next = std::min(next, one.deadline);
  }
  return next;
}

std::optional<transaction_step> transaction_manager::next_step(const std::function<bool()>& drained) {
  if (state_ == state::starting || (renew_ && state_ != state::fatal)) return transaction_step::init;
  if (may_retry() && !to_add_.empty()) return transaction_step::add_partitions;
  if (may_retry() && !jobs_.empty()) {
    const bool added = by_ == transaction_protocol::v2 || std::find(groups_added_.begin(), groups_added_.end(),
                                                                    jobs_.front().member.group) != groups_added_.end();
    return added ? transaction_step::commit_offsets : transaction_step::add_offsets;
  }
  if (!is_ending() || !drained()) return std::nullopt;
  // A transaction that perhaps exists is not ended under v2: should the one before still be completed, EndTxn would
  // take the new epoch for a stranger's. InitProducerId ends whatever there is.
  skip_end_ = skip_end_ || (by_ == transaction_protocol::v2 && !started_ && maybe_started_);
  if (skip_end_ || (!started_ && !maybe_started_)) {
    restart_ = restart_ || (by_ == transaction_protocol::v2 && !started_);
    finish({state_ == state::committing ? transaction_outcome::committed : transaction_outcome::aborted, {}});
    return std::nullopt;
  }
  return transaction_step::end;
}

coordinator& transaction_manager::coordinator_for(transaction_step what) {
  if (what != transaction_step::commit_offsets) return coordinator_;
  const std::string& group = jobs_.front().member.group;
  if (!group_coordinator_ || group_ != group) {
    group_ = group;
    group_coordinator_.emplace(group);
  }
  return *group_coordinator_;
}

steady_ns transaction_manager::look_for(coordinator& where, transaction_step what, core& on,
                                        const std::weak_ptr<void>& alive) {
  if (const error refused = where.take_refusal()) {
    if (what == transaction_step::commit_offsets) {
      fail(refused);
    } else {
      die(refused);
    }
    return never;
  }
  return where.step(on, alive, [] {});
}

request transaction_manager::make(transaction_step what) {
  const producer_claim now{who_.id(), who_.epoch()};
  switch (what) {
    case transaction_step::init:
      return ask_for_epoch(id_, timeout_, renew_ && now.id >= 0 ? &now : nullptr);
    case transaction_step::add_partitions:
      adding_ = to_add_;
      return add_partitions(id_, now, adding_);
    case transaction_step::add_offsets:
      return add_offsets(id_, now, jobs_.front().member.group);
    case transaction_step::commit_offsets:
      return commit_offsets(id_, now, jobs_.front().member, jobs_.front().offsets, by_);
    case transaction_step::end:
      break;
  }
  return end_transaction(id_, now, state_ == state::committing, by_);
}

steady_ns transaction_manager::step(core& on, const std::weak_ptr<void>& alive, const std::function<bool()>& drained) {
  const state was = state_;
  const steady_ns next = step_once(on, alive, drained);
  const bool failed = state_ != was && (state_ == state::failed || state_ == state::fatal);
  return failed ? on.now().mono : next;  // the sender drops what is buffered
}

steady_ns transaction_manager::step_once(core& on, const std::weak_ptr<void>& alive,
                                         const std::function<bool()>& drained) {
  const steady_ns now = on.now().mono;
  const steady_ns next = expire(now);
  if (asking_ || state_ == state::fatal || state_ == state::fresh) return next;
  const std::optional<transaction_step> what = next_step(drained);
  if (!what) return next;
  if (now < not_before_) return std::min(next, not_before_);
  coordinator& where = coordinator_for(*what);
  if (where.known() == no_broker) return std::min(next, look_for(where, *what, on, alive));
  asking_ = true;
  ++tries_;
  request ask = make(*what);
  ask.done = [this, &on, alive, what = *what, from = where.known()](response&& answer) {
    const auto held = alive.lock();  // its last other owner may let go on another thread, at any moment
    if (!held || !asking_) return;
    expire_calls(on.now().mono);  // who has given up by now hears what became of it from the next call
    answered(on, what, from, answer);
  };
  on.send(route{route::target::broker, where.known(), lane::control, owner_id::shared}, std::move(ask));
  return next;
}

void transaction_manager::answered(core& on, transaction_step what, broker_id from, const response& answer) {
  asking_ = false;
  error why;
  switch (what) {
    case transaction_step::init:
      why = read_init(answer);
      break;
    case transaction_step::add_partitions:
      why = read_added_partitions(answer);
      break;
    case transaction_step::add_offsets: {
      const auto message = decode<protocol::AddOffsetsToTxnResponse>(answer);
      if (!message) {
        why = message.error();
      } else if ((*message)->error_code != protocol::error_code::none) {
        why = error((*message)->error_code, about(what, answer));
      }
      break;
    }
    case transaction_step::commit_offsets:
      why = read_offsets(answer);
      break;
    case transaction_step::end:
      why = read_end(answer);
      break;
  }
  if (why) return react(on, what, from, why);
  tries_ = 0;
  last_ = {};
  done_with(what);
}

void transaction_manager::done_with(transaction_step what) {
  switch (what) {
    case transaction_step::init:
      renew_ = old_epoch_ = false;
      if (by_ == transaction_protocol::v1 && state_ == state::open) old_epoch_ = true;
      if (state_ != state::starting) return;
      state_ = state::idle;
      gate_.set(transaction_gate::state::idle);
      if (init_done_) std::exchange(init_done_, {})({});
      return;
    case transaction_step::add_partitions:
      return;
    case transaction_step::add_offsets:
      started_ = true;
      if (!jobs_.empty()) groups_added_.push_back(jobs_.front().member.group);
      return;
    case transaction_step::commit_offsets:
      if (!jobs_.empty()) {
        started_ = true;
        offsets_job one = std::move(jobs_.front());
        jobs_.pop_front();
        one.done({});
      }
      return;
    case transaction_step::end:
      return finish({state_ == state::committing ? transaction_outcome::committed : transaction_outcome::aborted, {}});
  }
}

void transaction_manager::take_epoch(std::int64_t id, std::int16_t epoch) {
  if (who_.usable() && who_.id() == id && who_.epoch() == epoch) return;
  who_.take(id, epoch);
  restart_ = true;
}

error transaction_manager::read_init(const response& answer) {
  const auto message = decode<protocol::InitProducerIdResponse>(answer);
  if (!message) return message.error();
  if ((*message)->error_code != protocol::error_code::none)
    return error((*message)->error_code, about(transaction_step::init, answer));
  take_epoch(static_cast<std::int64_t>((*message)->producer_id), (*message)->producer_epoch);
  return {};
}

error transaction_manager::read_end(const response& answer) {
  const auto message = decode<protocol::EndTxnResponse>(answer);
  if (!message) return message.error();
  if ((*message)->error_code != protocol::error_code::none)
    return error((*message)->error_code, about(transaction_step::end, answer));
  // KIP-890: the next transaction has an epoch of its own.
  const auto id = static_cast<std::int64_t>((*message)->producer_id);
  if (answer.version >= 5 && id >= 0) take_epoch(id, (*message)->producer_epoch);
  return {};
}

// Each partition has its own verdict: those that are in are in, the worst of the others decides.
error transaction_manager::read_added_partitions(const response& answer) {
  const auto message = decode<protocol::AddPartitionsToTxnResponse>(answer);
  if (!message) return message.error();
  error worst;
  for (partition_queue* queue : std::exchange(adding_, {})) {
    protocol::error_code code = protocol::error_code::unknown_server_error;  // left out of the answer (C-60)
    for (const auto& topic : (*message)->results_by_topic_v3_and_below) {
      if (topic.name != queue->owner.name) continue;
      for (const auto& part : topic.results_by_partition) {
        if (part.partition_index == queue->index) code = part.partition_error_code;
      }
    }
    if (code == protocol::error_code::none) {
      started_ = true;
      queue->added_in = number_;
      std::erase(to_add_, queue);
      continue;
    }
    if (worst && judge_transaction(transaction_step::add_partitions, worst) >=
                     judge_transaction(transaction_step::add_partitions, code)) {
      continue;
    }
    error_context context = about(transaction_step::add_partitions, answer);
    context.asked += " for " + queue->owner.name + "-" + std::to_string(queue->index);
    worst = error(code, std::move(context));
  }
  return worst;
}

error transaction_manager::read_offsets(const response& answer) {
  const auto message = decode<protocol::TxnOffsetCommitResponse>(answer);
  if (!message) return message.error();
  error worst;
  if (jobs_.empty()) return worst;
  for (const offset_to_commit& one : jobs_.front().offsets) {
    protocol::error_code code = protocol::error_code::unknown_server_error;
    for (const auto& topic : (*message)->topics) {
      if (topic.name != one.where.topic) continue;
      for (const auto& part : topic.partitions) {
        if (part.partition_index == one.where.partition) code = part.error_code;
      }
    }
    if (code == protocol::error_code::none) continue;
    if (worst && judge_transaction(transaction_step::commit_offsets, worst) >=
                     judge_transaction(transaction_step::commit_offsets, code)) {
      continue;
    }
    error_context context = about(transaction_step::commit_offsets, answer);
    context.asked += " for " + one.where.topic + "-" + std::to_string(one.where.partition);
    worst = error(code, std::move(context));
  }
  return worst;
}

void transaction_manager::react(core& on, transaction_step what, broker_id from, const error& why) {
  const transaction_verdict verdict = judge_transaction(what, why);
  const steady_ns now = on.now().mono;
  // Nothing was written and nobody decided: such an attempt leaves no doubt.
  const bool certain =
      why.client() != client_code::none
          ? why.persisted() == persistence::no
          : why.is(protocol::error_code::not_coordinator) ||
                why.is(protocol::error_code::coordinator_load_in_progress) ||
                (why.is(protocol::error_code::concurrent_transactions) && what != transaction_step::end);
  if (what == transaction_step::end) {
    in_doubt_ = in_doubt_ || (!certain && verdict <= transaction_verdict::find_again);
  } else if (what != transaction_step::init) {
    maybe_started_ = maybe_started_ || !certain;
  }
  switch (verdict) {
    case transaction_verdict::fine:
      return;
    case transaction_verdict::find_again:
      (void)coordinator_.forget(what == transaction_step::commit_offsets ? no_broker : from);
      if (group_coordinator_ && what == transaction_step::commit_offsets) (void)group_coordinator_->forget(from);
      [[fallthrough]];
    case transaction_verdict::try_again:
      last_ = why;
      not_before_ = after(now, retry_pause(on, "transaction", static_cast<std::uint64_t>(tries_), tries_));
      return;
    case transaction_verdict::soon_again:
      last_ = why;
      not_before_ =
          after(now, tries_ <= soon_tries ? std::chrono::nanoseconds(completing_pause)
                                          : retry_pause(on, "transaction", static_cast<std::uint64_t>(tries_), tries_));
      return;
    default:
      break;
  }
  tries_ = 0;
  if (what == transaction_step::end) return end_answered(verdict, why);
  if (what == transaction_step::init || verdict == transaction_verdict::fatal) return die(why);
  skip_end_ = skip_end_ || verdict == transaction_verdict::renew;
  if (may_retry()) fail(why);
}

void transaction_manager::end_answered(transaction_verdict verdict, const error& why) {
  const bool commit = state_ == state::committing;
  if (!commit) {
    // A transaction that the coordinator never heard of, because the request that would have begun it got lost, needs
    // no abort.
    if (why.is(protocol::error_code::invalid_txn_state) && !started_) return finish({transaction_outcome::aborted, {}});
    if (verdict == transaction_verdict::fatal) return die(why);
    // Whatever became of it: it is not committed, and the next epoch fences what is left.
    skip_end_ = true;
    return finish({transaction_outcome::aborted, {}});
  }
  if (verdict == transaction_verdict::fatal) return die(why);
  if (verdict == transaction_verdict::unknown || in_doubt_) {
    error_context context = why.context();
    context.persisted = persistence::possibly;
    skip_end_ = true;  // asking again could only repeat the doubt: a new epoch puts an end to it (C-23)
    return finish({transaction_outcome::unknown, error(why.broker_code(), std::move(context))});
  }
  skip_end_ = verdict == transaction_verdict::renew;
  fail(why);
}

}  // namespace v0
}  // namespace ottla
