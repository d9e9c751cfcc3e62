// error: what went wrong, as a value: a code, and what was asked of which broker, how often and for how long.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ottla/protocol/error_code.hpp"

namespace ottla {
inline namespace v0 {

/// Codes of failures that the client itself finds. Broker codes live in protocol::error_code.
enum class client_code : std::int16_t {
  none = 0,
  timed_out,              ///< the caller's deadline passed
  request_timed_out,      ///< a broker did not answer in request_timeout; the connection was closed (C-57)
  delivery_timed_out,     ///< a record was not acknowledged within delivery_timeout
  broker_unreachable,     ///< name resolution or connecting failed, for every address that was tried
  disconnected,           ///< the connection ended while a request was under way
  not_kafka,              ///< the peer answers, but not in Kafka's protocol (TLS, HTTP, garbage)
  malformed_response,     ///< an answer that does not decode, or does not answer what was asked
  unsupported_version,    ///< no version of a request is known to both sides
  unknown_topic,          ///< the cluster says that the topic does not exist
  unknown_partition,      ///< the topic has no such partition
  unknown_broker,         ///< no broker of that id is in the metadata
  invalid_config,         ///< a setting is unknown, out of range or contradicts another
  invalid_argument,       ///< a call's argument cannot be served
  record_too_large,       ///< a record does not fit a batch, or a request
  buffer_full,            ///< the producer's memory bound was reached
  closed,                 ///< the object was closed before or during the call
  cancelled,              ///< the caller gave up on it
  would_deadlock,         ///< a blocking call on the core's own thread
  forked,                 ///< the process forked; this object belongs to the parent
  corrupt_batch,          ///< a record batch fails its CRC or its structure
  purged,                 ///< dropped by an abort or purge
  held_by_user,           ///< too many fetched bytes are kept alive by the application
  fatal_producer,         ///< the producer was fenced or lost its identity; open a new one
  offset_out_of_range,    ///< the position is not in the log and no reset policy says where to go
  no_position,            ///< a partition has neither a position nor a policy to find one
  partition_lost,         ///< a commit for a partition that the group took away; another member goes on with it
  circuit_open,           ///< a circuit breaker lets no call through at the moment
  rate_limited,           ///< a rate limiter has no room before the deadline
  bulkhead_full,          ///< as many calls as allowed are under way and waiting
  invalid_state,          ///< the call does not fit what the object is doing: a send outside of a transaction
  transaction_failed,     ///< something of the transaction failed: it can only be aborted
  authentication_failed,  ///< a broker does not take our credentials, or could not prove that it knows them
  tls_failed,             ///< TLS could not be agreed on: a certificate that is not trusted, no common version
  proxy_failed,           ///< the proxy does not take our credentials, or is none of the kind that was configured
};

/// Whether what was asked may have taken effect although no success was reported.
enum class persistence : std::uint8_t { no, possibly, yes };

/// Where and when it failed. Immutable once attached to an error.
struct error_context {
  std::string asked;                    ///< what was asked, e.g. "Produce to orders-3"
  std::string broker;                   ///< "host:port", with the node id where known; may be empty
  std::string detail;                   ///< what came back or what happened, one clause
  std::string advice;                   ///< what to try next; may be empty
  int attempts = 0;                     ///< how often it was tried; 0: not counted
  std::chrono::nanoseconds elapsed{0};  ///< how long it was tried; 0: not measured
  persistence persisted = persistence::no;
};

/// A failure. Cheap to copy: a code and a shared pointer. A default-constructed error means "no error".
class [[nodiscard]] error {
 public:
  error() = default;
  error(client_code code, error_context context);
  error(protocol::error_code code, error_context context);

  explicit operator bool() const { return client_ != client_code::none || broker_ != protocol::error_code::none; }

  /// The client's code, or none if a broker named the failure.
  client_code client() const { return client_; }
  /// The broker's code, or none if the client found the failure.
  protocol::error_code broker_code() const { return broker_; }
  bool is(client_code code) const { return client_ == code; }
  bool is(protocol::error_code code) const { return client_ == client_code::none && broker_ == code; }

  /// Kafka's name ("NOT_LEADER_OR_FOLLOWER") or the client's in the same manner ("TIMED_OUT").
  std::string_view name() const;
  /// Whether the same call may succeed later without anything being changed.
  bool retriable() const;
  persistence persisted() const { return context_ ? context_->persisted : persistence::no; }
  const error_context& context() const;
  /// One sentence for people: what was asked, of whom, what came back, how often, what to do.
  std::string message() const;

 private:
  client_code client_ = client_code::none;
  protocol::error_code broker_ = protocol::error_code::none;
  std::shared_ptr<const error_context> context_;
};

/// Upper-case name of a client code, e.g. "BROKER_UNREACHABLE".
std::string_view name(client_code code);

}  // namespace v0
}  // namespace ottla
