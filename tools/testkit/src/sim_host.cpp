// sim_host: stepping, and waiting by letting the world go on.
#include "ottla/sim/sim_host.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

void sim_host::start(core& machine) {
  machine_ = &machine;
  id_ = world_.join(*this);
}

void sim_host::wake() {
  if (id_ >= 0 && !stopped_) world_.wake(id_);
}

steady_ns sim_host::step(std::span<const io_event> events) {
  const bool outer = std::exchange(inside_, true);
  machine_->awake();
  step_result out = machine_->step(now(), events, *this);
  machine_->done().run();
  inside_ = outer;
  if (out.more || !machine_->done().empty()) return world_.now();
  return machine_->prepare_sleep(out.next_deadline);
}

bool sim_host::wait(completion& done, steady_ns deadline) {
  return world_.run_until([&] { return done.is_set(); }, deadline);
}

void sim_host::stop() {
  if (machine_ == nullptr || std::exchange(stopped_, true)) return;
  const bool outer = std::exchange(inside_, true);
  machine_->shut_down(now(), *this);
  while (!machine_->done().empty()) machine_->done().run();
  inside_ = outer;
  world_.leave(id_);
}

void sim_host::stop_then(task last_words) {
  world_.at(world_.now(), [last = std::make_shared<task>(std::move(last_words))] { (*last)(); });
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
