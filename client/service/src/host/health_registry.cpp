// health_registry: a thread per check, answers under one mutex. Here, and only here, the layer has threads and a clock.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "../call_listener.hpp"
#include "ottla/net/fork_watch.hpp"
#include "ottla/service/health.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using clock = std::chrono::steady_clock;

error failure(client_code code, std::string asked, std::string detail) {
  error_context context;
  context.asked = std::move(asked);
  context.detail = std::move(detail);
  return error(code, std::move(context));
}

// A day is as good as for ever, and does not overflow.
clock::time_point after(std::chrono::milliseconds timeout) {
  return clock::now() +
         std::clamp<std::chrono::milliseconds>(timeout, std::chrono::milliseconds(0), std::chrono::hours(24));
}

std::string in_ms(clock::duration time) { return std::to_string(time / std::chrono::milliseconds(1)) + " ms"; }

}  // namespace

/// All members but the first three: under the registry's mutex.
struct health_registry::check {
  const std::string name;
  const health_scope scope;
  const health_check function;

  std::thread thread;          // from the first run on
  bool wanted = false;         // a run asked for a call that has not begun
  bool running = false;        // the function is being called
  bool removed = false;        // the thread ends when the function comes back
  std::uint64_t asked = 0;     // calls asked for
  std::uint64_t answered = 0;  // calls that came back
  std::chrono::milliseconds timeout{0};
  clock::time_point began{};
  check_report last;
};

/// What the threads hold too: a thread that was let go may come back after the registry went.
struct health_registry::shared {
  const fork_watch watch;
  std::mutex mutex;
  std::condition_variable changed;  // checks come and go a few times a minute: one condition for all
  std::vector<std::shared_ptr<check>> checks;
  std::size_t max_checks = 0;
  bool closed = false;

  static void serve(std::shared_ptr<shared> of, std::shared_ptr<check> one) {
    std::unique_lock<std::mutex> lock(of->mutex);
    for (;;) {
      of->changed.wait(lock, [&] { return one->wanted || one->removed; });
      if (one->removed) return;
      one->wanted = false;
      one->running = true;
      one->began = clock::now();
      const auto timeout = one->timeout;
      lock.unlock();
      const result<void> outcome = call_listener(one->function, timeout);
      const auto took = clock::now() - one->began;
      lock.lock();
      one->running = false;
      one->last.up = outcome.has_value();
      one->last.duration = took;
      one->last.error = outcome ? std::string() : outcome.error().message();
      ++one->answered;
      of->changed.notify_all();
    }
  }

  // With the mutex held: ends a check's thread by the deadline. False: it hangs, and was let go.
  bool end(std::unique_lock<std::mutex>& lock, const std::shared_ptr<check>& one, clock::time_point deadline) {
    one->removed = true;
    changed.notify_all();
    const bool back = changed.wait_until(lock, deadline, [&] { return !one->running; });
    std::thread thread = std::move(one->thread);
    if (!thread.joinable()) return back;
    lock.unlock();
    if (back) {
      thread.join();  // it waits for nothing but this mutex
    } else {
      thread.detach();
    }
    lock.lock();
    return back;
  }
};

health_registry::health_registry(health_config config) : shared_(std::make_shared<shared>()) {
  shared_->max_checks = config.max_checks;
}
health_registry::~health_registry() {
  if (shared_->watch.is_child()) {
    leave_behind(std::move(shared_));
    return;
  }
  (void)close(std::chrono::seconds(1)).has_value();
}

result<void> health_registry::add(std::string name, health_check function, health_scope scope) {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  const std::string asked = "health check \"" + name + "\"";
  if (shared_->closed) return failure(client_code::closed, asked, "the registry was closed");
  if (name.empty() || !function) return failure(client_code::invalid_argument, asked, "it needs a name and a function");
  for (const auto& one : shared_->checks) {
    if (one->name == name) return failure(client_code::invalid_argument, asked, "there is one of that name");
  }
  if (shared_->checks.size() >= shared_->max_checks) {
    return failure(client_code::invalid_argument, asked,
                   "there are " + std::to_string(shared_->max_checks) + " checks already");
  }
  auto one = std::shared_ptr<check>(
      new check{.name = std::move(name), .scope = scope, .function = std::move(function), .thread = {}, .last = {}});
  shared_->checks.push_back(std::move(one));
  return {};
}

result<void> health_registry::remove(std::string_view name, std::chrono::milliseconds timeout) {
  const auto deadline = after(timeout);
  std::unique_lock<std::mutex> lock(shared_->mutex);
  const auto at =
      std::find_if(shared_->checks.begin(), shared_->checks.end(), [&](const auto& one) { return one->name == name; });
  const std::string asked = "removing health check \"" + std::string(name) + "\"";
  if (at == shared_->checks.end()) return failure(client_code::invalid_argument, asked, "there is none of that name");
  const std::shared_ptr<check> one = *at;
  shared_->checks.erase(at);
  if (shared_->end(lock, one, deadline)) return {};
  return failure(client_code::timed_out, asked, "it hangs since " + in_ms(clock::now() - one->began));
}

health_report health_registry::run(std::chrono::milliseconds timeout, health_question question) {
  const auto deadline = after(timeout);
  std::unique_lock<std::mutex> lock(shared_->mutex);
  struct waiting {
    std::shared_ptr<check> one;
    std::uint64_t answer;  // the number of the call whose answer counts
  };
  std::vector<waiting> all;
  for (const auto& one : shared_->checks) {
    if (question == health_question::readiness && one->scope != health_scope::readiness) continue;
    if (question == health_question::liveness && one->scope != health_scope::liveness) continue;
    if (!one->wanted && !one->running) {
      one->wanted = true;
      one->timeout = timeout;
      ++one->asked;
      if (!one->thread.joinable()) one->thread = std::thread(&shared::serve, shared_, one);
    }
    all.push_back({one, one->asked});
  }
  shared_->changed.notify_all();
  shared_->changed.wait_until(lock, deadline, [&] {
    return std::all_of(all.begin(), all.end(),
                       [](const waiting& w) { return w.one->answered >= w.answer || w.one->removed; });
  });
  health_report out;
  for (const auto& [one, answer] : all) {
    check_report report = one->last;
    report.name = one->name;
    report.scope = one->scope;
    if (one->answered < answer) {
      report.up = false;
      report.duration = one->running ? clock::now() - one->began : clock::duration::zero();
      report.error = one->removed ? "it was removed meanwhile"
                                  : "did not answer within " + in_ms(timeout) + "; its call began " +
                                        in_ms(report.duration) + " ago";
    }
    out.up = out.up && report.up;
    out.checks.push_back(std::move(report));
  }
  return out;
}

result<void> health_registry::close(std::chrono::milliseconds timeout) {
  const auto deadline = after(timeout);
  std::unique_lock<std::mutex> lock(shared_->mutex);
  shared_->closed = true;
  std::vector<std::shared_ptr<check>> all;
  all.swap(shared_->checks);
  for (const auto& one : all) one->removed = true;  // all are told before the first is waited for
  std::string hang;
  for (const auto& one : all) {
    if (!shared_->end(lock, one, deadline)) hang += (hang.empty() ? "" : ", ") + one->name;
  }
  if (hang.empty()) return {};
  return failure(client_code::timed_out, "closing the health registry", "these checks still run: " + hang);
}

}  // namespace v0
}  // namespace ottla
