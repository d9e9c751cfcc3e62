// Produce: batches into logs, with Kafka's checks of producers' sequences and transactions.
#include <algorithm>

#include "api/answers.hpp"
#include "api/leader_hint.hpp"
#include "api/pending_produce.hpp"
#include "api/permission.hpp"
#include "api/produce_transaction.hpp"
#include "api/throttle.hpp"
#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using produced_partition = ProduceResponse::PartitionProduceResponse;

void refuse(produced_partition& out, error_code error, std::string_view why = {}) {
  out.error_code = error;
  out.base_offset = -1;
  if (!why.empty()) out.error_message = why;
}

void refuse(call& c, const partition& where, produced_partition& out, const refusal& refused) {
  refuse(out, refused.error, c.copy(refused.why));
  out.record_errors = c.make<ProduceResponse::BatchIndexAndErrorMessage>(refused.records.size());
  for (std::size_t i = 0; i < refused.records.size(); ++i) {
    out.record_errors[i].batch_index = refused.records[i].index;
    out.record_errors[i].batch_index_error_message = c.copy(refused.records[i].why);
  }
  if (refused.by_the_log) out.log_start_offset = where.log.start_offset();
}

/// The sequence rules; true if the batch is to be appended. One that is there already is answered.
bool admit(call& c, partition& where, const producer_stamp& stamp, produced_partition& out) {
  if (stamp.producer_id == no_producer_id) return true;
  const sequence_check checked = where.producers.check(stamp);
  out.log_start_offset = where.log.start_offset();
  switch (checked.verdict) {
    case sequence_verdict::append:
      return true;
    case sequence_verdict::duplicate:
      out.base_offset = checked.original.base_offset;
      out.log_append_time_ms = checked.original.max_timestamp;
      return false;
    case sequence_verdict::out_of_order:
      refuse(out, error_code::out_of_order_sequence_number,
             c.copy("Sequence " + std::to_string(stamp.first_sequence) + " of producer " +
                    std::to_string(stamp.producer_id) + " is not the one that follows."));
      return false;
    case sequence_verdict::stale_epoch:
      refuse(out, error_code::invalid_producer_epoch,
             c.copy("Epoch " + std::to_string(stamp.producer_epoch) + " of producer " +
                    std::to_string(stamp.producer_id) + " is older than the newest seen."));
      return false;
    case sequence_verdict::not_transactional:
      refuse(out, error_code::invalid_txn_state,
             c.copy("Producer " + std::to_string(stamp.producer_id) +
                    " has a transaction open, and this is no part of it."));
      return false;
  }
  return false;
}

void append(call& c, topic& to, partition& where, protocol::bytes_view records, std::int16_t acks,
            produced_partition& out) {
  if (acks == -1 && where.in_sync.size() < where.needed_in_sync())
    return refuse(out, error_code::not_enough_replicas, "Fewer replicas are in sync than min.insync.replicas.");
  if (const auto refused = c.cluster.checker.check(records, c.version, to.settings, c.now.wall))
    return refuse(c, where, out, *refused);
  const producer_stamp stamp = stamp_of(batch_fields(records));
  if (!admit(c, where, stamp, out)) return;
  const auto base_offset = c.cluster.append(to, where, records, c.now);
  if (!base_offset) return refuse(out, error_code::kafka_storage_error, c.cluster.refusal);
  if (stamp.producer_id != no_producer_id) {
    const batch_fields stored(where.log.batch_at(*base_offset));
    if (stamp.transactional) where.producers.answered_for(stamp.producer_id);
    if (where.producers.remember(stamp, *base_offset, stored.max_timestamp(), c.now.wall.count()))
      where.log.transactions.begin(*base_offset);
  }
  out.base_offset = *base_offset;
  if (to.settings.log_append_time) out.log_append_time_ms = c.now.wall.count();
  out.log_start_offset = where.log.start_offset();
}

