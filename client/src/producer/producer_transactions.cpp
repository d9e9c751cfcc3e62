// producer_state: transactions as callers see them: who may call what now, and waiting for the outcome.
#include "producer_state.hpp"
#include "sender.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using gate_state = transaction_gate::state;

// The core keeps deadlines itself; a caller waits this much longer, so that it hears what the core has to say.
constexpr std::chrono::milliseconds grace{200};

error misfit(client_code code, std::string asked, std::string detail, std::string advice = {}) {
  error_context context;
  context.asked = std::move(asked);
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return error(code, std::move(context));
}

template <class Outcome>
struct waited {
  completion done;
  Outcome outcome{};
};

}  // namespace

error producer_state::why_shut(const topic_state& topic) const {
  const auto because = [&](client_code code, const char* detail, const char* advice) {
    return misfit(code, "Produce to " + topic.name, detail, advice);
  };
  switch (gate_.now_in()) {
    case gate_state::uninitialized:
      return because(client_code::invalid_state, "the producer is transactional and not initialised",
                     "call init_transactions once, then begin_transaction");
    case gate_state::must_abort:
      return because(client_code::transaction_failed, gate_.why().message().c_str(),
                     "call abort_transaction, then begin anew");
    case gate_state::fatal:
      return because(client_code::fatal_producer, gate_.why().message().c_str(), "close the producer");
    case gate_state::open:  // meanwhile
    case gate_state::idle:
    case gate_state::ending:
      return because(client_code::invalid_state, "no transaction is open", "call begin_transaction first");
    case gate_state::closed:
      break;
  }
  return refuse(client_code::closed, topic, "the producer was closed");
}

// A transaction that lacks a record must not be committed, whether or not its caller looks at what send says.
// Not for what the gate refused: that is of no transaction, and the one that is open by now began behind the refusal.
result<void> producer_state::not_taken(result<void> told) {
  if (told || config_.transactional_id.empty() || !gate_.is_open()) return told;
  gate_.explain(told.error());
  (void)gate_.move(gate_state::open, gate_state::must_abort);
  cluster_->post([self = shared_from_this(), why = told.error()] { self->sender_->transactions()->batch_failed(why); });
  return told;
}

result<void> producer_state::may_transact(const char* what) const {
  if (config_error_) return unexpected(config_error_);
  if (config_.transactional_id.empty())
    return unexpected(misfit(client_code::invalid_state, what, "the producer has no transactional_id"));
  if (auto may = cluster_->usable(); !may) return may;
  if (gate_.now_in() == gate_state::closed)
    return unexpected(misfit(client_code::closed, what, "the producer was closed"));
  return {};
}

result<void> producer_state::init_transactions(std::chrono::nanoseconds timeout,
                                               std::function<void(const error&)> done) {
  if (auto may = may_transact("init_transactions"); !may) return may;
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  const bool posted = cluster_->post([self = shared_from_this(), deadline, done = std::move(done)]() mutable {
    self->sender_->transactions()->init(
        self->cluster_->machine().now().mono, deadline, [self, done = std::move(done)](error why) {
          self->cluster_->machine().done().push([done, why = std::move(why)] { done(why); });
        });
  });
  if (!posted) return unexpected(cluster_->closed_error());
  return {};
}

result<void> producer_state::init_transactions(std::chrono::nanoseconds timeout) {
  if (auto may = cluster_->may_block(); !may) return may;
  auto shared = std::make_shared<waited<error>>();
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  auto asked = init_transactions(timeout, [shared](const error& why) {
    shared->outcome = why;
    shared->done.set();
  });
  if (!asked) return asked;
  if (!cluster_->runner().wait(shared->done, after(deadline, grace)))
    return unexpected(misfit(client_code::timed_out, "init_transactions", "the core did not answer in time"));
  if (shared->outcome) return unexpected(shared->outcome);
  return {};
}

result<void> producer_state::begin_transaction() {
  if (auto may = may_transact("begin_transaction"); !may) return may;
  std::lock_guard lock(transaction_calls_mutex_);
  if (gate_.move(gate_state::idle, gate_state::open)) {
    if (!cluster_->post(
            [self = shared_from_this()] { self->sender_->transactions()->begin(self->cluster_->machine()); }))
      return unexpected(cluster_->closed_error());
    return {};
  }
  const char* const asked = "begin_transaction";
  switch (gate_.now_in()) {
    case gate_state::uninitialized:
      return unexpected(misfit(client_code::invalid_state, asked, "init_transactions has not succeeded yet"));
    case gate_state::must_abort:
      return unexpected(
          misfit(client_code::transaction_failed, asked, gate_.why().message(), "call abort_transaction first"));
    case gate_state::fatal:
      return unexpected(misfit(client_code::fatal_producer, asked, gate_.why().message(), "close the producer"));
    case gate_state::ending:
      return unexpected(misfit(client_code::invalid_state, asked, "a transaction is still ending",
                               "repeat the call that ends it, to hear its outcome"));
    case gate_state::closed:
      return unexpected(misfit(client_code::closed, asked, "the producer was closed"));
    case gate_state::open:
    case gate_state::idle:
      break;
  }
  return unexpected(misfit(client_code::invalid_state, asked, "a transaction is open already"));
}

