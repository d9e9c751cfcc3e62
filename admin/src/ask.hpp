// ask: one request and its decoded answer, with what the messages of errors need; shared by all admin calls.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "ottla/cluster.hpp"

namespace ottla {
inline namespace v0 {

template <class Response>
struct answered {
  decoded<Response> body;
  std::string broker;
  std::int16_t version = 0;
};

struct ask_options {
  std::chrono::nanoseconds timeout{};
  bool repeatable = false;       ///< asking twice does no harm
  std::int16_t min_version = 0;  ///< older versions cannot say what is asked
};

/// A request that owns what it is filled with: `fill(message, version, arena)` runs on the core's thread, once a try.
template <class Request, class Fill>
borrowed_request owned_request(Fill fill) {
  borrowed_request out;
  out.asked = std::string(name(Request::api_key));
  out.if_lost = unanswered(Request::api_key);
  out.forget = [] {};
  out.make = [fill = std::move(fill)] { return make_request<Request>(fill); };
  return out;
}

/// The same in versions of this range alone.
inline borrowed_request within(borrowed_request what, std::int16_t lowest, std::int16_t highest = INT16_MAX) {
  what.make = [inner = std::move(what.make), lowest, highest]() mutable {
    request one = inner();
    one.min_version = std::max(one.min_version, lowest);
    one.max_version = std::min(one.max_version, highest);
    return one;
  };
  return what;
}

template <class Response>
result<answered<Response>> decoded_answer(const result<response>& got) {
  if (!got) return unexpected(got.error());
  auto message = decode<Response>(*got);
  if (!message) return unexpected(message.error());
  return answered<Response>{std::move(*message), got->broker, got->version};
}

/// `judge(const Response&, const std::string& broker)` returns an error to repeat the request if it is retriable, or to
/// give up.
template <class Request, class Judge>
result<answered<typename Request::response_type>> ask(cluster& on, const route& to, borrowed_request what,
                                                      const ask_options& how, Judge judge) {
  using response_type = typename Request::response_type;
  auto look = [judge = std::move(judge)](response& got) mutable -> error {
    auto message = decode<response_type>(got);
    return message ? judge(**message, got.broker) : message.error();
  };
  return decoded_answer<response_type>(call_blocking(*on.state(), to, within(std::move(what), how.min_version),
                                                     how.timeout, how.repeatable, std::move(look)));
}

template <class Request, class Judge>
result<answered<typename Request::response_type>> ask(cluster& on, const route& to, const Request& what,
                                                      const ask_options& how, Judge judge) {
  return ask<Request>(on, to, borrow_request(what), how, std::move(judge));
}

template <class Request>
result<answered<typename Request::response_type>> ask(cluster& on, const route& to, const Request& what,
                                                      const ask_options& how) {
  return ask(on, to, what, how, [](const auto&, const std::string&) { return error(); });
}

inline route to_controller() { return route{.to = route::target::controller}; }
inline route to_broker(std::int32_t id) { return route{.to = route::target::broker, .broker = broker_id{id}}; }

/// Asks for metadata now, beside the question to any broker that comes first: a request to a certain broker waits for
/// it.
inline void want_metadata(cluster& on) {
  core& machine = on.state()->machine();
  (void)on.state()->post([&machine] {
    if (!machine.meta().ever_applied()) machine.meta().request_refresh();
  });
}

/// What a broker said about one thing that was asked of it.
inline error refused(protocol::error_code code, std::string asked, const std::string& broker,
                     const std::optional<std::string_view>& said = std::nullopt) {
  error_context context;
  context.asked = std::move(asked);
  context.broker = broker;
  if (said) context.detail = std::string(*said);
  return error(code, std::move(context));
}

/// An answer that leaves out what was asked for (C-60).
inline error not_mentioned(std::string asked, const std::string& broker, persistence persisted = persistence::no) {
  error_context context;
  context.asked = std::move(asked);
  context.broker = broker;
  context.detail = "the answer does not mention it";
  context.persisted = persisted;
  return error(client_code::malformed_response, std::move(context));
}

/// The broker waits a little less than the caller, so that its own answer still arrives.
inline std::int32_t broker_timeout_ms(std::chrono::milliseconds timeout) {
  const auto most = std::chrono::milliseconds(INT32_MAX);
  return static_cast<std::int32_t>(std::clamp(timeout - timeout / 10, std::chrono::milliseconds(1), most).count());
}

}  // namespace v0
}  // namespace ottla
