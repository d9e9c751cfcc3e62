// sim_host: a host whose time, network and thread are the world's. Blocking calls run the world until they are
// answered.
#pragma once

#include "ottla/net/core.hpp"
#include "ottla/net/host.hpp"
#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

class sim_host final : public host, private driver {
 public:
  explicit sim_host(world& where) : world_(where) {}
  ~sim_host() override { stop(); }

  void start(core& machine) override;
  void wake() override;
  instant now() const override { return {world_.now(), world_.wall()}; }
  wall_source wall() const override { return wall_source(world_.wall_clock()); }
  bool on_core_thread() const override { return inside_; }
  bool wait(completion& done, steady_ns deadline) override;
  void stop() override;
  void stop_then(task last_words) override;

  /// One step with these events, and the handlers behind it; returns when to be stepped next.
  steady_ns step(std::span<const io_event> events);

 private:
  lookup_id resolve(std::string_view name, std::uint16_t port) override { return world_.resolve(id_, name, port); }
  lookup_answer answer(lookup_id lookup) override { return world_.answer(lookup); }
  void forget(lookup_id lookup) override { world_.forget(lookup); }
  link_id open(const ip_address& address) override { return world_.open(id_, address); }
  io_result write(link_id link, std::span<const bytes_view> pieces) override { return world_.write(link, pieces); }
  io_result read(link_id link, std::span<const std::span<std::byte>> pieces) override {
    return world_.read(link, pieces);
  }
  void want(link_id link, interest what) override { world_.want(link, what); }
  void close(link_id link) override { world_.close(link); }

  world& world_;
  core* machine_ = nullptr;
  int id_ = -1;
  bool inside_ = false;
  bool stopped_ = false;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
