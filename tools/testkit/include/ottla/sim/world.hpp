// world: virtual time, one broker cluster, a virtual network, and any number of clients, in one thread, decided by one
// seed.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/mock/broker.hpp"
#include "ottla/net/driver.hpp"
#include "ottla/net/random.hpp"
#include "ottla/net/time.hpp"
#include "ottla/protocol/error_code.hpp"
#include "ottla/sim/fragile_disk.hpp"
#include "ottla/sim/names.hpp"
#include "ottla/sim/network.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

class sim_host;

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
  one_way up{}, down{};
  int knocks = 0;                                 // SYNs that nobody heard
  std::optional<protocol::error_code> retired{};  // what Metadata is answered with at an address that a node has left
};

/// What passes between a client and a node, for who listens: a request when it is written, an answer when it arrives.
struct wire_event {
  enum class kind : std::uint8_t { opens, connected, sent, received, ended } what{};
  int client = 0;
  link_id link{};
  std::size_t node = 0;   ///< node_count() if there is none at that address
  bytes_view bytes = {};  ///< of sent and received: a piece of the stream
  int sys_error = 0;      ///< of ended
};

class world {
 public:
  world(std::uint64_t seed, weather network, mock::broker_options cluster);
  virtual ~world();

  steady_ns now() const { return now_; }
  wall_ms wall() const {
    return wall_ms(std::chrono::milliseconds(wall_base_ + now_.time_since_epoch() / std::chrono::milliseconds(1)) +
                   client_skew_);
  }
  /// Another one after the cluster has died: ask again.
  mock::broker& cluster() { return *broker_; }
  /// The time as calls of the broker want it.
  mock::instant broker_time() const {
    return {now_.time_since_epoch(), std::chrono::milliseconds(wall_now_.load()) + broker_skew_};
  }
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
  /// Each connection whose draw says so loses one direction: what is sent there vanishes, and nobody is told.
  void lose_directions(std::uint64_t draw);
  /// So many connections were ended by their clients, and the brokers have not heard of it: what was written there
  /// before may still arrive.
  std::size_t leaving() const;
  network& net() { return network_; }
  name_service& names() { return names_; }
  /// The node is somewhere else at once, and names say so at `told`. Its connections are reset, or just fall silent.
  void move_node(std::size_t node, std::uint64_t draw, steady_ns told);
  /// Before anything else: there is an address of no node's own that leads to one that runs, as a load balancer's does.
  void have_entrance() { has_entrance_ = true; }
  bool has_entrance() const { return has_entrance_; }
  /// Where clients begin: the entrance, or the first node.
  std::string bootstrap() const;
  /// All nodes are advertised and listen at other addresses from now on, for good, and their connections are reset. At
  /// each address that they leave connections are refused, or vanish, or somebody answers Metadata with `how` and hangs
  /// up on everything else: the draw says which.
  void replace_nodes(std::uint64_t draw, protocol::error_code how);
  /// Cuts and limits end, names lead where nodes are. What is lost stays lost.
  void mend_network();

  /// Before anything else: what the cluster has to keep is on a disk, and the cluster can die.
  void keep();
  bool kept() const { return kept_; }
  /// All nodes die at once, during the write behind so many others (0: now), and are back so much later with what is
  /// on the disk.
  void kill_cluster(std::uint64_t writes, death how, std::uint64_t draw, std::chrono::nanoseconds down);
  /// It is back at once if it is down, and no death is planned.
  void mend_cluster();
  std::uint64_t deaths() const { return deaths_; }

  /// The wall clocks of clients, or of brokers, show a different time from now on: so much beside the right one.
  void set_clocks(std::chrono::milliseconds clients, std::chrono::milliseconds brokers);
  /// Time passes in which nobody does anything, as in a laptop that is shut: everything is late at once.
  void leap(std::chrono::nanoseconds time);
  /// The time without what was leapt over.
  steady_ns lived() const { return now_ - leapt_; }
  /// Clients (bit i for client i modulo 64) stand still for so long; their users do not.
  void suspend(std::uint64_t clients, std::chrono::nanoseconds time);

  /// The next piece that a broker sends, to whomever, goes through `what` on its way; each call is for one piece more.
  void tamper_next(std::function<void(std::vector<std::byte>&)> what) { tampers_.push_back(std::move(what)); }
  void tamper_no_more() { tampers_.clear(); }
  /// Said in the trace of a failing seed, which ends with so many lines.
  virtual void note(std::string line);
  void keep_trace(std::size_t lines) { trace_lines_ = lines; }
  const std::deque<std::string>& trace() const { return trace_; }
  /// What may never be: a disk that a cluster cannot use again.
  const std::vector<std::string>& complaints() const { return complaints_; }
  /// Told of all that passes on the network.
  void listen(std::function<void(const wire_event&)> ear) { ear_ = std::move(ear); }

  /// Also of a client that has gone.
  const std::string& name_of(int who) const { return client_names_.at(static_cast<std::size_t>(who)); }

  // For hosts.
  int join(sim_host& client, std::string name);
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
  void knock(link_id link);
  listener find_listener(const ip_address& to, virtual_link& link);
  void send_up(link_id id, std::shared_ptr<std::vector<std::byte>> bytes);
  void arrive_down(link_id id, const std::vector<std::byte>& bytes, bool over);
  void bury_cluster();
  void hear(wire_event::kind what, const virtual_link& link, bytes_view bytes = {}, int sys_error = 0) {
    if (ear_) ear_({what, link.client, link.id, link.node, bytes, sys_error});
  }

  const std::uint64_t seed_;
  network network_;
  name_service names_;
  steady_ns now_{std::chrono::seconds(1)};
  std::int64_t wall_base_ = 1'700'000'000'000;
  std::atomic<std::int64_t> wall_now_;
  std::chrono::milliseconds broker_skew_{0}, client_skew_{0};
  std::chrono::nanoseconds leapt_{0};
  mock::broker_options options_;
  bool has_entrance_ = false;
  std::size_t entered_ = 0;
  struct former_address {
    std::size_t node = 0;
    std::optional<listener> nobody{};  // else somebody who says that the cluster has gone
    protocol::error_code how{};
  };
  std::map<std::uint16_t, former_address> left_;  // by port
  std::unique_ptr<mock::broker> broker_;
  std::chrono::nanoseconds broker_deadline_ = mock::never;
  bool kept_ = false;
  fragile_disk disk_;
  steady_ns back_at_{};
  std::chrono::nanoseconds down_for_{0};
  random_stream death_rng_;
  std::uint64_t deaths_ = 0;
  random_stream tear_rng_, resolve_rng_;
  std::map<std::pair<steady_ns, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t next_event_ = 0;
  std::map<link_id, virtual_link> links_;
  std::map<mock::connection_id, link_id> by_connection_;
  std::vector<mock::connection_id> ghosts_;  // whose clients have gone without the broker's hearing of it
  std::uint32_t next_link_ = 1;
  std::map<lookup_id, std::uint16_t> lookups_;  // the port
  std::uint64_t next_lookup_ = 1;
  struct client {
    sim_host* host = nullptr;
    std::vector<io_event> pending;
    bool woken = true;
    steady_ns deadline{};
  };
  std::map<int, client> clients_;
  std::vector<std::string> client_names_;  // of all that ever joined
  std::deque<std::function<void(std::vector<std::byte>&)>> tampers_;
  std::size_t trace_lines_ = 400;
  std::deque<std::string> trace_;
  std::vector<std::string> complaints_;
  std::function<void(const wire_event&)> ear_;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
