// sender: Produce requests, their answers, and the outcome of each batch.
#include <algorithm>

#include "batch_split.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "produce_errors.hpp"
#include "retry_pause.hpp"
#include "sender.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using partition_data = protocol::ProduceRequest::PartitionProduceData;
using topic_data = protocol::ProduceRequest::TopicProduceData;

// Before this version a broker holds its answer back instead of telling how long the client should be silent (KIP-219).
constexpr std::int16_t first_throttled_by_client = 6;

}  // namespace

//     topic_data  [ orders: [0: batch] [3: batch] ] [ payments: [1: batch] ]     each batch is spliced, never copied
void sender::fill(flight& load, const producer_config& config, protocol::ProduceRequest& message, std::int16_t version,
                  protocol::arena& memory) {
  load.version = version;
  if (!config.transactional_id.empty()) message.transactional_id = std::string_view(config.transactional_id);
  message.acks = static_cast<std::int16_t>(config.required_acks);
  message.timeout_ms = static_cast<std::int32_t>(config.request_timeout.count());
  auto* topics = memory.make<topic_data>(load.batches.size());
  auto* partitions = memory.make<partition_data>(load.batches.size());
  std::size_t topic_count = 0;
  const topic_state* last = nullptr;
  for (std::size_t i = 0; i < load.batches.size(); ++i) {
    const batch& one = *load.batches[i];
    partitions[i].index = one.home->index;
    partitions[i].records = one.wire();
    if (last != &one.home->owner) {
      last = &one.home->owner;
      topic_data& next = topics[topic_count++];
      if (version >= 13) {
        next.topic_id = load.topic_ids[i];
      } else {
        next.name = last->name;
      }
      next.partition_data = protocol::array<partition_data>(partitions + i, 0);
    }
    topic_data& current = topics[topic_count - 1];
    current.partition_data =
        protocol::array<partition_data>(current.partition_data.data(), current.partition_data.size() + 1);
  }
  message.topic_data = protocol::array<topic_data>(topics, topic_count);
}

void sender::dispatch(std::shared_ptr<flight> load) {
  flights_.push_back(load);
  bool all_known = true;
  for (const batch* one : load->batches) {
    const topic_metadata* known = core_->meta().find(one->home->owner.name);
    load->topic_ids.push_back(known != nullptr ? known->id : protocol::uuid{});
    all_known = all_known && !load->topic_ids.back().is_zero();
  }
  const producer_config& config = state_.config();
  request ask = make_request<protocol::ProduceRequest>(
      [load, &config](protocol::ProduceRequest& message, std::int16_t version, protocol::arena& memory) {
        fill(*load, config, message, version, memory);
      });
  // From 13 on topics are named by id; some brokers offer 13 but no ids (C-51). zstd needs 7 (C-18).
  if (!all_known) ask.max_version = 12;
  if (config.compression.type == protocol::codec::zstd) ask.min_version = std::max<std::int16_t>(ask.min_version, 7);
  if (transactions_) {
    // From 12 on Produce adds the partition to the transaction by itself (KIP-890): all of it one way, or the other.
    if (transactions_->speaks_v2()) {
      ask.min_version = std::max<std::int16_t>(ask.min_version, 12);
    } else {
      ask.min_version = std::max<std::int16_t>(ask.min_version, 3);
      ask.max_version = 11;
    }
  }
  ask.timeout = config.request_timeout + std::chrono::milliseconds(1'000);  // the broker's own time-out answers first
  // Only while it waits for a connection: what was written has an outcome that must be waited for (C-10).
  for (const batch* one : load->batches) ask.deadline = std::min(ask.deadline, one->deadline);
  ask.answered = config.required_acks != acks::none;
  ask.done = [self = shared_from_this(), load](response&& answer) { self->on_answer(*load, std::move(answer)); };
  core_->send(route{route::target::broker, load->broker, lane::produce, owner_}, std::move(ask));
}

void sender::on_answer(flight& load, response&& answer) {
  now_ = core_->now();
  --brokers_[load.broker].in_flight;
  std::erase_if(flights_, [&](const std::shared_ptr<flight>& one) { return one.get() == &load; });
  batches_in_flight_ -= load.batches.size();
  for (batch* one : load.batches) --one->home->in_flight;

  if (!answer.failure && state_.config().required_acks == acks::none) {
    for (batch*& one : load.batches) succeed(load, *std::exchange(one, nullptr), unknown_offset, -1);
    return done_if_ended();
  }
  auto message = decode<protocol::ProduceResponse>(answer);
  if (!message) {
    for (batch*& one : load.batches) failed_attempt(*std::exchange(one, nullptr), message.error());
    return done_if_ended();
  }
  if ((**message).throttle_time_ms > 0) {
    state_.tally.throttled_ms.fetch_add(static_cast<std::uint64_t>((**message).throttle_time_ms),
                                        std::memory_order_relaxed);
  }
  if ((**message).throttle_time_ms > 0 && load.version >= first_throttled_by_client) {
    brokers_[load.broker].not_before = after(now_.mono, std::chrono::milliseconds((**message).throttle_time_ms));
  }
  for (const auto& node : (**message).node_endpoints) {
    core_->meta().apply_broker_hint(node.node_id,
                                    host_port{std::string(node.host), static_cast<std::uint16_t>(node.port)});
  }
  std::size_t cursor = 0;  // answers come in the order of the request: look there first
  for (const auto& topic : (**message).responses) {
    for (const auto& told : topic.partition_responses) {
      const std::size_t count = load.batches.size();
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = (cursor + i) % count;
        batch*& one = load.batches[at];
        if (one == nullptr || one->home->index != told.index) continue;
        // By the id that was sent: the topic may have been created anew meanwhile.
        if (load.version >= 13 ? load.topic_ids[at] != topic.topic_id : one->home->owner.name != topic.name) continue;
        cursor = (cursor + i + 1) % count;
        on_partition(load, *std::exchange(one, nullptr), told);
        break;
      }
    }
  }
  // What was asked and not answered (C-60): whether it was stored cannot be known.
  for (batch*& one : load.batches) {
    if (one == nullptr) continue;
    error_context context;
    context.broker = answer.broker;
    context.detail = "the answer leaves the partition out";
    context.persisted = persistence::possibly;
    failed_attempt(*std::exchange(one, nullptr), error(client_code::malformed_response, std::move(context)));
  }
  done_if_ended();
}

