// kafka_event_publisher: an event becomes a record, and is sent.
#include "ottla/service/event_publisher.hpp"

namespace ottla {
inline namespace v0 {
namespace {

producer_message message_of(const encoded_event& event, std::string_view topic) {
  const record what = event.as_record();
  producer_message out;
  out.topic = topic;
  out.key = what.key;
  out.value = what.value;
  out.headers = what.headers;
  out.partition = what.partition;
  out.timestamp = what.timestamp;
  return out;
}

}  // namespace

kafka_event_publisher::kafka_event_publisher(cluster& on, producer_options options, envelope_mode mode)
    : cluster_(on), producer_(on, std::move(options)), mode_(mode) {}

result<void> kafka_event_publisher::publish(std::string_view topic, const envelope& event, outcome told) {
  const auto encoded = encode_event(event, mode_);
  if (!encoded) return unexpected(encoded.error());
  return producer_.send(message_of(*encoded, topic), std::move(told));
}

result<delivery> kafka_event_publisher::publish(std::string_view topic, const envelope& event,
                                                std::chrono::milliseconds timeout) {
  cluster_state& on = *cluster_.state();
  if (auto may = on.may_block(); !may) return unexpected(may.error());
  // Shared with the outcome, which may come when nobody waits any more.
  struct waiting {
    completion told;
    delivery outcome;
  };
  auto shared = std::make_shared<waiting>();
  const steady_ns deadline = after(on.runner().mono_now(), timeout);
  auto taken = publish(topic, event, [shared](const delivery& d) {
    shared->outcome = d;
    shared->told.set();
  });
  if (!taken) return unexpected(taken.error());
  if (!on.runner().wait(shared->told, deadline)) {
    error_context context;
    context.asked = "Publish event " + event.id;
    context.detail = "no outcome yet; it stays queued";
    context.elapsed = timeout;
    context.persisted = persistence::possibly;
    return unexpected(error(client_code::timed_out, std::move(context)));
  }
  if (shared->outcome.failure) return unexpected(shared->outcome.failure);
  return shared->outcome;
}

}  // namespace v0
}  // namespace ottla
