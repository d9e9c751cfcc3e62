// transaction_manager: the calls of the application, and how transactions fail and end.
#include "transaction_manager.hpp"

#include <algorithm>

#include "../producer/partition_queue.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::string_view feature_name = "transaction.version";

// The feature alone is not enough: a proxy, or a broker that is being replaced, may not offer the versions (C-21).
transaction_protocol protocol_of(core& on) {
  const auto& brokers = on.meta().brokers();
  const bool v2 = on.can().feature(feature_name) >= 2 &&
                  on.can().all_offer(protocol::EndTxnRequest::api_key, 5, brokers) &&
                  on.can().all_offer(protocol::ProduceRequest::api_key, 12, brokers) &&
                  on.can().all_offer(protocol::TxnOffsetCommitRequest::api_key, 5, brokers);
  return v2 ? transaction_protocol::v2 : transaction_protocol::v1;
}

}  // namespace

std::string_view name(transaction_outcome outcome) {
  switch (outcome) {
    case transaction_outcome::committed:
      return "COMMITTED";
    case transaction_outcome::aborted:
      return "ABORTED";
    case transaction_outcome::must_abort:
      return "MUST_ABORT";
    case transaction_outcome::unknown:
      return "UNKNOWN";
    case transaction_outcome::fatal:
      return "FATAL";
    case transaction_outcome::refused:
      return "REFUSED";
  }
  return "";
}

transaction_manager::transaction_manager(std::string transactional_id, std::chrono::milliseconds timeout, identity& who,
                                         transaction_gate& gate)
    : id_(std::move(transactional_id)),
      timeout_(timeout),
      who_(who),
      gate_(gate),
      coordinator_(id_, coordinator_kind::transaction) {
  who_.manage();
}

error transaction_manager::refusal(bool commit, std::string detail) const {
  error_context context;
  context.asked = std::string(commit ? "commit_transaction" : "abort_transaction") + " of " + id_;
  context.detail = std::move(detail);
  return error(client_code::invalid_state, std::move(context));
}

void transaction_manager::init(steady_ns now, steady_ns deadline, unique_function<void(error)> done) {
  expire_calls(now);
  if (state_ == state::fatal) return done(fatal_);
  if (state_ != state::fresh && state_ != state::starting) return done({});
  if (init_done_) {
    error_context context;
    context.asked = "init_transactions of " + id_;
    context.detail = "another call of it waits already";
    return done(error(client_code::invalid_state, std::move(context)));
  }
  state_ = state::starting;
  init_deadline_ = deadline;
  init_done_ = std::move(done);
}

void transaction_manager::begin(core& on) {
  if (state_ != state::idle) return;  // fatal meanwhile; the gate says so
  state_ = state::open;
  ++number_;
  started_ = maybe_started_ = in_doubt_ = false;
  failure_ = {};
  const transaction_protocol was = by_;
  by_ = protocol_of(on);
  // What was sent late under the old protocol must not pass for a part of the first transaction of the new one.
  if (by_ == transaction_protocol::v2 && was == transaction_protocol::v1 && old_epoch_) {
    renew_ = true;
    who_.manage();
  }
  if (by_ == transaction_protocol::v1) old_epoch_ = true;
}

void transaction_manager::send_offsets(offsets_job job) {
  error_context context;
  context.asked = "send_offsets_to_transaction of " + id_;
  switch (state_) {
    case state::open:
      jobs_.push_back(std::move(job));
      return;
    case state::failed:
      return job.done(failure_);
    case state::fatal:
      return job.done(fatal_);
    default:
      context.detail = "no transaction is open";
      return job.done(error(client_code::invalid_state, std::move(context)));
  }
}

void transaction_manager::end(bool commit, steady_ns now, steady_ns deadline, ended done) {
  expire_calls(now);
  const auto refuse = [&](std::string detail) {
    done({transaction_outcome::refused, refusal(commit, std::move(detail))});
  };
  if (untold_ && (state_ == state::idle || state_ == state::fatal)) {
    if (untold_commit_ != commit) return refuse("the other call was begun: repeat that one to hear its outcome");
    transaction_result how = std::move(*untold_);
    untold_.reset();
    gate_.set(state_ == state::idle ? transaction_gate::state::idle : transaction_gate::state::fatal);
    return done(std::move(how));
  }
  switch (state_) {
    case state::fresh:
    case state::starting:
      return refuse("init_transactions has not succeeded yet");
    case state::idle:
      return refuse("no transaction is open");
    case state::fatal:
      return done({transaction_outcome::fatal, fatal_});
    case state::failed:
      if (commit) {
        gate_.set(transaction_gate::state::must_abort);
        return done({transaction_outcome::must_abort, failure_});
      }
      break;
    case state::committing:
    case state::aborting:
      if (commit != (state_ == state::committing))
        return refuse("the other call was begun: repeat that one to hear its outcome");
      if (end_call_) return refuse("another call of it waits already");
      break;
    case state::open:
      break;
  }
  if (!is_ending()) state_ = commit ? state::committing : state::aborting;
  if (!commit) drop_jobs(why_dropped());
  end_call_ = end_call{commit, deadline, std::move(done)};
}

