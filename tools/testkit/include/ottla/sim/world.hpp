// world: virtual time, one broker cluster, a virtual network, and any number of clients, in one thread, decided by one
// seed.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/mock/broker.hpp"
#include "ottla/net/driver.hpp"
#include "ottla/net/random.hpp"
#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

class sim_host;

/// How bad the network is. Each draw comes from a stream of its own, so that a new kind of draw reshuffles no other.
struct weather {
  std::chrono::microseconds latency_min{50};
  std::chrono::microseconds latency_max{800};
  bool torn = true;  ///< reads and writes move fewer bytes than they could
};

/// One TCP connection: bytes on their way in both directions, and what the client's side asked to be told.
struct virtual_link {
  int client = 0;
  link_id id;
  std::size_t node = 0;
  mock::connection_id at_broker{};
  enum class state { connecting, open, closing, closed } now_in = state::connecting;
  std::deque<std::byte> inbox;       // arrived at the client
  std::size_t unread_by_broker = 0;  // written and not arrived: the client's send buffer
  bool wants_read = false, wants_write = false;
  int close_errno = 0;
  steady_ns last_up{}, last_down{};  // bytes arrive in order
};

class world {
 public:
  world(std::uint64_t seed, weather network, mock::broker_options cluster);
  ~world();

  steady_ns now() const { return now_; }
  wall_ms wall() const {
    return wall_ms(std::chrono::milliseconds(wall_base_ + now_.time_since_epoch() / std::chrono::milliseconds(1)));
  }
  mock::broker& cluster() { return broker_; }
  /// The time as calls of the broker want it.
  mock::instant broker_time() const { return {now_.time_since_epoch(), std::chrono::milliseconds(wall_now_.load())}; }
  random_stream stream(std::string_view purpose, std::uint64_t index = 0) const {
    return random_stream::derive(seed_, purpose, index);
  }
  std::uint64_t seed() const { return seed_; }
  const std::atomic<std::int64_t>* wall_clock() const { return &wall_now_; }

  /// Runs until the condition holds or the time is reached; true if it holds.
  bool run_until(const std::function<bool()>& condition, steady_ns deadline);
  void run_for(std::chrono::nanoseconds time) {
    run_until([] { return false; }, now_ + time);
  }
  void at(steady_ns when, std::function<void()> what) {
    events_.emplace(std::pair{when, next_event_++}, std::move(what));
  }
  /// Every connection ends with a reset; what was on its way is lost.
  void reset_links();
  /// Each piece takes up to so much longer from now on.
  void slow_down(std::chrono::microseconds most) { extra_latency_ = most; }
  /// The next piece that a broker sends, to whomever, goes through `what` on its way; each call is for one piece more.
  void tamper_next(std::function<void(std::vector<std::byte>&)> what) { tampers_.push_back(std::move(what)); }
  void tamper_no_more() { tampers_.clear(); }
  /// Said in the trace of a failing seed.
  void note(std::string line);
  const std::deque<std::string>& trace() const { return trace_; }

  // For hosts.
  int join(sim_host& client);
  void leave(int client);
  void wake(int client);
  // For the driver of one client.
  link_id open(int client, const ip_address& to);
  io_result write(link_id link, std::span<const bytes_view> pieces);
  io_result read(link_id link, std::span<const std::span<std::byte>> pieces);
  void want(link_id link, interest what);
  void close(link_id link);
  lookup_id resolve(int client, std::string_view host, std::uint16_t port);
  lookup_answer answer(lookup_id lookup);
  void forget(lookup_id lookup) { lookups_.erase(lookup); }

 private:
  void turn(steady_ns limit);
  void step_broker();
  void collect_outputs();
  void tell(int client, io_event event);
  void end_link(virtual_link& link, int why);
  virtual_link* find(link_id link);
  std::chrono::nanoseconds latency();

  const std::uint64_t seed_;
  weather weather_;
  steady_ns now_{std::chrono::seconds(1)};
  std::int64_t wall_base_ = 1'700'000'000'000;
  std::atomic<std::int64_t> wall_now_;
  mock::broker broker_;
  std::chrono::nanoseconds broker_deadline_ = mock::never;
  random_stream latency_rng_, tear_rng_, resolve_rng_;
  std::map<std::pair<steady_ns, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t next_event_ = 0;
  std::map<link_id, virtual_link> links_;
  std::map<mock::connection_id, link_id> by_connection_;
  std::uint32_t next_link_ = 1;
  std::map<lookup_id, lookup_answer> lookups_;
  std::uint64_t next_lookup_ = 1;
  struct client {
    sim_host* host = nullptr;
    std::vector<io_event> pending;
    bool woken = true;
    steady_ns deadline{};
  };
  std::map<int, client> clients_;
  int next_client_ = 0;
  std::chrono::microseconds extra_latency_{0};
  std::deque<std::function<void(std::vector<std::byte>&)>> tampers_;
  std::deque<std::string> trace_;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
