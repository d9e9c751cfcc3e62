// event_handler: a handler of events as a handler of messages.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "ottla/service/cloud_events.hpp"
#include "ottla/service/envelope.hpp"
#include "ottla/service/verdict.hpp"

namespace ottla {
inline namespace v0 {

/// What a service_consumer takes, made of what takes a `const envelope&` and returns a verdict (or what makes one, or
/// nothing, which is done). Each record is decoded, whatever mode it came in; one that is no CloudEvent is an event
/// without attributes. A malformed one would fail each time: it is rejected as "malformed_event".
///
///     service.add_consumer("orders", handle_events([](const envelope& event) -> verdict { ... }));
template <class Handler>
requires std::is_invocable_v<Handler&, const envelope&>
auto handle_events(Handler with) {
  return [with = std::move(with)](const auto& message) mutable -> verdict {
    auto decoded = decode_event(message.record());
    if (!decoded) return non_retryable_error{.why = decoded.error().message(), .type = "malformed_event"};
    if constexpr (std::is_void_v<std::invoke_result_t<Handler&, const envelope&>>) {
      with(decoded->event);
      return done;
    } else {
      return with(decoded->event);
    }
  };
}
/// The same with a handler object, which several consumers may share.
inline auto handle_events(std::shared_ptr<handler> with) {
  return handle_events([with = std::move(with)](const envelope& event) { return with->handle(event); });
}

}  // namespace v0
}  // namespace ottla
