// producer and topic: the public handles, and the waits of deliver().
#include "ottla/producer.hpp"

#include "producer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error no_topic() {
  error_context context;
  context.detail = "the topic handle is empty";
  return error(client_code::invalid_argument, std::move(context));
}

/// Collects the outcomes of one deliver call; shared with the handlers, since a deadline ends the wait and not the
/// records.
struct gathering {
  std::vector<delivery> outcomes;
  std::atomic<std::size_t> open;
  completion done;

  void settle(std::size_t index, const delivery& outcome) {
    outcomes[index] = outcome;
    finish_one();
  }
  void finish_one() {
    if (open.fetch_sub(1, std::memory_order_acq_rel) == 1) done.set();
  }
};

}  // namespace

producer::producer(cluster& on, producer_config config)
    : state_(new producer_state(on.state(), std::move(config)), [](producer_state* state) {
        // In the child of a fork nothing is freed: the parent's core may have been in the middle of it.
        if (!state->cluster().forked()) delete state;
      }) {
  state_->attach();
}
producer::producer(producer&&) noexcept = default;

producer& producer::operator=(producer&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

producer::~producer() {
  if (!state_) return;
  // On the core's own thread nothing can be waited for.
  if (!state_->cluster().may_block()) {
    state_->abandon();
  } else {
    (void)state_->close(state_->config().delivery_timeout);
  }
}

result<void> producer::valid() const {
  if (state_->config_error()) return unexpected(state_->config_error());
  return {};
}

topic producer::topic(std::string_view name) { return ottla::topic(state_, state_->open_topic(name)); }
// Where a call drives the core, handlers that run inside may destroy this: the state stays until the call is over.
result<void> producer::flush(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->flush(timeout);
}
result<void> producer::close(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->close(timeout);
}
void producer::purge() { state_->purge(); }
result<void> producer::init_transactions(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->init_transactions(timeout);
}
result<void> producer::begin_transaction() { return state_->begin_transaction(); }
result<void> producer::send_offsets_to_transaction(std::span<const partition_position> offsets,
                                                   const group_metadata& member, std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->send_offsets(std::vector<offset_to_commit>(offsets.begin(), offsets.end()), member, timeout);
}
result<void> producer::send_offsets_to_transaction(std::vector<offset_to_commit> offsets, const group_metadata& member,
                                                   std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->send_offsets(std::move(offsets), member, timeout);
}
transaction_result producer::commit_transaction(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->end_transaction(true, timeout);
}
transaction_result producer::abort_transaction(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->end_transaction(false, timeout);
}
result<void> producer::init_transactions_async(std::chrono::milliseconds timeout,
                                               std::function<void(const error&)> done) {
  return state_->init_transactions(timeout, std::move(done));
}
result<void> producer::send_offsets_to_transaction_async(std::vector<offset_to_commit> offsets,
                                                         const group_metadata& member,
                                                         std::chrono::milliseconds timeout,
                                                         std::function<void(const error&)> done) {
  return state_->send_offsets(std::move(offsets), member, timeout, std::move(done));
}
result<void> producer::commit_transaction_async(std::chrono::milliseconds timeout,
                                                std::function<void(const transaction_result&)> done) {
  return state_->end_transaction(true, timeout, std::move(done));
}
result<void> producer::abort_transaction_async(std::chrono::milliseconds timeout,
                                               std::function<void(const transaction_result&)> done) {
  return state_->end_transaction(false, timeout, std::move(done));
}
producer_stats producer::stats() const { return state_->stats(); }

result<void> topic::send(const record& what, std::uint64_t cookie) {
  if (state_ == nullptr) return unexpected(no_topic());
  return owner_->append(*state_, what, cookie, nullptr, false);
}

result<void> topic::send_with(const record& what, outcome_handler handler) {
  if (state_ == nullptr) return unexpected(no_topic());
  return owner_->append(*state_, what, 0, &handler, false);
}

result<delivery> topic::deliver(const record& what, std::chrono::milliseconds timeout) {
  auto all = deliver(std::span<const record>(&what, 1), timeout);
  if (!all) return unexpected(all.error());
  if (all->front().failure) return unexpected(all->front().failure);
  return std::move(all->front());
}

result<std::vector<delivery>> topic::deliver(std::span<const record> many, std::chrono::milliseconds timeout) {
  if (state_ == nullptr) return unexpected(no_topic());
  const topic kept = *this;  // handlers that run inside may destroy this
  host& runner = kept.owner_->cluster().runner();
  if (auto may = kept.owner_->cluster().may_block(); !may) return unexpected(may.error());
  const steady_ns deadline = after(runner.now().mono, timeout);
  auto shared = std::make_shared<gathering>();
  shared->outcomes.resize(many.size());
  shared->open.store(many.size() + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < many.size(); ++i) {
    auto told = [shared, i](const delivery& outcome) { shared->settle(i, outcome); };
    const outcome_handler handler = outcome_handler::of(told);
    auto queued = kept.owner_->append(*kept.state_, many[i], 0, &handler, i + 1 == many.size());
    if (!queued) {
      delivery refused;
      refused.failure = queued.error();
      shared->settle(i, refused);
    }
  }
  shared->finish_one();
  if (!runner.wait(shared->done, deadline)) {
    error_context context;
    context.asked = "Produce to " + std::string(kept.name());
    context.detail = std::to_string(shared->open.load()) + " of " + std::to_string(many.size()) +
                     " records have no outcome yet; they stay queued";
    context.elapsed = timeout;
    context.persisted = persistence::possibly;
    return unexpected(error(client_code::timed_out, std::move(context)));
  }
  for (delivery& one : shared->outcomes) one.topic = kept.name();
  return std::move(shared->outcomes);
}

std::string_view topic::name() const { return state_ == nullptr ? std::string_view{} : std::string_view(state_->name); }
std::int32_t topic::partition_count() const {
  return state_ == nullptr ? 0 : static_cast<std::int32_t>(state_->count());
}

result<void> topic::wait_ready(std::chrono::milliseconds timeout) {
  if (state_ == nullptr) return unexpected(no_topic());
  const auto kept = owner_;
  return kept->wait_ready(*state_, timeout);
}

void topic::when_ready(std::chrono::milliseconds timeout, std::function<void(error)> done) {
  if (state_ == nullptr) return done(no_topic());
  owner_->when_ready(*state_, timeout, std::move(done));
}

}  // namespace v0
}  // namespace ottla
