// What a Produce request has to do with a transaction, found out before any of its batches is appended.
#include "api/produce_transaction.hpp"

#include <algorithm>

#include "api/permission.hpp"
#include "api/transaction_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::int16_t first_produce_with_abortable = 11;
constexpr std::int16_t first_produce_that_adds = 12;

/// What a producer of this version makes the best of. Old ones send again after NOT_ENOUGH_REPLICAS, and without asking
/// for metadata first.
error_code for_producer(error_code error, std::int16_t version) {
  const bool is_new = version >= first_produce_that_adds;
  if (error == error_code::transaction_abortable && version < first_produce_with_abortable)
    return error_code::invalid_txn_state;
  const bool may_pass = error == error_code::network_exception || error == error_code::coordinator_not_available ||
                        (error == error_code::concurrent_transactions && !is_new);
  return may_pass ? error_code::not_enough_replicas : error;
}

}  // namespace

topic* named(const call& c, const protocol::ProduceRequest::TopicProduceData& data) {
  return c.version >= first_produce_with_ids ? c.cluster.topics.find(data.topic_id) : c.cluster.topics.find(data.name);
}

producer_stamp stamp_of(const batch_fields& batch) {
  return {batch.producer_id(), batch.producer_epoch(), batch.base_sequence(), batch.last_offset_delta(),
          batch.transactional()};
}

produce_transaction::produce_transaction(const call& c, const protocol::ProduceRequest& request) {
  if (!find_transactional(c, request)) return;
  if (!request.transactional_id || !may_transaction(c, acl_operation::write, *request.transactional_id)) {
    refused_ = error_code::transactional_id_authorization_failed;
    return;
  }
  const auto another = std::find_if(batches_.begin(), batches_.end(), [&](const question& q) {
    return q.stamp.producer_id != batches_.front().stamp.producer_id ||
           q.stamp.producer_epoch != batches_.front().stamp.producer_epoch;
  });
  if (another != batches_.end()) {
    refused_ = error_code::invalid_producer_id_mapping;
    return;
  }
  std::erase_if(batches_, [](const question& q) {
    return q.where->producers.is_open(q.stamp.producer_id, q.stamp.producer_epoch);
  });
  if (!batches_.empty()) ask(c, *request.transactional_id);
}

/// True if there is anything transactional in the request, be it for partitions that are not here.
bool produce_transaction::find_transactional(const call& c, const protocol::ProduceRequest& request) {
  bool any = false;
  for (const auto& data : request.topic_data) {
    topic* to = named(c, data);
    for (const auto& asked : data.partition_data) {
      const auto records = asked.records.value_or(protocol::bytes_view{});
      if (batch_checker::check_framing(records, c.version)) continue;
      const producer_stamp stamp = stamp_of(batch_fields(records));
      if (!stamp.transactional) continue;
      any = true;
      const located found = locate(c, to, asked.index);
      if (found.error != error_code::none || stamp.producer_id == no_producer_id) continue;
      if (!may_topic(c, acl_operation::write, to->name)) continue;
      batches_.push_back({found.where, {to->name, asked.index}, stamp});
    }
  }
  return any;
}

void produce_transaction::ask(const call& c, std::string_view transactional_id) {
  const bool adds = c.version >= first_produce_that_adds;
  partition_set partitions;
  for (const question& q : batches_) {
    q.where->producers.asked_for(q.stamp, adds, c.now.wall.count());
    partitions.insert(q.name);
  }
  const producer_stamp& first = batches_.front().stamp;
  const enlistment asked(c, transactional_id, {first.producer_id, first.producer_epoch}, partitions, adds);
  for (const question& q : batches_) partitions_[q.where] = for_producer(asked.told_of(q.name), c.version);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