void sender::on_partition(flight& load, batch& one, const protocol::ProduceResponse::PartitionProduceResponse& told) {
  partition_queue& queue = *one.home;
  if (static_cast<std::int32_t>(told.current_leader.leader_id) >= 0) {
    core_->meta().apply_leader_hint(queue.owner.name, queue.index, told.current_leader.leader_id,
                                    told.current_leader.leader_epoch);
  }
  error_context context;
  context.detail = told.error_message ? std::string(*told.error_message) : std::string();
  const auto address = core_->meta().brokers().find(load.broker);
  if (address != core_->meta().brokers().end()) context.broker = to_string(address->second);
  const error why =
      told.error_code == protocol::error_code::none ? error() : error(told.error_code, std::move(context));

  const bool oldest = queue.retry.empty() && !earlier_in_flight(one);
  const produce_verdict verdict = judge_produce(told.error_code);
  // A leader that appended it and lost the partition while followers were late says where it was (C-9).
  if (verdict == produce_verdict::retry_elsewhere && told.base_offset >= 0) one.possibly_persisted = true;
  switch (verdict) {
    case produce_verdict::stored:
      queue.last_acked_offset = told.base_offset + one.count - 1;
      return succeed(load, one, told.base_offset, told.log_append_time_ms);
    case produce_verdict::stored_before:
      return succeed(load, one, told.base_offset >= 0 ? told.base_offset : unknown_offset, told.log_append_time_ms);
    case produce_verdict::retry_unsure:
      one.possibly_persisted = true;
      [[fallthrough]];
    case produce_verdict::retry:
      return retry(one, why);
    case produce_verdict::retry_elsewhere:
      core_->meta().request_refresh();
      return retry(one, why);
    case produce_verdict::out_of_order:
      if (!oldest && one.epoch == identity_.epoch())
        return retry(one, why, false);  // the earlier one goes first, then this (C-4)
      return restart_sequence(one, why);
    case produce_verdict::forgotten:
      // The log starts behind what was acknowledged: retention took the producer's state with the records, nothing else
      // is missing (C-6).
      if (told.log_start_offset > queue.last_acked_offset) one.possibly_persisted = false;
      return restart_sequence(one, why);
    case produce_verdict::new_epoch:
      return restart_sequence(one, why);
    case produce_verdict::split:
      if (split(one, why)) return;
      [[fallthrough]];
    case produce_verdict::refused:
      return fail(one, why);
  }
}

bool sender::earlier_in_flight(const batch& one) const {
  for (const auto& going : flights_) {
    for (const batch* other : going->batches) {
      if (other != nullptr && other != &one && other->home == one.home && other->order < one.order) return true;
    }
  }
  return false;
}

// The broker has another idea of this partition's sequences. A batch that it certainly does not have goes again under
// the next epoch; one that it may have cannot: it might be stored twice.
void sender::restart_sequence(batch& one, const error& why) {
  if (!identity_.idempotent() || transactions_ || one.possibly_persisted) return fail(one, why);
  const bool first_gap = !one.home->desynced;  // otherwise it pays for an earlier batch's failure
  lost_sequence(*one.home);
  unassign(one);
  retry(one, why, first_gap);
}