/// Fills the response's shape and calls each(data, partition, answer) for every partition of the request.
template <class Each>
void for_each_partition(call& c, const ProduceRequest& request, ProduceResponse& response, Each each) {
  response.responses = c.make<ProduceResponse::TopicProduceResponse>(request.topic_data.size());
  for (std::size_t t = 0; t < request.topic_data.size(); ++t) {
    const auto& data = request.topic_data[t];
    auto& told = response.responses[t];
    told.name = data.name;
    told.topic_id = data.topic_id;
    told.partition_responses = c.make<produced_partition>(data.partition_data.size());
    for (std::size_t p = 0; p < data.partition_data.size(); ++p) {
      told.partition_responses[p].index = data.partition_data[p].index;
      each(data, data.partition_data[p], told.partition_responses[p]);
    }
  }
}

/// Where batches are in the log that not all replicas in sync have yet.
std::vector<pending_produce::wait> not_replicated(const call& c, const ProduceRequest& request,
                                                  const ProduceResponse& response) {
  std::vector<pending_produce::wait> out;
  for (std::size_t t = 0; t < request.topic_data.size(); ++t) {
    const auto& data = request.topic_data[t].partition_data;
    for (std::size_t p = 0; p < data.size(); ++p) {
      const produced_partition& told = response.responses[t].partition_responses[p];
      if (told.error_code != error_code::none) continue;
      const topic* to = named(c, request.topic_data[t]);
      const partition& where = *to->find(data[p].index);
      // A batch that was there already may be waited for as well.
      const std::int64_t end = told.base_offset + batch_fields(*data[p].records).last_offset_delta() + 1;
      if (where.high_watermark() < end) out.push_back({t, p, to->id, data[p].index, where.leader_epoch, end});
    }
  }
  return out;
}

}  // namespace

verdict answer(call& c, const ProduceRequest& request, ProduceResponse& response) {
  leader_hints<ProduceResponse> hints(10, 10);
  const produce_transaction in_transaction(c, request);
  bool failed = false;
  bool some_trail = false;
  for_each_partition(c, request, response, [&](const auto& data, const auto& asked, produced_partition& told) {
    topic* to = named(c, data);
    const located found = locate(c, to, asked.index);
    if (request.acks < -1 || request.acks > 1) {
      refuse(told, error_code::invalid_required_acks, "acks must be -1, 0 or 1.");
    } else if (in_transaction.refused() != error_code::none) {
      refuse(told, in_transaction.refused());
    } else if (to == nullptr && c.version >= first_produce_with_ids) {
      refuse(told, error_code::unknown_topic_id);
    } else if (!may_topic(c, acl_operation::write, to == nullptr ? data.name : std::string_view(to->name))) {
      refuse(told, error_code::topic_authorization_failed);
    } else if (found.error != error_code::none) {
      refuse(told, found.error);
      hints.note(c, found, told.current_leader);
    } else if (const error_code error = in_transaction.refused(*found.where); error != error_code::none) {
      refuse(told, error, "The coordinator of the transaction has refused this partition.");
    } else {
      append(c, *to, *found.where, asked.records.value_or(protocol::bytes_view{}), request.acks, told);
      some_trail = some_trail || !found.where->trailing.empty();
    }
    failed = failed || told.error_code != error_code::none;
  });
  count(c, producer_byte_rate, c.request_bytes);
  if (request.acks == 0) {
    // There is no answer in which to say so: a real broker closes, and the client finds out.
    if (failed) c.close_reason = "a produce request with acks 0 failed";
    return failed ? verdict::close : verdict::silence;
  }
  hints.write(c, response);
  if (request.acks != -1 || !some_trail) return verdict::answer;
  auto waits = not_replicated(c, request, response);
  if (waits.empty()) return verdict::answer;
  const auto patience = std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  c.parked = std::make_unique<pending_produce>(c, response, std::move(waits), c.now.mono + patience);
  return verdict::park;
}

void answer_error(call& c, const ProduceRequest& request, ProduceResponse& response, error_code error) {
  for_each_partition(c, request, response,
                     [&](const auto&, const auto&, produced_partition& told) { refuse(told, error); });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