void transaction_manager::rest(unique_function<void()> done) {
  if (state_ == state::open || state_ == state::failed) {
    state_ = state::aborting;
    drop_jobs(why_dropped());
  }
  resting_.push_back(std::move(done));
  settle_rest();
}

bool transaction_manager::is_at_rest() const {
  return state_ == state::fresh || state_ == state::starting || state_ == state::idle || state_ == state::fatal;
}

void transaction_manager::settle_rest() {
  if (!is_at_rest()) return;
  for (auto& one : std::exchange(resting_, {})) one();
}

void transaction_manager::close(const error& why) {
  // Whether a commit that was asked for has come through is not known; one that was not asked for has not.
  const bool asked = state_ == state::committing && (in_doubt_ || (asking_ && started_));
  if (state_ != state::fatal) fatal_ = why;
  state_ = state::fatal;
  asking_ = false;
  if (init_done_) std::exchange(init_done_, {})(why);
  tell({asked ? transaction_outcome::unknown : transaction_outcome::fatal, why});
  drop_jobs(why);
  settle_rest();
}

bool transaction_manager::admits(partition_queue& queue) {
  if (renew_ || !may_retry()) return false;
  if (by_ == transaction_protocol::v2 || queue.added_in == number_) return true;
  if (queue.asked_in != number_) {
    queue.asked_in = number_;
    to_add_.push_back(&queue);
  }
  return false;
}

void transaction_manager::batch_failed(const error& why) {
  if (!may_retry()) return;
  switch (why.client() == client_code::none ? why.broker_code() : protocol::error_code::none) {
    case protocol::error_code::producer_fenced:
    case protocol::error_code::transactional_id_authorization_failed:
      return die(why);
    case protocol::error_code::invalid_producer_id_mapping:
      skip_end_ = true;
      return fail(why);
    default:
      return fail(why);
  }
}

error transaction_manager::why_dropped() const {
  if (state_ != state::failed && state_ != state::aborting) return {};
  error_context context;
  context.detail = failure_ ? "its transaction failed: " + failure_.message() : "its transaction was aborted";
  return error(failure_ ? client_code::transaction_failed : client_code::purged, std::move(context));
}

// From here on only abort helps. What is under way is waited for, what is not is dropped.
void transaction_manager::fail(const error& why) {
  state_ = state::failed;
  failure_ = why;
  gate_.explain(why);
  gate_.set(transaction_gate::state::must_abort);
  to_add_.clear();
  drop_jobs(why);
  tell({transaction_outcome::must_abort, why});
}

void transaction_manager::die(const error& why) {
  const bool unknown = state_ == state::committing && in_doubt_;
  const bool was_ending = is_ending(), was_commit = state_ == state::committing;
  state_ = state::fatal;
  fatal_ = why;
  who_.fail(why);
  gate_.explain(why);
  gate_.set(transaction_gate::state::fatal);
  to_add_.clear();
  if (init_done_) std::exchange(init_done_, {})(why);
  drop_jobs(why);
  transaction_result how{unknown ? transaction_outcome::unknown : transaction_outcome::fatal, why};
  if (was_ending && !end_call_ && unknown) {
    untold_ = how;
    untold_commit_ = was_commit;
  }
  tell(std::move(how));
  settle_rest();
}

// One that nobody waits for is kept for the call that asks again.
void transaction_manager::finish(transaction_result how) {
  const bool commit = state_ == state::committing;
  state_ = state::idle;
  to_add_.clear();
  groups_added_.clear();
  renew_ = renew_ || skip_end_ || (renew_at_end_ && by_ == transaction_protocol::v1);
  if (renew_) who_.manage();
  skip_end_ = renew_at_end_ = in_doubt_ = false;
  tries_ = 0;
  last_ = {};
  if (end_call_ || !resting_.empty()) {
    gate_.set(transaction_gate::state::idle);
    tell(std::move(how));
  } else {
    untold_ = std::move(how);
    untold_commit_ = commit;
  }
  settle_rest();
}

void transaction_manager::tell(transaction_result how) {
  if (!end_call_) return;
  ended done = std::move(end_call_->done);
  end_call_.reset();
  done(std::move(how));
}

void transaction_manager::drop_jobs(const error& why) {
  for (offsets_job& one : std::exchange(jobs_, {})) one.done(why);
}

}  // namespace v0
}  // namespace ottla
