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
};

struct ask_options {
  std::chrono::nanoseconds timeout{};
  bool repeatable = false;       ///< asking twice does no harm
  std::int16_t min_version = 0;  ///< older versions cannot say what is asked
};

/// `judge(const Response&, const std::string& broker)` returns an error to repeat the request if it is retriable, or to
/// give up.
template <class Request, class Judge>
result<answered<typename Request::response_type>> ask(cluster& on, const route& to, borrowed_request what,
                                                      const ask_options& how, Judge judge) {
  using response_type = typename Request::response_type;
  what.make = [inner = std::move(what.make), lowest = how.min_version]() mutable {
    request one = inner();
    one.min_version = std::max(one.min_version, lowest);
    return one;
  };
  auto look = [judge = std::move(judge)](response& got) mutable -> error {
    auto message = decode<response_type>(got);
    return message ? judge(**message, got.broker) : message.error();
  };
  auto got = call_blocking(*on.state(), to, std::move(what), how.timeout, how.repeatable, std::move(look));
  if (!got) return unexpected(got.error());
  auto message = decode<response_type>(*got);
  if (!message) return unexpected(message.error());
  return answered<response_type>{std::move(*message), got->broker};
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

/// What a broker said about one thing that was asked of it.
inline error refused(protocol::error_code code, std::string asked, const std::string& broker,
                     const std::optional<std::string_view>& said = std::nullopt) {
  error_context context;
  context.asked = std::move(asked);
  context.broker = broker;
  if (said) context.detail = std::string(*said);
  return error(code, std::move(context));
}

/// The broker waits a little less than the caller, so that its own answer still arrives.
inline std::int32_t broker_timeout_ms(std::chrono::milliseconds timeout) {
  const auto most = std::chrono::milliseconds(INT32_MAX);
  return static_cast<std::int32_t>(std::clamp(timeout - timeout / 10, std::chrono::milliseconds(1), most).count());
}

}  // namespace v0
}  // namespace ottla
