// What a Produce request has to do with a transaction, found out before any of its batches is appended (KIP-98,
// KIP-890).
#pragma once
#include <map>
#include <vector>

#include "api/call.hpp"
#include "ottla/protocol/produce.hpp"
#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// From this version on a request names its topics by their ids (KIP-516).
inline constexpr std::int16_t first_produce_with_ids = 13;

class produce_transaction {
 public:
  /// Has the coordinator asked about each partition in which the request would begin the transaction. From version 12
  /// on the coordinator adds them to it (transaction version 2).
  produce_transaction(const call& c, const protocol::ProduceRequest& request);

  /// Not none: the whole request is refused.
  error_code refused() const { return refused_; }
  /// Not none: this partition's batch is.
  error_code refused(const partition& where) const {
    const auto found = partitions_.find(&where);
    return found == partitions_.end() ? error_code::none : found->second;
  }

 private:
  bool find_transactional(const call& c, const protocol::ProduceRequest& request);
  void ask(const call& c, std::string_view transactional_id);

  struct question {
    partition* where = nullptr;
    partition_ref name;
    producer_stamp stamp;
  };
  std::vector<question> batches_;
  error_code refused_ = error_code::none;
  std::map<const partition*, error_code> partitions_;  // looked up only, never walked
};

/// The topic that a part of the request means: by id from version 13 on.
topic* named(const call& c, const protocol::ProduceRequest::TopicProduceData& data);
/// The producer's part of a batch whose framing is in order.
producer_stamp stamp_of(const batch_fields& batch);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
