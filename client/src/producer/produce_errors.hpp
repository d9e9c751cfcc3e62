// produce_errors: what each error code of a Produce answer means for its batch. The one place where that is decided.
#pragma once

#include "ottla/protocol/error_code.hpp"

namespace ottla {
inline namespace v0 {

enum class produce_verdict : std::uint8_t {
  stored,           ///< acknowledged
  stored_before,    ///< DUPLICATE_SEQUENCE: an earlier attempt was stored (C-5)
  retry,            ///< not stored, try again
  retry_elsewhere,  ///< another broker leads: refresh the metadata (C-13); not stored, unless a base offset is told
  retry_unsure,     ///< perhaps stored: only the same sequence may be sent again (C-9)
  out_of_order,     ///< not stored: an earlier sequence is missing (C-4)
  forgotten,        ///< not stored: the broker no longer knows this producer (C-6)
  new_epoch,        ///< not stored: the epoch is stale
  split,            ///< not stored: too large as one (C-15)
  refused,          ///< not stored, and will not be
};

inline produce_verdict judge_produce(protocol::error_code code) {
  using protocol::error_code;
  switch (code) {
    case error_code::none:
      return produce_verdict::stored;
    case error_code::duplicate_sequence_number:
      return produce_verdict::stored_before;
    case error_code::out_of_order_sequence_number:
      return produce_verdict::out_of_order;
    case error_code::unknown_producer_id:
      return produce_verdict::forgotten;
    case error_code::invalid_producer_epoch:
      return produce_verdict::new_epoch;
    case error_code::message_too_large:
    case error_code::record_list_too_large:
      return produce_verdict::split;
    // The leader took it and did not hear from enough followers in time.
    case error_code::request_timed_out:
    case error_code::not_enough_replicas_after_append:
      return produce_verdict::retry_unsure;
    case error_code::not_leader_or_follower:
    case error_code::leader_not_available:
    case error_code::replica_not_available:
    case error_code::unknown_topic_or_partition:
    case error_code::unknown_topic_id:
    case error_code::inconsistent_topic_id:
    case error_code::fenced_leader_epoch:
    case error_code::unknown_leader_epoch:
    case error_code::kafka_storage_error:
      return produce_verdict::retry_elsewhere;
    // Damaged on the way, perhaps: Kafka's own clients send it again.
    case error_code::corrupt_message:
      return produce_verdict::retry;
    default:
      return protocol::retriable(code) ? produce_verdict::retry : produce_verdict::refused;
  }
}

}  // namespace v0
}  // namespace ottla
