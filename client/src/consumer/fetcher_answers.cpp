// fetcher_answers: what an answer, or none, changes: sessions, positions, leaders, and what the reader gets.
#include <algorithm>
#include <utility>

#include "batch_scan.hpp"
#include "fetcher.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::error_code;
using protocol::FetchResponse;

// Before this version a broker holds its answer back instead of telling how long the client should be silent (KIP-219).
constexpr std::int16_t first_throttled_by_client = 8;
// So often an id may be unknown right behind a topic's creation before it is taken as gone (C-38).
constexpr int id_failures_bound = 8;
// So many answers in a row may come at once and without anything in them.
constexpr int fruitless_bound = 2;

}  // namespace

void fetcher::on_fetched(broker_id id, const response& answer) {
  auto found = brokers_.find(id);
  if (!attached_ || found == brokers_.end()) return;
  broker_fetch& broker = found->second;
  now_ = core_->now();
  broker.in_flight = false;
  broker.reserved = 0;
  dirty_ = true;
  core_->nudge(now_.mono);
  if (answer.failure) return on_failed(id, broker, answer.failure);
  const auto message = decode<FetchResponse>(answer);
  if (!message) return on_failed(id, broker, message.error());
  on_answer(id, broker, *message, answer);
}

void fetcher::on_failed(broker_id id, broker_fetch& broker, const error& why) {
  broker.session.lost();
  if (why.is(client_code::cancelled) || why.is(client_code::closed)) return;
  leave_follower(id, why.name());
  tally_.failures.fetch_add(1, std::memory_order_relaxed);
  broker.not_before = after(now_.mono, broker.retry->next());
  core_->meta().request_refresh();
  queue_->set_trouble(why);
  core_->log(log_level::warning, "consumer", why.message());
  // Nobody shares a version with us, or may talk to us: that is for people to hear, not only for the log.
  if (!why.retriable()) report({}, why);
}

void fetcher::on_answer(broker_id id, broker_fetch& broker, const decoded<FetchResponse>& message,
                        const response& answer) {
  // The broker is muted for so long: what we send meanwhile would only lie there (C-52).
  if (message->throttle_time_ms > 0) {
    tally_.throttled_ms.fetch_add(static_cast<std::uint64_t>(message->throttle_time_ms), std::memory_order_relaxed);
  }
  if (message->throttle_time_ms > 0 && answer.version >= first_throttled_by_client)
    broker.not_before = after(now_.mono, std::chrono::milliseconds(message->throttle_time_ms));
  if (message->error_code != error_code::none) {
    tally_.failures.fetch_add(1, std::memory_order_relaxed);
    if (broker.session.refused(message->error_code)) return;
    leave_follower(id, protocol::name(message->error_code));
    error_context context;
    context.asked = "Fetch";
    context.broker = answer.broker;
    const error why(message->error_code, std::move(context));
    broker.not_before = std::max(broker.not_before, after(now_.mono, broker.retry->next()));
    core_->meta().request_refresh();
    queue_->set_trouble(why);
    if (!why.retriable() && message->error_code != error_code::unknown_server_error) report({}, why);
    return;
  }
  queue_->set_trouble({});
  apply_hints(*message);
  std::vector<fetched_partition> parts;
  bool strange = false, failed = false, redirected = false;
  for (const auto& topic : message->responses) {
    for (const auto& data : topic.partitions) {
      const fetch_entry* asked = answer.version >= 13 ? broker.session.asked(topic.topic_id, data.partition_index)
                                                      : broker.session.asked(topic.topic, data.partition_index);
      if (asked == nullptr) {
        strange = true;  // C-60
      } else {
        redirected = on_partition(id, *asked, data, answer, parts) || redirected;
        failed = failed || data.error_code != error_code::none;
      }
    }
  }
  broker.session.accepted(answer.version >= 7 ? message->session_id : 0);
  if (strange) broker.session.distrust();
  // A broker that answers at once and brings nothing, again and again, must not keep us busy.
  std::size_t brought = 0;
  for (const fetched_partition& one : parts) brought += one.records.size();
  // Errors are told at once, and so is a follower to read from, rightly without records.
  const bool waited = !failed && !redirected;
  if (waited && brought < static_cast<std::size_t>(std::max(config_.fetch_min_bytes, 1))) rest(broker);
  const std::chrono::milliseconds usual = failed ? config_.fetch_max_wait : broker.waits;
  if (strange || (brought == 0 && !redirected && answer.latency < usual / 2)) {
    const bool often = broker.retry->tries() >= fruitless_bound;
    const steady_ns later = after(now_.mono, broker.retry->next());
    if (often) broker.not_before = std::max(broker.not_before, later);
  } else {
    broker.retry->reset();
  }
  if (!parts.empty()) queue_->deliver(std::move(parts), answer.owner);
}

// Endpoints first: a hint that names a leader of unknown address is of no use (KIP-951, C-35).
void fetcher::apply_hints(const FetchResponse& message) {
  for (const auto& node : message.node_endpoints) {
    if (node.port > 0 && node.port <= 65535) {
      core_->meta().apply_broker_hint(node.node_id, {std::string(node.host), static_cast<std::uint16_t>(node.port)});
    }
  }
}

