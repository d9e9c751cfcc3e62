// replay_link: targets, identities, and a batch that is written until it is known what became of it.
#include "replay_link.hpp"

#include <algorithm>

#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/produce.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::error_code;
using namespace std::chrono_literals;

constexpr auto retry_pause = 200ms;
constexpr std::size_t most_targets = 1000;
constexpr auto one_try = 5'000ms;  // of a Produce request: a broker that hangs is asked again, perhaps elsewhere

enum class verdict_of : std::uint8_t { stored, again, again_unsure, refused };

/// Each identity writes one batch into a partition, with sequence 0: whatever else the broker says about sequences,
/// it says that it has that batch.
verdict_of judge(error_code code) {
  switch (code) {
    case error_code::none:
    case error_code::duplicate_sequence_number:
    case error_code::out_of_order_sequence_number:
      return verdict_of::stored;
    case error_code::request_timed_out:
    case error_code::not_enough_replicas_after_append:
      return verdict_of::again_unsure;
    case error_code::unknown_topic_id:
    case error_code::inconsistent_topic_id:
    case error_code::fenced_leader_epoch:
    case error_code::unknown_leader_epoch:
      return verdict_of::again;
    default:
      return protocol::retriable(code) ? verdict_of::again : verdict_of::refused;
  }
}

std::string name_of(const topic_partition& where) { return where.topic + "-" + std::to_string(where.partition); }

}  // namespace

void replay_link::pause(std::chrono::nanoseconds wait) {
  completion never_set;
  cluster_.state()->runner().wait(never_set, after(now(), wait));
}

result<const replay_target*> replay_link::target(const std::string& topic) {
  if (const auto known = targets_.find(topic); known != targets_.end()) return &known->second;
  auto described = admin(cluster_).describe_topics({&topic, 1}, how_.timeout);
  if (!described) return described.error();
  const topic_description& one = described->front();
  if (targets_.size() >= most_targets) targets_.clear();  // what headers name may be anything
  replay_target out{{}, one.id, one.failure};
  for (const partition_description& part : one.partitions) out.leaders.push_back(part.leader);
  return &(targets_[topic] = std::move(out));
}

result<std::int64_t> replay_link::end_of(const topic_partition& where) {
  if (const auto known = ends_.find(where); known != ends_.end()) return known->second;
  const offset_query asked{where.topic, where.partition, latest_offset};
  auto found = admin(cluster_).list_offsets({&asked, 1}, read_isolation::uncommitted, how_.timeout);
  if (!found) return found.error();
  if (found->front().failure) return found->front().failure;
  return ends_[where] = found->front().offset;
}

result<replay_identity> replay_link::new_identity() {
  protocol::InitProducerIdRequest ask;
  ask.transactional_id = std::nullopt;
  ask.transaction_timeout_ms = INT32_MAX;
  const steady_ns deadline = after(now(), how_.timeout);
  for (;;) {
    // Repeatable: an id that was given and never heard of is never used.
    auto heard = call_blocking(*cluster_.state(), route{}, borrow_request(ask), deadline - now(), true);
    if (!heard) return heard.error();
    auto decoded_answer = decode<protocol::InitProducerIdResponse>(*heard);
    if (!decoded_answer) return decoded_answer.error();
    const auto& said = **decoded_answer;
    if (said.error_code == error_code::none)
      return replay_identity{static_cast<std::int64_t>(said.producer_id), said.producer_epoch};
    if (!protocol::retriable(said.error_code) || after(now(), retry_pause) >= deadline) {
      error_context context;
      context.asked = "InitProducerId";
      context.broker = heard->broker;
      return error(said.error_code, std::move(context));
    }
    pause(retry_pause);
  }
}