// The request had no usable answer.
void sender::failed_attempt(batch& one, const error& why) {
  if (why.persisted() != persistence::no) one.possibly_persisted = true;
  core_->meta().request_refresh();
  if (why.is(client_code::unsupported_version) || why.is(client_code::closed)) return fail(one, why);
  retry(one, why);
}

void sender::retry(batch& one, const error& why, bool own_failure) {
  partition_queue& queue = *one.home;
  if (detached_) return fail(one, error(client_code::closed, closed_context()));
  if (transactions_ && !transactions_->may_retry()) return fail(one, why);
  if (own_failure && one.retried == state_.config().retries) return fail(one, why);
  if (own_failure) ++one.retried;
  one.last_error = why;
  // Without idempotence a second attempt could double what the first one stored, but would lose nothing: Kafka's own
  // choice as well.
  one.now_in.store(batch::state::retry, std::memory_order_relaxed);
  state_.tally.retried.fetch_add(1, std::memory_order_relaxed);
  queue.recovering = true;
  if (!queue.retry.empty() || queue.in_flight > 0) {
    // One failure, many batches: the wait grows once.
  } else {
    ++queue.failures;
  }
  if (queue.not_before <= now_.mono) {
    const std::uint64_t stream =
        static_cast<std::uint64_t>(queue.index) << 16 | static_cast<std::uint64_t>(queue.failures);
    queue.not_before =
        after(now_.mono, retry_pause(*core_, "produce-retry", stream, queue.failures, state_.config().retry_backoff));
  }
  // The markers of the transaction before are still on their way (C-20).
  if (why.is(protocol::error_code::concurrent_transactions) && queue.failures <= 50)
    queue.not_before = after(now_.mono, std::chrono::milliseconds(20));
  insert_retry(one);
  if (queue.desynced) lost_sequence(queue);
}

void sender::insert_retry(batch& one) {
  std::deque<batch*>& line = one.home->retry;
  const auto at = std::find_if(line.begin(), line.end(), [&](const batch* other) { return other->order > one.order; });
  line.insert(at, &one);
}

// A batch that may have been stored as a whole is not cut: the broker would not know the halves again, and store them
// twice.
bool sender::split(batch& one, const error& why) {
  if (detached_ || one.possibly_persisted || one.count < 2) return false;
  const std::size_t was = one.used;
  batch* rest = state_.new_batch();
  if (!split_batch(one, *rest, state_.pool())) {
    state_.recycle(rest);
    return false;
  }
  partition_queue& queue = *one.home;
  // Later batches of the topic are made smaller at once, instead of being sent, refused and cut each.
  const std::size_t uncompressed = one.used + rest->used;
  std::atomic<std::size_t>& limit = queue.owner.batch_limit;
  limit.store(std::min(limit.load(std::memory_order_relaxed), std::max<std::size_t>(uncompressed / 2, 512)),
              std::memory_order_relaxed);
  if (rest->sequence >= 0) ++assigned_;
  core_->log(log_level::info, "producer",
             queue.owner.name + "-" + std::to_string(queue.index) + ": a batch of " + std::to_string(was) +
                 " bytes was too large and is split");
  for (batch* half : {&one, rest}) {
    half->last_error = why;
    state_.seal_again(*half, true);
    half->now_in.store(batch::state::retry, std::memory_order_relaxed);
    insert_retry(*half);
  }
  queue.recovering = true;
  if (queue.desynced) lost_sequence(queue);
  return true;
}

void sender::assign_sequence(batch& one) {
  partition_queue& queue = *one.home;
  if (one.order == 0) {
    one.order = queue.next_order;
    queue.next_order += static_cast<std::uint64_t>(one.count);
  }
  if (identity_.idempotent()) {
    if (one.sequence < 0) {
      one.sequence = queue.next_sequence;
      one.epoch = identity_.epoch();
      queue.next_sequence = next_sequence(one.sequence, one.count);
      ++assigned_;
    }
    protocol::stamp_producer(one.memory.bytes.get(), identity_.id(), one.epoch, one.sequence, one.sealed);
  } else {
    protocol::stamp_producer(one.memory.bytes.get(), -1, -1, -1, one.sealed);
  }
}

void sender::unassign(batch& one) {
  if (one.sequence < 0) return;
  one.sequence = -1;
  --assigned_;
}

// From here on the partition's next sequence is not the one that the broker expects. Batches that it certainly refused
// are numbered anew after the bump; what it may have keeps its number and is settled first.
void sender::lost_sequence(partition_queue& queue) {
  if (!identity_.idempotent()) return;
  if (transactions_) return transactions_->lost_sequence();  // the next epoch comes with the next transaction
  queue.desynced = true;
  identity_.want_bump();
  std::deque<batch*> known;
  std::deque<batch*> unsure;
  for (batch* one : std::exchange(queue.retry, {})) {
    if (one->possibly_persisted && one->sequence >= 0) {
      unsure.push_back(one);
    } else {
      unassign(*one);
      known.push_back(one);
    }
  }
  queue.retry = std::move(known);
  for (batch* one : unsure) finish(*one, unknown_offset, -1, context_of(*one, one->last_error));
}

