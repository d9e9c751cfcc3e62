// error: names of client codes, what may be tried again, and the sentence that people read.
#include "ottla/error.hpp"

#include <array>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

struct client_code_entry {
  client_code code;
  std::string_view name;
  bool retriable;
  std::string_view meaning;
};
constexpr std::array<client_code_entry, 35> client_codes{{
    {client_code::none, "NONE", false, "no error"},
    {client_code::timed_out, "TIMED_OUT", true, "the deadline passed"},
    {client_code::request_timed_out, "REQUEST_TIMED_OUT", true, "the broker did not answer in time"},
    {client_code::delivery_timed_out, "DELIVERY_TIMED_OUT", true, "the record was not acknowledged in time"},
    {client_code::broker_unreachable, "BROKER_UNREACHABLE", true, "no connection could be made"},
    {client_code::disconnected, "DISCONNECTED", true, "the connection ended"},
    {client_code::not_kafka, "NOT_KAFKA", false, "the peer does not speak Kafka's protocol here"},
    {client_code::malformed_response, "MALFORMED_RESPONSE", false, "the broker's answer cannot be used"},
    {client_code::unsupported_version, "UNSUPPORTED_VERSION", false, "no usable version of the request"},
    {client_code::unknown_topic, "UNKNOWN_TOPIC", false, "the topic does not exist"},
    {client_code::unknown_partition, "UNKNOWN_PARTITION", false, "the topic has no such partition"},
    {client_code::unknown_broker, "UNKNOWN_BROKER", false, "the cluster has no broker of that id"},
    {client_code::invalid_config, "INVALID_CONFIG", false, "the configuration cannot be used"},
    {client_code::invalid_argument, "INVALID_ARGUMENT", false, "the argument cannot be used"},
    {client_code::record_too_large, "RECORD_TOO_LARGE", false, "the record is too large"},
    {client_code::buffer_full, "BUFFER_FULL", true, "the producer's buffer is full"},
    {client_code::closed, "CLOSED", false, "it was closed"},
    {client_code::cancelled, "CANCELLED", false, "it was cancelled"},
    {client_code::would_deadlock, "WOULD_DEADLOCK", false,
     "a blocking call on the client's own thread would never end"},
    {client_code::forked, "FORKED", false, "the process was forked; open a new cluster in the child"},
    {client_code::corrupt_batch, "CORRUPT_BATCH", false, "a record batch is damaged"},
    {client_code::purged, "PURGED", false, "it was dropped on request"},
    {client_code::held_by_user, "HELD_BY_USER", false, "the application keeps too many fetched bytes alive"},
    {client_code::fatal_producer, "FATAL_PRODUCER", false, "the producer cannot go on"},
    {client_code::offset_out_of_range, "OFFSET_OUT_OF_RANGE", false, "the position is outside the log"},
    {client_code::no_position, "NO_POSITION", false, "the partition has no position and no policy to find one"},
    {client_code::partition_lost, "PARTITION_LOST", false, "the partition is not assigned to this member any more"},
    {client_code::circuit_open, "CIRCUIT_OPEN", true, "the circuit breaker is open"},
    {client_code::rate_limited, "RATE_LIMITED", true, "the rate limit leaves no room in time"},
    {client_code::bulkhead_full, "BULKHEAD_FULL", true, "too many calls are under way and waiting"},
    {client_code::invalid_state, "INVALID_STATE", false, "the call does not fit the state that the object is in"},
    {client_code::transaction_failed, "TRANSACTION_FAILED", false, "the transaction failed and has to be aborted"},
    {client_code::authentication_failed, "AUTHENTICATION_FAILED", false, "the broker does not take the credentials"},
    {client_code::tls_failed, "TLS_FAILED", false, "TLS could not be agreed on"},
    {client_code::proxy_failed, "PROXY_FAILED", false, "the proxy cannot be used"},
}};

const client_code_entry& entry(client_code code) {
  for (const auto& one : client_codes) {
    if (one.code == code) return one;
  }
  return client_codes[0];
}

}  // namespace

std::string_view name(client_code code) { return entry(code).name; }

error::error(client_code code, error_context context)
    : client_(code), context_(std::make_shared<const error_context>(std::move(context))) {}
error::error(protocol::error_code code, error_context context)
    : broker_(code), context_(std::make_shared<const error_context>(std::move(context))) {}

const error_context& error::context() const {
  static const error_context empty;
  return context_ ? *context_ : empty;
}

std::string_view error::name() const {
  return client_ != client_code::none ? entry(client_).name : protocol::name(broker_);
}

bool error::retriable() const {
  return client_ != client_code::none ? entry(client_).retriable : protocol::retriable(broker_);
}

std::string error::message() const {
  const error_context& at = context();
  std::string out = at.asked.empty() ? std::string() : at.asked + " ";
  if (!at.broker.empty()) out += (at.asked.empty() ? "" : "at ") + at.broker + " ";
  out += out.empty() ? "" : "failed with ";
  out += name();
  const std::string_view meaning = client_ != client_code::none ? entry(client_).meaning : protocol::describe(broker_);
  out += ": ";
  out += at.detail.empty() ? std::string(meaning) : at.detail;
  if (at.attempts > 1) out += " (tried " + std::to_string(at.attempts) + " times";
  if (at.elapsed.count() > 0) {
    out += at.attempts > 1 ? " in " : " (after ";
    out += std::to_string(at.elapsed / std::chrono::milliseconds(1)) + " ms";
  }
  if (at.attempts > 1 || at.elapsed.count() > 0) out += ")";
  if (at.persisted == persistence::possibly) out += "; it may have taken effect";
  if (!at.advice.empty()) out += "; " + at.advice;
  return out;
}

}  // namespace v0
}  // namespace ottla
