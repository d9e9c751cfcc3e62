// reactor_host: runs a core over the reactor, on a thread of its own or by the application's calls.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "ottla/net/config.hpp"
#include "ottla/net/core.hpp"
#include "ottla/net/fork_watch.hpp"
#include "ottla/net/host.hpp"
#include "reactor.hpp"

namespace ottla {
inline namespace v0 {

class reactor_host final : public host {
 public:
  explicit reactor_host(const cluster_config& config)
      : mode_(config.thread), io_(config.connect, config.connection_setup_timeout) {}
  ~reactor_host() override;

  void start(core& machine) override;
  void wake() override {
    if (mode_ == threading::manual && on_core_thread()) rung_inside_ = true;
    io_.wake();
  }
  instant now() const override;
  steady_ns mono_now() const override;
  bool on_core_thread() const override;
  bool threaded() const override { return mode_ == threading::own_thread; }
  bool wait(completion& done, steady_ns deadline) override;
  void stop() override;
  void stop_then(task last_words) override;

  /// Manual mode: steps until `wait` is over, at least once. Handlers run inside.
  void run_for(std::chrono::nanoseconds wait);
  /// Manual mode: readable when run_for(0) has something to do.
  int descriptor() const { return io_.descriptor(); }

 private:
  void loop();
  void run_once(steady_ns until);
  void leave_turn();
  void finish();

  const threading mode_;
  reactor io_;
  core* machine_ = nullptr;
  std::vector<io_event> events_;
  steady_ns next_deadline_{};
  bool more_ = false;
  std::thread thread_;
  std::mutex join_mutex_;
  std::atomic<std::thread::id> stepping_{};  // the thread inside a step or a handler
  std::atomic<bool> stopping_{false};
  bool finished_ = false;     // whoever steps
  bool rung_inside_ = false;  // manual mode: a handler, or a step, left work behind
  const fork_watch born_;
  task last_words_;
};

}  // namespace v0
}  // namespace ottla
