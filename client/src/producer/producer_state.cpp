// producer_state: opening, sealing, flushing, closing; producer_append.cpp has the way of a record in.
#include "producer_state.hpp"

#include <algorithm>

#include "ottla/net/scope_exit.hpp"
#include "sender.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error bad_setting(std::string setting, std::string rule) {
  error_context context;
  context.asked = std::move(setting);
  context.detail = std::move(rule);
  return error(client_code::invalid_config, std::move(context));
}

error check(const producer_config& c) {
  if (c.batch_size < block_pool::smallest || c.batch_size > (std::size_t{1} << 30)) {
    return bad_setting("batch_size", "must be between 4096 bytes and 1 GiB");
  }
  if (c.buffer_memory < c.batch_size) return bad_setting("buffer_memory", "must hold at least one batch of batch_size");
  if (c.linger.count() < 0) return bad_setting("linger", "must not be negative");
  if (c.max_in_flight < 1) return bad_setting("max_in_flight", "must be at least 1");
  if (c.idempotence && c.max_in_flight > 5) return bad_setting("max_in_flight", "must be at most 5 with idempotence");
  if (c.idempotence && c.required_acks != acks::all)
    return bad_setting("idempotence", "needs acks=all; set one or the other");
  if (!c.transactional_id.empty() && !c.idempotence)
    return bad_setting("transactional_id", "needs idempotence; set one or the other");
  if (c.transaction_timeout.count() < 1 || c.transaction_timeout.count() > INT32_MAX)
    return bad_setting("transaction_timeout", "must be between 1 ms and 2147483647 ms");
  if (c.retries < 0) return bad_setting("retries", "must not be negative");
  if (c.retry_backoff.count() < 0 || c.retry_backoff > std::chrono::hours(24))
    return bad_setting("retry_backoff", "must be between 0 ms and 24 h");
  if (c.request_timeout.count() < 1) return bad_setting("request_timeout", "must be at least 1 ms");
  if (c.delivery_timeout < c.request_timeout + c.linger) {
    return bad_setting("delivery_timeout", "must be at least request_timeout + linger");
  }
  return {};
}

}  // namespace

producer_state::producer_state(std::shared_ptr<cluster_state> cluster, producer_config config)
    : cluster_(std::move(cluster)),
      config_(std::move(config)),
      config_error_(check(config_)),
      wall_(cluster_->runner().wall()),
      pool_(config_.buffer_memory, std::max(config_.batch_size, block_pool::smallest)),
      gate_(!config_.transactional_id.empty()) {
  sender_ = std::make_shared<sender>(*this);
}

void producer_state::attach() {
  if (config_error_) return;
  cluster_->post([self = shared_from_this()] { self->sender_->attach(self->cluster_->machine()); });
}

producer_state::~producer_state() = default;

topic_state* producer_state::open_topic(std::string_view name) {
  std::lock_guard lock(topics_mutex_);
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    const std::uint64_t seed = random_stream::derive(cluster_->machine().stream("sticky").next(), name).next();
    auto made = std::make_unique<topic_state>(std::string(name), seed);
    found = topics_.emplace(made->name, std::move(made)).first;
    // A producer that cannot run leaves nothing in the mailbox: a task there would keep it and its cluster alive until
    // somebody steps.
    if (!config_error_ && !ended_)
      cluster_->post([self = shared_from_this(), topic = found->second.get()] { self->sender_->add_topic(*topic); });
  }
  return found->second.get();
}

error producer_state::refuse(client_code code, const topic_state& topic, std::string detail, std::string advice) const {
  error_context context;
  context.asked = "Produce to " + topic.name;
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return error(code, std::move(context));
}

// Header fields that do not depend on the producer's identity, compression, and the hash of the records; the sender
// adds the rest.
void producer_state::seal(batch& one) {
  tally.sent.fetch_add(static_cast<std::uint64_t>(one.count), std::memory_order_relaxed);
  seal_again(one, false);
}

