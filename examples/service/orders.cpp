// orders: drawn, written as JSON, read again, and worked on.
#include "orders.hpp"

#include <nlohmann/json.hpp>

namespace example {

using namespace std::chrono_literals;

namespace {
constexpr std::string_view names[] = {"ok", "temporary", "poison"};
constexpr std::uint64_t whole = 1'000'000;
}  // namespace

order draw_order(std::uint64_t seed, std::uint64_t index, double temporary_rate, double poison_rate) {
  ottla::random_stream rng = ottla::random_stream::derive(seed, "order", index);
  const double draw = static_cast<double>(rng.below(whole)) / whole;
  order out{.what = order::kind::ok, .index = index, .failures = 0};
  if (draw < poison_rate) {
    out.what = order::kind::poison;
  } else if (draw < poison_rate + temporary_rate) {
    out.what = order::kind::temporary;
    out.failures = 1 + static_cast<int>(rng.below(2));
  }
  return out;
}

ottla::envelope to_event(const order& what, ottla::random_stream& ids) {
  nlohmann::json payload{{"index", what.index}, {"kind", names[static_cast<int>(what.what)]}};
  if (what.failures > 0) payload["failures"] = what.failures;
  ottla::envelope event;
  event.id = ottla::new_event_id(ids);
  event.type = "example.order.placed";
  event.source = "/example_service";
  event.content_type = "application/json";
  event.key = "customer-" + std::to_string(what.index % 1'000);
  event.payload = payload.dump();
  return event;
}

std::optional<order> from_event(const ottla::envelope& event) {
  const auto payload = nlohmann::json::parse(event.payload.value_or(""), nullptr, false);
  if (!payload.is_object() || !payload.contains("index") || !payload["index"].is_number_unsigned()) return std::nullopt;
  order out;
  out.index = payload["index"].get<std::uint64_t>();
  const std::string kind = payload.value("kind", "ok");
  for (int i = 0; i < 3; ++i) {
    if (kind == names[i]) out.what = static_cast<order::kind>(i);
  }
  out.failures = payload.value("failures", 0);
  return out;
}

ottla::verdict work_on(const order& what, int tries) {
  switch (what.what) {
    case order::kind::poison:
      return ottla::reject("invalid message format").as("bad_order");
    case order::kind::temporary:
      if (tries > what.failures) break;
      if (tries > 1) return ottla::retry_in(50ms, "temporary database connection error");
      return ottla::retry("temporary database connection error");
    case order::kind::ok:
      break;
  }
  return ottla::done;
}

}  // namespace example