result<void> producer_state::send_offsets(std::vector<offset_to_commit> offsets, group_metadata member,
                                          std::chrono::nanoseconds timeout, std::function<void(const error&)> done) {
  const char* const asked = "send_offsets_to_transaction";
  if (auto may = may_transact(asked); !may) return may;
  if (member.group.empty()) return unexpected(misfit(client_code::invalid_argument, asked, "the group has no name"));
  for (const offset_to_commit& one : offsets) {
    if (one.offset < 0 || one.where.topic.empty() || one.where.partition < 0)
      return unexpected(misfit(client_code::invalid_argument, asked, "an offset, a partition or a topic is missing"));
  }
  offsets_job job;
  job.member = std::move(member);
  job.offsets = std::move(offsets);
  job.deadline = after(cluster_->runner().now().mono, timeout);
  job.done = [self = shared_from_this(), done = std::move(done)](error why) {
    self->cluster_->machine().done().push([done, why = std::move(why)] { done(why); });
  };
  if (job.offsets.empty()) {
    const bool posted = cluster_->post([job = std::move(job)]() mutable { job.done({}); });
    if (!posted) return unexpected(cluster_->closed_error());
    return {};
  }
  const bool posted = cluster_->post([self = shared_from_this(), job = std::move(job)]() mutable {
    self->sender_->transactions()->send_offsets(std::move(job));
  });
  if (!posted) return unexpected(cluster_->closed_error());
  return {};
}

result<void> producer_state::send_offsets(std::vector<offset_to_commit> offsets, group_metadata member,
                                          std::chrono::nanoseconds timeout) {
  if (auto may = cluster_->may_block(); !may) return may;
  auto shared = std::make_shared<waited<error>>();
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  auto asked = send_offsets(std::move(offsets), std::move(member), timeout, [shared](const error& why) {
    shared->outcome = why;
    shared->done.set();
  });
  if (!asked) return asked;
  if (!cluster_->runner().wait(shared->done, after(deadline, grace)))
    return unexpected(misfit(client_code::timed_out, "send_offsets_to_transaction", "the core did not answer in time"));
  if (shared->outcome) return unexpected(shared->outcome);
  return {};
}

result<void> producer_state::end_transaction(bool commit, std::chrono::nanoseconds timeout,
                                             std::function<void(const transaction_result&)> done) {
  if (auto may = may_transact(commit ? "commit_transaction" : "abort_transaction"); !may) return may;
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  std::lock_guard lock(transaction_calls_mutex_);
  // From here on nothing more is taken into this transaction.
  if (!gate_.move(gate_state::open, gate_state::ending) && !commit)
    (void)gate_.move(gate_state::must_abort, gate_state::ending);
  const bool posted = cluster_->post([self = shared_from_this(), commit, deadline, done = std::move(done)]() mutable {
    self->sender_->transactions()->end(
        commit, self->cluster_->machine().now().mono, deadline, [self, done = std::move(done)](transaction_result how) {
          // Behind the outcomes of its records.
          self->cluster_->machine().done().push([done, how = std::move(how)] { done(how); });
        });
  });
  if (!posted) return unexpected(cluster_->closed_error());
  return {};
}

transaction_result producer_state::end_transaction(bool commit, std::chrono::nanoseconds timeout) {
  if (auto may = cluster_->may_block(); !may) return {transaction_outcome::refused, may.error()};
  auto shared = std::make_shared<waited<transaction_result>>();
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  auto asked = end_transaction(commit, timeout, [shared](const transaction_result& how) {
    shared->outcome = how;
    shared->done.set();
  });
  if (!asked) return {transaction_outcome::refused, asked.error()};
  if (!cluster_->runner().wait(shared->done, after(deadline, grace))) {
    error why = misfit(client_code::timed_out, commit ? "commit_transaction" : "abort_transaction",
                       "the core did not answer in time");
    return {transaction_outcome::unknown, std::move(why)};
  }
  return shared->outcome;
}

// An open transaction would hold up readers of committed records until its time is up.
void producer_state::rest_transactions(steady_ns deadline) {
  auto done = std::make_shared<completion>();
  const bool posted = cluster_->post(
      [self = shared_from_this(), done] { self->sender_->transactions()->rest([done] { done->set(); }); });
  if (posted) (void)cluster_->runner().wait(*done, deadline);
}

}  // namespace v0
}  // namespace ottla