void sender::bump_when_drained() {
  if (!identity_.draining() || assigned_ > 0) return;
  identity_.bump();
  restart_numbers();
}

void sender::restart_numbers() {
  for (topic_state* topic : topics_) {
    for (std::uint32_t i = 0; i < topic->count(); ++i) {
      partition_queue& queue = topic->partition(i);
      queue.next_sequence = 0;
      queue.desynced = false;
    }
  }
}

void sender::succeed(const flight& load, batch& one, std::int64_t base_offset, std::int64_t append_time) {
  partition_queue& queue = *one.home;
  queue.proven = queue.proven || load.broker == queue.leader;
  queue.failures = 0;
  // A later sequence was stored, so the earlier ones were too: only their answer was lost (C-8). One that was certainly
  // refused stays: a broker that had forgotten the producer takes any sequence first.
  for (std::size_t i = 0; i < queue.retry.size() && one.sequence >= 0;) {
    batch* earlier = queue.retry[i];
    if (earlier->order > one.order) break;
    if (earlier->sequence < 0 || earlier->epoch != one.epoch || !earlier->possibly_persisted) {
      ++i;
      continue;
    }
    queue.retry.erase(queue.retry.begin() + static_cast<std::ptrdiff_t>(i));
    finish(*earlier, unknown_offset, -1, {});
  }
  finish(one, base_offset, append_time, {});
}

void sender::fail(batch& one, error why) {
  partition_queue& queue = *one.home;
  const bool gap = one.sequence >= 0;
  const error told = context_of(one, why);
  finish(one, unknown_offset, -1, told);
  if (gap && !detached_) lost_sequence(queue);
  if (transactions_ && !detached_) transactions_->batch_failed(told);
}

error sender::context_of(const batch& one, const error& why) const {
  error_context context = why.context();
  context.asked = "Produce to " + one.home->owner.name + "-" + std::to_string(one.home->index);
  context.attempts = one.attempts;
  context.persisted = one.possibly_persisted ? persistence::possibly : persistence::no;
  return why.client() != client_code::none ? error(why.client(), std::move(context))
                                           : error(why.broker_code(), std::move(context));
}

namespace {

/// Tells the handlers of a batch what became of it, in the outbox. When one of them throws, what is left of it is
/// called next time.
struct batch_outcome {
  std::shared_ptr<producer_state> owner;
  batch* one;
  std::int64_t base_offset;
  std::int64_t append_time;
  error why;
  bool told = false;

  void operator()() {
    scope_exit thrown([this] { owner->cluster().machine().done().put_back(std::move(*this)); });
    if (!told) tell_handlers();
    thrown.forget();
    const auto tickets = std::move(one->tickets);
    owner->recycle(one);
    for (const auto& ticket : tickets) ticket->drop();
  }

 private:
  void tell_handlers() {
    batch_delivery all;
    all.topic = one->home->owner.name;
    all.partition = one->home->index;
    all.base_offset = base_offset;
    all.count = static_cast<std::size_t>(one->count);
    all.cookies = one->cookies;
    all.failure = why;
    all.log_append_time = append_time;
    all.begun = one->begun;
    if (!one->handlers.empty()) {
      delivery each;
      each.topic = all.topic;
      each.partition = all.partition;
      each.failure = why;
      each.timestamp = append_time;
      one->handlers.finish_all([&](std::uint32_t record) -> const delivery& {
        each.offset = base_offset < 0 ? unknown_offset : base_offset + record;
        return each;
      });
    }
    told = true;
    if (owner->config().on_batch) owner->config().on_batch(all);
  }
};

}  // namespace

void sender::finish(batch& one, std::int64_t base_offset, std::int64_t append_time, error why) {
  if (one.sequence >= 0) --assigned_;
  if (transactions_ && one.attempts > 0) {
    const bool before_it =
        !one.possibly_persisted && (why.is(protocol::error_code::concurrent_transactions) ||
                                    one.last_error.is(protocol::error_code::concurrent_transactions));
    transactions_->settled(!why, before_it);
  }
  auto& counter = why ? state_.tally.failed : state_.tally.acked;
  counter.fetch_add(static_cast<std::uint64_t>(one.count), std::memory_order_relaxed);
  one.now_in.store(batch::state::delivering, std::memory_order_relaxed);
  state_.pool().give_back(std::exchange(one.memory, {}));  // room for others before any handler runs
  core_->done().push(batch_outcome{state_.shared_from_this(), &one, base_offset, append_time, std::move(why)});
}

}  // namespace v0
}  // namespace ottla