/// True if the leader has sent us to a follower.
bool fetcher::on_partition(broker_id from, const fetch_entry& asked, const FetchResponse::PartitionData& data,
                           const response& answer, std::vector<fetched_partition>& out) {
  fetch_partition* one = find(*asked.where);
  const bool current = one != nullptr && one->slot == asked.slot && one->version == asked.version &&
                       one->offset == asked.offset && one->phase == fetch_phase::fetching;
  if (!current) {  // sought, revoked, or being validated meanwhile (C-30)
    tally_.discarded.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  if (data.error_code != error_code::none) {
    // It lags behind its leader, or is none of its followers any more: the leader knows better (C-31).
    if (one->follower == from) {
      back_to_leader(*one, protocol::name(data.error_code));
    } else {
      on_partition_error(*one, data, answer);
    }
    return false;
  }
  const bool redirected = from == one->leader && follow(*one, data.preferred_read_replica);
  one->id_failures = 0;
  fetched_partition part;
  part.slot = one->slot;
  part.version = one->version;
  part.fetch_offset = one->offset;
  part.watermarks = {data.log_start_offset, data.high_watermark, data.last_stable_offset};
  on_records(*one, data, part);
  out.push_back(std::move(part));
  return redirected;
}

void fetcher::on_records(fetch_partition& one, const FetchResponse::PartitionData& data, fetched_partition& part) {
  if (!data.records || data.records->empty()) {
    one.retry.reset();
    return;
  }
  const scan_result scan = scan_batches(*data.records, one.offset);
  if (scan.next_offset == one.offset && !scan.damaged) {
    // Bytes, but nothing to go on with. A cut batch needs more room (C-29); anything else must not become a busy loop
    // (C-28).
    const auto most =
        static_cast<std::size_t>(std::min<std::size_t>(core_->config().max_response_bytes, INT32_MAX)) / 2;
    if (scan.wanted_bytes > static_cast<std::size_t>(one.max_bytes) && scan.wanted_bytes <= most) {
      one.max_bytes = static_cast<std::int32_t>(scan.wanted_bytes);
      return;
    }
    one.back_off(now_.mono);
    if (scan.wanted_bytes > most) {
      error why = trouble_of(one, error_code::none, {});
      error_context context = why.context();
      context.detail = "the batch at offset " + std::to_string(one.offset) + " has " +
                       std::to_string(scan.wanted_bytes) + " bytes, and responses are bounded to " +
                       std::to_string(core_->config().max_response_bytes);
      context.advice = "raise max_response_bytes, or seek past it";
      report(*one.where, error(client_code::record_too_large, std::move(context)));
    }
    return;
  }
  one.max_bytes = config_.max_partition_fetch_bytes;
  one.offset = scan.next_offset;
  // The epoch stands outside the CRC. A batch cannot be younger than the leader that served it.
  if (scan.leader_epoch >= 0 && (one.leader_epoch < 0 || scan.leader_epoch <= one.leader_epoch))
    one.offset_epoch = scan.leader_epoch;
  if (scan.damaged) {
    one.enter(fetch_phase::halted);  // the reader finds it too, reports it, and has it fetched again
  } else {
    one.retry.reset();
  }
  part.records = *data.records;
  if (config_.isolation == isolation_level::read_committed && data.aborted_transactions) {
    for (const auto& aborted : *data.aborted_transactions) {
      part.aborted.push_back({static_cast<std::int64_t>(aborted.producer_id), aborted.first_offset});
    }
  }
}

void fetcher::on_partition_error(fetch_partition& one, const FetchResponse::PartitionData& data,
                                 const response& answer) {
  const std::string& topic = one.where->topic;
  const error why = trouble_of(one, data.error_code, answer.broker);
  switch (data.error_code) {
    case error_code::offset_out_of_range:
      // Of the leader's log as it is now. It may have lost what we read: then its epochs say where (C-31, C-33).
      if (one.offset_epoch >= 0 && !one.out_of_range) {
        one.out_of_range = true;
        one.enter(fetch_phase::validating);
      } else {
        reset_by_policy(one, "the broker answers OFFSET_OUT_OF_RANGE");
      }
      return;
    case error_code::not_leader_or_follower:
    case error_code::fenced_leader_epoch:
      if (core_->meta().apply_leader_hint(topic, one.where->partition, data.current_leader.leader_id,
                                          data.current_leader.leader_epoch)) {
        return;  // known now, without asking (KIP-951); the step behind us moves the partition
      }
      core_->meta().request_refresh();
      one.back_off(now_.mono);
      return;
    case error_code::unknown_leader_epoch:  // we know more than this broker yet (C-32)
    case error_code::offset_not_available:
      one.back_off(now_.mono);
      return;
    case error_code::unknown_topic_id:
    case error_code::inconsistent_topic_id:
    case error_code::unknown_topic_or_partition:
      // Right behind a creation not every broker knows it. For ever, if it was deleted (C-38).
      core_->meta().request_refresh();
      one.back_off(now_.mono);
      if (++one.id_failures >= id_failures_bound) {
        one.id_failures = 0;
        error_context context = why.context();
        context.attempts = id_failures_bound;
        context.detail = "the broker does not know the topic any more";
        context.advice = "it may have been deleted, or created anew";
        report(*one.where, error(data.error_code, std::move(context)));
      }
      return;
    default:
      core_->meta().request_refresh();
      one.back_off(now_.mono);
      core_->log(log_level::warning, "consumer", why.message());
      if (!why.retriable() && data.error_code != error_code::unknown_server_error) report(*one.where, why);
      return;
  }
}

}  // namespace v0
}  // namespace ottla
