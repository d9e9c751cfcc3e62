// scripted_host: a host with a clock that the test turns and a scripted driver: whole clusters and producers on the
// test's own thread.
#pragma once

#include <atomic>
#include <functional>

#include "ottla/net/core.hpp"
#include "ottla/net/host.hpp"
#include "scripted_driver.hpp"

namespace ottla::test {

/// What outlives the host: clock and links. `answer` plays the brokers after each step and says whether it did
/// anything.
struct scripted_world {
  scripted_driver io;
  steady_ns now{std::chrono::seconds(1000)};
  std::atomic<std::int64_t> wall_ms{1'700'000'000'000};
  std::function<bool()> answer = [] { return false; };
};

class scripted_host final : public host {
 public:
  explicit scripted_host(scripted_world& world) : world_(world) {}
  ~scripted_host() override { stop(); }

  /// Steps until nothing happens any more at this moment.
  void settle();
  /// Lets time pass, and whatever is due in it happen when it is due.
  void advance(std::chrono::nanoseconds by);
  /// When the core wants to be stepped next without an event.
  steady_ns sleeps_until() const { return next_; }
  int steps() const { return steps_; }
  /// Woken since its last step.
  bool woken() const { return woken_; }

  void start(core& machine) override { machine_ = &machine; }
  void wake() override { woken_ = true; }
  instant now() const override {
    return {world_.now, ottla::wall_ms(std::chrono::milliseconds(world_.wall_ms.load()))};
  }
  wall_source wall() const override { return wall_source(&world_.wall_ms); }
  bool on_core_thread() const override { return inside_; }
  bool wait(completion& done, steady_ns deadline) override;
  void stop() override;
  void stop_then(task last_words) override;

 private:
  bool step_once();
  void move_to(steady_ns when);

  scripted_world& world_;
  core* machine_ = nullptr;
  steady_ns next_{};
  bool more_ = false;
  bool woken_ = false;
  bool inside_ = false;
  bool stopped_ = false;
  int steps_ = 0;
  task last_words_;
};

}  // namespace ottla::test
