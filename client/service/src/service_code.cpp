// service_code: the table of names, and the table from error codes to them.
#include "ottla/service/service_code.hpp"

#include <array>

namespace ottla {
inline namespace v0 {
namespace {

using code = service_code;
using broker = protocol::error_code;

constexpr std::array<service_code_row, 25> rows{{
    {code::brokers_unavailable, "KAFKA_BROKERS_UNAVAILABLE", "cannot connect to any broker",
     "check the bootstrap addresses, the network, and that the brokers run"},
    {code::send_failed, "KAFKA_SEND_FAILED", "a message could not be sent",
     "read the cause; if it is retriable the cluster was in trouble, otherwise the message or the topic is"},
    {code::invalid_config, "KAFKA_INVALID_CONFIG", "the configuration failed its validation",
     "correct the setting that the text names"},
    {code::timeout, "KAFKA_TIMEOUT", "no answer before the deadline",
     "look at the brokers' load and the network; raise the time-out if the work needs it"},
    {code::auth_failed, "KAFKA_AUTH_FAILED", "the brokers refuse who we are",
     "check the mechanism, the user and the secret"},
    {code::access_denied, "KAFKA_ACCESS_DENIED", "the principal may not do this",
     "add the permission for the topic, the group or the cluster"},
    {code::topic_unknown, "KAFKA_TOPIC_UNKNOWN", "the topic or partition does not exist",
     "create the topic, or correct its name"},
    {code::message_too_large, "KAFKA_MESSAGE_TOO_LARGE", "a message is larger than allowed",
     "make the message smaller, or raise max.message.bytes of the topic and max_request_size"},
    {code::buffer_full, "KAFKA_BUFFER_FULL", "the producer's memory is used up",
     "messages come faster than they can be sent: slow down, or raise buffer_memory"},
    {code::throttled, "KAFKA_THROTTLED", "a quota of the cluster is used up", "slow down, or raise the quota"},
    {code::consume_failed, "KAFKA_CONSUME_FAILED", "messages could not be read", "read the cause"},
    {code::offset_lost, "KAFKA_OFFSET_LOST", "the position is no longer in the log",
     "retention overtook the consumer, or the topic was made anew: choose where to go on"},
    {code::corrupt_data, "KAFKA_CORRUPT_DATA", "received data is damaged",
     "look for a bad disk or a foreign peer; the offset in the text is where it begins"},
    {code::commit_failed, "KAFKA_COMMIT_FAILED", "offsets could not be committed",
     "it is tried again; messages since the last commit may come again after a restart"},
    {code::consumer_lost, "KAFKA_CONSUMER_LOST", "the group went on without this member",
     "the handler took longer than the poll interval, or the process was paused; the member joins again"},
    {code::producer_fenced, "KAFKA_PRODUCER_FENCED", "another producer took this one's place, or its identity is lost",
     "open a new producer; look for two instances with one transactional id"},
    {code::dlq_write_failed, "KAFKA_DLQ_WRITE_FAILED", "a dead letter could not be written: its partition stands still",
     "check that the dead letter topic exists and may be written; nothing is skipped meanwhile"},
    {code::circuit_open, "KAFKA_CIRCUIT_OPEN", "the circuit breaker lets no call through",
     "what it guards failed or was slow; it probes by itself"},
    {code::rate_limited, "KAFKA_RATE_LIMITED", "the rate limit leaves no room before the deadline",
     "slow down, or raise the limit"},
    {code::bulkhead_full, "KAFKA_BULKHEAD_FULL", "as many calls as allowed are under way and waiting",
     "what is called is slower than the callers: raise the bounds or shed load"},
    {code::closed, "KAFKA_CLOSED", "it was closed before or meanwhile", "nothing, in a shutdown"},
    {code::cancelled, "KAFKA_CANCELLED", "the caller gave up", "nothing"},
    {code::unsupported, "KAFKA_UNSUPPORTED", "the broker cannot do this, or does not speak Kafka",
     "check the broker's version, and the port"},
    {code::misuse, "KAFKA_MISUSE", "the call cannot be made like this", "correct the program: the text says how"},
    {code::request_failed, "KAFKA_REQUEST_FAILED", "the cluster did not do as it was asked", "read the cause"},
}};

struct client_row {
  client_code from;
  service_code to;
};
// What is not here takes the name of what was being done.
constexpr std::array<client_row, 30> of_client{{
    {client_code::timed_out, code::timeout},
    {client_code::request_timed_out, code::timeout},
    {client_code::delivery_timed_out, code::timeout},
    {client_code::broker_unreachable, code::brokers_unavailable},
    {client_code::not_kafka, code::unsupported},
    {client_code::malformed_response, code::corrupt_data},
    {client_code::unsupported_version, code::unsupported},
    {client_code::unknown_topic, code::topic_unknown},
    {client_code::unknown_partition, code::topic_unknown},
    {client_code::unknown_broker, code::brokers_unavailable},
    {client_code::invalid_config, code::invalid_config},
    {client_code::invalid_argument, code::misuse},
    {client_code::record_too_large, code::message_too_large},
    {client_code::buffer_full, code::buffer_full},
    {client_code::closed, code::closed},
    {client_code::cancelled, code::cancelled},
    {client_code::would_deadlock, code::misuse},
    {client_code::forked, code::misuse},
    {client_code::corrupt_batch, code::corrupt_data},
    {client_code::held_by_user, code::misuse},
    {client_code::fatal_producer, code::producer_fenced},
    {client_code::offset_out_of_range, code::offset_lost},
    {client_code::partition_lost, code::consumer_lost},
    {client_code::circuit_open, code::circuit_open},
    {client_code::rate_limited, code::rate_limited},
    {client_code::bulkhead_full, code::bulkhead_full},
    {client_code::invalid_state, code::misuse},
    {client_code::authentication_failed, code::auth_failed},
    {client_code::tls_failed, code::auth_failed},
    {client_code::proxy_failed, code::brokers_unavailable},
}};

struct broker_row {
  protocol::error_code from;
  service_code to;
};
constexpr std::array<broker_row, 39> of_broker{{
    {broker::broker_not_available, code::brokers_unavailable},
    {broker::request_timed_out, code::timeout},
    {broker::sasl_authentication_failed, code::auth_failed},
    {broker::unsupported_sasl_mechanism, code::auth_failed},
    {broker::illegal_sasl_state, code::auth_failed},
    {broker::unacceptable_credential, code::auth_failed},
    {broker::delegation_token_expired, code::auth_failed},
    {broker::delegation_token_not_found, code::auth_failed},
    {broker::topic_authorization_failed, code::access_denied},
    {broker::group_authorization_failed, code::access_denied},
    {broker::cluster_authorization_failed, code::access_denied},
    {broker::transactional_id_authorization_failed, code::access_denied},
    {broker::delegation_token_authorization_failed, code::access_denied},
    {broker::unknown_topic_or_partition, code::topic_unknown},
    {broker::unknown_topic_id, code::topic_unknown},
    {broker::invalid_topic_exception, code::topic_unknown},
    {broker::message_too_large, code::message_too_large},
    {broker::record_list_too_large, code::message_too_large},
    {broker::throttling_quota_exceeded, code::throttled},
    {broker::offset_out_of_range, code::offset_lost},
    {broker::corrupt_message, code::corrupt_data},
    {broker::illegal_generation, code::consumer_lost},
    {broker::unknown_member_id, code::consumer_lost},
    {broker::rebalance_in_progress, code::consumer_lost},
    {broker::fenced_instance_id, code::consumer_lost},
    {broker::fenced_member_epoch, code::consumer_lost},
    {broker::unreleased_instance_id, code::consumer_lost},
    {broker::invalid_producer_epoch, code::producer_fenced},
    {broker::producer_fenced, code::producer_fenced},
    {broker::unknown_producer_id, code::producer_fenced},
    {broker::invalid_producer_id_mapping, code::producer_fenced},
    {broker::unsupported_version, code::unsupported},
    {broker::unsupported_compression_type, code::unsupported},
    {broker::unsupported_for_message_format, code::unsupported},
    {broker::unsupported_assignor, code::unsupported},
    {broker::invalid_config, code::invalid_config},
    {broker::invalid_group_id, code::invalid_config},
    {broker::invalid_session_timeout, code::invalid_config},
    {broker::inconsistent_group_protocol, code::invalid_config},
}};

service_code by_operation(service_operation doing) {
  switch (doing) {
    case service_operation::request:
      return code::request_failed;
    case service_operation::send:
      return code::send_failed;
    case service_operation::consume:
      return code::consume_failed;
    case service_operation::commit:
      return code::commit_failed;
    case service_operation::dead_letter:
      return code::dlq_write_failed;
  }
  return code::request_failed;
}

}  // namespace

std::span<const service_code_row> service_codes() { return rows; }

std::string_view name(service_code of) {
  for (const service_code_row& one : rows) {
    if (one.code == of) return one.name;
  }
  return {};
}

service_code code_of(const error& e, service_operation doing) {
  if (!e) return code::none;
  if (doing == service_operation::dead_letter) return code::dlq_write_failed;
  if (e.client() != client_code::none) {
    for (const client_row& one : of_client) {
      if (one.from == e.client()) return one.to;
    }
  } else {
    for (const broker_row& one : of_broker) {
      if (one.from == e.broker_code()) return one.to;
    }
  }
  return by_operation(doing);
}

}  // namespace v0
}  // namespace ottla
