// What the application gives this layer to be called in the middle of its work must not throw: the process ends there,
// also where somebody further out would catch it.
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "moment.hpp"
#include "ottla/service/bulkhead.hpp"
#include "ottla/service/circuit_breaker.hpp"
#include "ottla/service/json_log.hpp"
#include "ottla/service/reliability.hpp"
#include "ottla/service/telemetry.hpp"
#include "ottla/service/trace.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

template <class Work>
void caught(Work work) {
  try {
    work();
  } catch (const std::runtime_error&) {  // it must not come as far as this
  }
}

// Not what was thrown: in the build for ThreadSanitizer the exception is over by then.
constexpr const char* terminated = "terminate called";

[[noreturn]] void raise(const char* who) { throw std::runtime_error(who); }

TEST(throwing_listeners, of_a_breaker_end_the_process) {
  circuit_breaker breaker({.window_calls = 2, .minimum_calls = 2}, "orders");
  breaker.on_change([](const breaker_change&) { raise("a change"); });
  const auto open_it = [&] {
    for (int i = 0; i < 4; ++i)
      if (auto permit = breaker.try_acquire(start)) permit->failure(start);
  };
  EXPECT_DEATH(caught(open_it), terminated);
}

TEST(throwing_listeners, of_a_bulkhead_end_the_process) {
  bulkhead house({.concurrent = 1, .queued = 1}, "house");
  EXPECT_DEATH(caught([&] { house.enter(never, [](result<bulkhead::place>) { raise("a place"); }); }), terminated);
}

TEST(throwing_listeners, that_guards_call_end_the_process) {
  reliability guard({}, 1);
  const auto throwing_try = [&] {
    guard.call([](reliability::attempt) { raise("a try"); }, [](const call_outcome&) {}, {}, start);
  };
  EXPECT_DEATH(caught(throwing_try), terminated);
  const auto throwing_end = [&] {
    guard.call([](reliability::attempt one) { one.finish(done, start); }, [](const call_outcome&) { raise("an end"); },
               {}, start);
  };
  EXPECT_DEATH(caught(throwing_end), terminated);
}

TEST(throwing_listeners, of_a_log_end_the_process) {
  json_log_config config;
  config.sink = [](std::string_view) { raise("a line"); };
  const json_log log(config);
  EXPECT_DEATH(caught([&] { log.write({.level = log_level::error, .msg = "m"}); }), terminated);
}

// The compiler holds whoever implements these to it.
static_assert(noexcept(std::declval<metrics&>().received(0)));
static_assert(noexcept(std::declval<metrics&>().processed(0, message_status::success,
                                                          std::declval<std::chrono::nanoseconds>())));
static_assert(noexcept(std::declval<telemetry&>().collect_write_size(std::declval<write_context>(), 1, 1)));
static_assert(noexcept(std::declval<error_logger&>().log_error(std::declval<error>(), service_operation::send)));
static_assert(noexcept(std::declval<trace_hooks&>().end_send(0, std::declval<delivery>())));

}  // namespace
}  // namespace ottla