replay_link::answer replay_link::produce(const topic_partition& to, const std::vector<std::byte>& batch,
                                         steady_ns deadline) {
  answer out;
  auto known = target(to.topic);
  if (!known || (*known)->failure) {
    out.why = known ? (*known)->failure : known.error();
    return out;
  }
  const replay_target& where = **known;
  const auto partition = static_cast<std::size_t>(to.partition);
  if (partition >= where.leaders.size() || where.leaders[partition] < 0) {
    error_context context;
    context.asked = "Produce to " + name_of(to);
    context.detail = "the partition has no leader at the moment";
    out.why = error(error_code::leader_not_available, std::move(context));
    return out;
  }
  const std::chrono::nanoseconds timeout = std::max<std::chrono::nanoseconds>(deadline - now(), 0ns);
  protocol::ProduceRequest::PartitionProduceData part;
  part.index = to.partition;
  part.records = protocol::bytes_view(batch);
  protocol::ProduceRequest::TopicProduceData topic;
  topic.name = to.topic;
  topic.topic_id = where.id;
  topic.partition_data = protocol::array<protocol::ProduceRequest::PartitionProduceData>(&part, 1);
  protocol::ProduceRequest ask;
  ask.acks = -1;
  ask.timeout_ms = static_cast<std::int32_t>(timeout / 1ms);
  ask.topic_data = protocol::array<protocol::ProduceRequest::TopicProduceData>(&topic, 1);
  borrowed_request lent = borrow_request(ask);
  // From 13 on topics are named by id; some brokers offer 13 and give no ids (C-51).
  if (where.id.is_zero()) {
    lent.make = [make = std::move(lent.make)]() mutable {
      request one = make();
      one.max_version = std::min<std::int16_t>(one.max_version, 12);
      return one;
    };
  }
  std::vector<blocking_call> calls(1);
  calls[0].to = route{route::target::broker, static_cast<broker_id>(where.leaders[partition]), lane::produce};
  calls[0].ask = std::move(lent);
  calls[0].once = true;
  calls[0].deadline = deadline;
  const result<response> heard = std::move(call_blocking(*cluster_.state(), std::move(calls), timeout).front());
  if (!heard) {
    out.why = heard.error();
    return out;
  }
  auto said = decode<protocol::ProduceResponse>(*heard);
  if (!said) {
    out.why = said.error();
    return out;
  }
  for (const auto& one : (**said).responses) {
    for (const auto& result_of : one.partition_responses) {
      if (result_of.index != to.partition) continue;
      out.heard = true;
      out.base_offset = result_of.base_offset;
      if (result_of.error_code == error_code::none) return out;
      error_context context;
      context.asked = "Produce to " + name_of(to);
      context.broker = heard->broker;
      context.detail = result_of.error_message.value_or("");
      out.why = error(result_of.error_code, std::move(context));
      return out;
    }
  }
  out.why = malformed(*heard, protocol::api_key::produce, "Produce", "it does not answer what was asked");
  return out;
}

// The identity alone does not keep a repeated batch out: brokers forget a producer by the time of what it wrote, so one
// of old letters with the next restart, and then take the batch again.
written_batch replay_link::write(const planned_batch& plan, const topic_partition& letters,
                                 const std::vector<std::byte>& batch,
                                 const std::function<result<steady_ns>()>& may_send) {
  const topic_partition& to = plan.to;
  const steady_ns deadline = after(now(), how_.timeout);
  written_batch out;
  bool certain = true;  // that nothing was stored so far
  for (;;) {
    if (!certain) {
      const auto there = search(plan, letters, deadline - now());
      if (there && *there == marker_search::found) {
        out.what = written_batch::fate::stored;
        out.why = {};
        return out;
      }
      if (there ? *there == marker_search::unknown : !there.error().retriable()) return out;
      if (!there) {
        if (after(now(), retry_pause) >= deadline) return out;
        pause(retry_pause);
        continue;
      }
    }
    auto may = may_send();
    if (!may) {
      out.why = may.error();
      return out;
    }
    if (now() >= deadline) return out;
    answer heard = produce(to, batch, std::min({after(now(), one_try), deadline, *may}));
    const verdict_of means = heard.heard ? judge(heard.why.broker_code()) : verdict_of::again;
    if (means == verdict_of::stored) {
      out.what = written_batch::fate::stored;
      // What a refused sequence says about offsets is not the batch's.
      out.base_offset = heard.why ? -1 : heard.base_offset;
      out.why = {};
      if (out.base_offset >= 0) ends_[to] = std::max(ends_[to], out.base_offset + 1);
      return out;
    }
    out.why = std::move(heard.why);
    if (means == verdict_of::refused) {
      out.what = certain ? written_batch::fate::refused : written_batch::fate::unknown;
      return out;
    }
    // No answer to a request that went out, or one that leaves it open.
    if (means == verdict_of::again_unsure || (!heard.heard && out.why.persisted() != persistence::no)) certain = false;
    const bool hopeless = out.why.is(client_code::closed) || out.why.is(client_code::would_deadlock) ||
                          out.why.is(client_code::unsupported_version);
    if (hopeless || after(now(), retry_pause) >= deadline) {
      return out;
    }
    forget(to.topic);  // perhaps somebody else leads
    pause(retry_pause);
  }
}

}  // namespace v0
}  // namespace ottla
