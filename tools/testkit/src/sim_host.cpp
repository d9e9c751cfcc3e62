// sim_host: stepping, and waiting by letting the world go on.
#include "ottla/sim/sim_host.hpp"

#include <utility>

namespace ottla {
inline namespace v0 {
namespace sim {

void sim_host::start(core& machine) {
  machine_ = &machine;
  id_ = world_.join(*this, name_);
}

void sim_host::wake() {
  if (id_ >= 0 && !stopped_) world_.wake(id_);
}

// Loops that run until a deadline must end for who is dead, too: nobody lets the world go on for it.
instant sim_host::now() const {
  if (!dead_) return {world_.now(), world_.wall()};
  return {world_.now() + std::chrono::seconds(++afterlife_), world_.wall()};
}

void sim_host::thaw() {
  frozen_ = false;
  wake();
}

io_result sim_host::write(link_id link, std::span<const bytes_view> pieces) {
  if (before_io && !dead_) before_io();
  return dead_ ? io_result{io_status::would_block, 0, 0} : world_.write(link, pieces);
}

io_result sim_host::read(link_id link, std::span<const std::span<std::byte>> pieces) {
  if (before_io && !dead_) before_io();
  return dead_ ? io_result{io_status::would_block, 0, 0} : world_.read(link, pieces);
}

steady_ns sim_host::step(std::span<const io_event> events) {
  if (dead_) return never;
  if (frozen_) {
    held_.insert(held_.end(), events.begin(), events.end());
    return never;
  }
  if (!held_.empty()) {
    held_.insert(held_.end(), events.begin(), events.end());
    const std::vector<io_event> all = std::exchange(held_, {});
    return step(all);
  }
  const bool outer = std::exchange(inside_, true);
  machine_->awake();
  step_result out = machine_->step(now(), events, *this);
  machine_->done().run();
  inside_ = outer;
  if (out.more || !machine_->done().empty()) return world_.now();
  return machine_->prepare_sleep(out.next_deadline);
}

bool sim_host::wait(completion& done, steady_ns deadline) {
  if (!dead_) world_.run_until([&] { return done.is_set() || dead_; }, deadline);
  return done.is_set();
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