void producer_state::seal_again(batch& one, bool overdraw) {
  protocol::batch_header header;
  header.last_offset_delta = one.count - 1;
  header.base_timestamp = one.base_timestamp;
  header.max_timestamp = one.max_timestamp;
  header.record_count = one.count;
  header.set_transactional(!config_.transactional_id.empty());
  const std::size_t records = one.used - protocol::batch_header_size;
  if (config_.compression.type != protocol::codec::none) {
    std::unique_ptr<protocol::compressor> with;
    {
      std::lock_guard lock(compressors_mutex_);
      if (!compressors_.empty()) {
        with = std::move(compressors_.back());
        compressors_.pop_back();
      }
    }
    if (!with) with = std::make_unique<protocol::compressor>();
    // Compressed bytes are only of use if there are fewer of them, so the block of the records is always large enough.
    // At the bound the batch goes out as it is rather than wait.
    block packed = overdraw ? pool_.overdraw(one.used) : pool_.try_take(one.used);
    if (packed.capacity != 0) {
      const std::span<std::byte> room{packed.bytes.get() + protocol::batch_header_size, records};
      const auto size =
          with->compress(config_.compression, {one.memory.bytes.get() + protocol::batch_header_size, records}, room);
      if (size) {
        std::swap(packed, one.memory);
        one.used = protocol::batch_header_size + *size;
        header.set_compression(config_.compression.type);
      }
      pool_.give_back(std::move(packed));
    }
    std::lock_guard lock(compressors_mutex_);
    compressors_.push_back(std::move(with));
  }
  protocol::encode_batch_header(one.memory.bytes.get(), header);
  one.sealed = protocol::seal_records(
      {one.memory.bytes.get() + protocol::batch_header_size, one.used - protocol::batch_header_size});
  one.now_in.store(batch::state::ready, std::memory_order_release);
}

void producer_state::seal_and_tell(batch& one) {
  seal(one);
  cluster_->machine().nudge(steady_ns{});
}

batch* producer_state::new_batch() {
  std::lock_guard lock(batches_mutex_);
  if (spare_.empty()) return new batch;
  batch* out = spare_.back().release();
  spare_.pop_back();
  return out;
}

void producer_state::recycle(batch* one) {
  pool_.give_back(std::exchange(one->memory, {}));
  one->reset();
  std::lock_guard lock(batches_mutex_);
  spare_.emplace_back(one);
}

void producer_state::register_partition(partition_queue& one) {
  std::lock_guard lock(registered_mutex_);
  registered_.push_back(&one);
}

std::vector<partition_queue*> producer_state::take_registered() {
  std::lock_guard lock(registered_mutex_);
  return std::exchange(registered_, {});
}

result<void> producer_state::wait_ready(topic_state& topic, std::chrono::nanoseconds timeout) {
  if (config_error_) return unexpected(config_error_);
  if (topic.count() > 0) return {};
  if (ended_) return unexpected(refuse(client_code::closed, topic, "the producer was closed"));
  if (auto may = cluster_->may_block(); !may) return may;
  struct outcome {
    completion done;
    error failure;
  };
  auto shared = std::make_shared<outcome>();
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  const bool posted = cluster_->post([self = shared_from_this(), &topic, shared, deadline] {
    self->sender_->when_ready(topic, deadline, [shared](error failure) {
      shared->failure = std::move(failure);
      shared->done.set();
    });
  });
  if (!posted) return unexpected(cluster_->closed_error());
  if (!cluster_->runner().wait(shared->done, after(deadline, std::chrono::milliseconds(200)))) {
    return unexpected(refuse(client_code::timed_out, topic, "its metadata did not come in time"));
  }
  if (shared->failure) return unexpected(shared->failure);
  return {};
}

void producer_state::when_ready(topic_state& topic, std::chrono::nanoseconds timeout, std::function<void(error)> done) {
  if (config_error_) return done(config_error_);
  if (auto may = cluster_->usable(); !may) return done(may.error());
  if (ended_) return done(refuse(client_code::closed, topic, "the producer was closed"));
  auto once = std::make_shared<std::function<void(error)>>(std::move(done));
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  const bool posted = cluster_->post([self = shared_from_this(), &topic, once, deadline] {
    // By way of the outbox: the application's code never runs inside a step.
    self->sender_->when_ready(topic, deadline, [self, once](error failure) {
      self->cluster_->machine().done().push([once, failure = std::move(failure)] { (*once)(failure); });
    });
  });
  if (!posted) (*once)(cluster_->closed_error());
}

