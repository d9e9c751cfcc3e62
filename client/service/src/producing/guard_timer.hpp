// guard_timer: the guards of a producer, given the cluster's time and timers.
#pragma once

#include <memory>
#include <mutex>

#include "ottla/cluster.hpp"
#include "ottla/service/reliability.hpp"

namespace ottla {
inline namespace v0 {

/// Any thread. What the guards do when their time comes runs on the core's thread, behind a step, as handlers do.
class guard_timer : public std::enable_shared_from_this<guard_timer> {
 public:
  guard_timer(reliability_config config, std::shared_ptr<cluster_state> on)
      : cluster_(std::move(on)), guards_(std::move(config), cluster_->machine().stream("producer-guards").next()) {}
  /// Once, before the first call, when this is shared.
  void start();
  reliability& guards() { return guards_; }
  steady_ns now() const { return cluster_->runner().mono_now(); }

 private:
  void arm(steady_ns when);
  void fire();

  std::shared_ptr<cluster_state> cluster_;
  reliability guards_;
  std::mutex mutex_;
  steady_ns armed_ = never;  // the earliest timer that is set, or on its way to the core
};

}  // namespace v0
}  // namespace ottla
