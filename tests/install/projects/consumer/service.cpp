// Uses ottla::service: an event as a record, and back.
#include <ottla/service/cloud_events.hpp>
#include <ottla/service/metrics.hpp>

int main() {
  ottla::envelope event;
  event.id = "1";
  event.type = "greeting";
  event.source = "/prague";
  event.payload = "dear Felice";
  const auto encoded = ottla::encode_event(event, ottla::envelope_mode::structured);
  if (!encoded) return 1;
  const ottla::record sent = encoded->as_record();
  const auto back = ottla::decode_event(sent.key, sent.value, sent.headers);
  if (!back || back->event != event) return 1;
  return ottla::metric_prefix("my-service") == "my_service" ? 0 : 1;
}