result<void> producer_state::flush(std::chrono::nanoseconds timeout) {
  if (config_error_) return unexpected(config_error_);
  if (auto may = cluster_->may_block(); !may) return may;
  if (ended_) return {};
  auto ticket = std::make_shared<flush_ticket>();
  flushing_.fetch_add(1, std::memory_order_relaxed);
  const scope_exit end([this] { flushing_.fetch_sub(1, std::memory_order_relaxed); });
  const bool posted = cluster_->post([self = shared_from_this(), ticket] { self->sender_->start_flush(ticket); });
  const bool done = !posted || cluster_->runner().wait(ticket->done, after(cluster_->runner().now().mono, timeout));
  if (done) return {};
  error_context context;
  context.asked = "flush";
  context.detail = std::to_string(ticket->open.load(std::memory_order_relaxed)) + " batches still have no outcome";
  context.elapsed = timeout;
  context.persisted = persistence::possibly;
  return unexpected(error(client_code::timed_out, std::move(context)));
}

result<void> producer_state::close(std::chrono::nanoseconds timeout) {
  if (closed_.load() || config_error_) return {};
  // Nothing is closed for a moment by a close that is refused: somebody may be waiting for room.
  if (auto may = cluster_->may_block(); !may) return may;
  if (closed_.exchange(true)) return {};
  scope_exit thrown([this] { closed_.store(false); });  // by a handler: the next close goes on
  gate_.set(transaction_gate::state::closed);
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  if (config_.transactional_id.empty()) {
    (void)flush(timeout);
  } else {
    rest_transactions(deadline);
  }
  struct outcome {
    completion done;
    std::uint64_t lost = 0;
  };
  auto shared = std::make_shared<outcome>();
  const bool posted = cluster_->post([self = shared_from_this(), shared] {
    shared->lost = self->sender_->detach(self->cluster_->machine(), [shared] { shared->done.set(); });
  });
  ended_ =
      posted && cluster_->runner().wait(shared->done, after(cluster_->runner().now().mono, std::chrono::seconds(10)));
  thrown.forget();
  if (shared->lost == 0) return {};
  error_context context;
  context.asked = "close";
  context.detail = std::to_string(shared->lost) + " records had no outcome by the deadline and were failed";
  context.elapsed = timeout;
  context.persisted = persistence::possibly;
  return unexpected(error(client_code::timed_out, std::move(context)));
}

void producer_state::abandon() {
  if (closed_.exchange(true) || config_error_) return;
  gate_.set(transaction_gate::state::closed);
  auto self = shared_from_this();  // batches in flight and handlers still refer to this
  cluster_->post([self] { (void)self->sender_->detach(self->cluster_->machine(), [self] {}); });
}

void producer_state::purge() {
  if (config_error_ || ended_) return;
  cluster_->post([self = shared_from_this()] { self->sender_->purge(); });
}

producer_stats producer_state::stats() const {
  producer_stats out;
  out.records_sent = tally.sent.load(std::memory_order_relaxed);
  out.records_acked = tally.acked.load(std::memory_order_relaxed);
  out.records_failed = tally.failed.load(std::memory_order_relaxed);
  out.bytes_sent = tally.bytes.load(std::memory_order_relaxed);
  out.batches_sent = tally.batches.load(std::memory_order_relaxed);
  out.batches_retried = tally.retried.load(std::memory_order_relaxed);
  out.requests = tally.requests.load(std::memory_order_relaxed);
  out.throttled = std::chrono::milliseconds(tally.throttled_ms.load(std::memory_order_relaxed));
  out.buffered_bytes = pool_.charged();
  return out;
}

}  // namespace v0
}  // namespace ottla
