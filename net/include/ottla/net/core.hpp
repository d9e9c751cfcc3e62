// core: everything one cluster handle knows, as plain single-threaded state that is stepped: events and the time in,
// I/O out.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ottla/net/abilities.hpp"
#include "ottla/net/config.hpp"
#include "ottla/net/driver.hpp"
#include "ottla/net/mailbox.hpp"
#include "ottla/net/metadata.hpp"
#include "ottla/net/random.hpp"
#include "ottla/net/request.hpp"
#include "ottla/net/time.hpp"
#include "ottla/net/traffic.hpp"

namespace ottla {
inline namespace v0 {

class certificate_dates;
class connection;
struct link_security;
class core;

struct step_result {
  steady_ns next_deadline = never;  ///< step again at the latest then
  bool more = false;                ///< a budget was spent: step again without waiting
};

enum class owner_id : std::uint32_t { shared = 0 };

/// Names work that waits for its moment; timers of one moment run in the order they were set.
struct timer_id {
  steady_ns when{};
  std::uint64_t number = 0;
  friend auto operator<=>(const timer_id&, const timer_id&) = default;
};

/// Which connection carries a request: one per (broker, lane, owner). The control lane is shared by all owners.
struct route {
  enum class target : std::uint8_t { any, controller, broker };
  target to = target::any;
  broker_id broker = no_broker;
  lane via = lane::control;
  owner_id owner = owner_id::shared;
};

/// A long-lived machine on the core: a producer, a consumer. Steps on the core's thread, after events were handled.
class role {
 public:
  virtual ~role() = default;
  /// Does what is due; returns when it wants to be stepped next without an event.
  virtual steady_ns step(core& on, instant now) = 0;
  /// The core closes: every promise must be settled now.
  virtual void close(core& on) = 0;
};

class core {
 public:
  /// `wake` is called from any thread when the host should step soon. Bootstrap was parsed, and the link's security
  /// made (null: none), by cluster::open.
  core(cluster_config config, std::vector<host_port> bootstrap, std::uint64_t seed, unique_function<void()> wake,
       std::unique_ptr<link_security> guard);
  ~core();
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  step_result step(instant now, std::span<const io_event> events, driver& io);
  mailbox& inbox() { return inbox_; }
  outbox& done() { return outbox_; }
  /// Fails what is under way with `closed` and closes every link. Handlers land in done().
  void shut_down(instant now, driver& io);
  bool is_shut_down() const { return shut_down_; }

  // What roles and continuations use, on the core's thread, inside a step.
  instant now() const { return now_; }
  const cluster_config& config() const { return config_; }
  /// read() is for any thread.
  traffic_meter& traffic() { return traffic_; }
  metadata& meta() { return metadata_; }
  const abilities& can() const { return abilities_; }
  /// Queues a request; `done` is called exactly once, never before send returns.
  void send(const route& to, request ask);
  /// Whether a request to this broker would be written now, not queued behind a reconnect's backoff.
  bool reachable(broker_id broker, lane on, owner_id owner) const;
  /// When a broker that is not reachable may be tried again; `never` if it is unknown.
  steady_ns reachable_at(broker_id broker, lane on, owner_id owner) const;
  /// Runs work at a moment, on the core's thread; when the core closes first, then already.
  timer_id at(steady_ns when, task work);
  /// Forgets work that did not run yet.
  void cancel(const timer_id& timer) { timers_.erase(timer); }
  /// A role steps from now on; it must stay alive until removed. Its id owns its connections.
  owner_id add(role& machine);
  void remove(owner_id owner);
  /// Closes the connections of an owner (requests under way on them fail with `cancelled`).
  void close_connections(owner_id owner, lane on);
  random_stream stream(std::string_view purpose, std::uint64_t index = 0) const {
    return random_stream::derive(seed_, purpose, index);
  }
  void log(log_level level, std::string_view component, std::string_view line) const {
    tell(config_.log, level, component, line);
  }
  /// Until when certificates are good, ours and the brokers'; null without TLS. Reading it is for any thread.
  const certificate_dates* certificates() const;
  /// Which addresses were tried in vain, how often, and why: for the sentence of a time-out.
  std::string unreachable_summary() const;
  std::size_t open_connections() const;

  // How callers' threads and the sleeping core meet. A caller leaves work where its role will find it, then nudges; the
  // host publishes how long it is going to sleep, then looks for nudges once more. Both orders are sequentially
  // consistent, so one of the two sees the other: either the caller wakes the host, or the host sleeps no longer than
  // the caller can wait.

  /// Any thread: work for a role is due at `when`. Wakes the host only if it would sleep past that.
  void nudge(steady_ns when);
  /// The host, before it sleeps: returns until when it may; the beginning of time if it must step first.
  steady_ns prepare_sleep(steady_ns next_deadline);
  /// The host, when it is awake again.
  void awake() { sleeps_until_.store(INT64_MIN, std::memory_order_seq_cst); }

 private:
  struct connection_key {
    broker_id broker{};  // below -1: bootstrap address number -2 - n
    lane on = lane::control;
    owner_id owner = owner_id::shared;
    friend auto operator<=>(const connection_key&, const connection_key&) = default;
  };
  static constexpr std::int32_t first_bootstrap = -2;

  connection* find_or_open(const connection_key& key);
  const connection* find(const connection_key& key) const;
  const host_port* address_of(broker_id broker) const;
  connection_key pick_any(const std::vector<connection_key>& avoid);
  void fail_later(request ask, error why);
  void refresh_metadata();
  bool ask_for_metadata();
  void on_metadata(std::uint64_t round, response&& answer);
  void metadata_failed(const error& why);
  steady_ns rebootstrap_at() const;
  void rebootstrap(std::string_view why);
  void dispatch(const io_event& event, driver& io);
  void run_timers();
  void drop_stale_connections(driver& io);

  cluster_config config_;
  std::vector<host_port> bootstrap_;
  std::uint64_t seed_;
  mailbox inbox_;
  outbox outbox_;
  instant now_{};
  metadata metadata_;
  abilities abilities_;
  random_stream metadata_jitter_;
  traffic_meter traffic_;                 // outlives the connections
  std::unique_ptr<link_security> guard_;  // likewise
  std::map<connection_key, std::unique_ptr<connection>> connections_;
  std::map<link_id, connection*> by_link_;
  std::map<lookup_id, connection*> by_lookup_;
  std::map<timer_id, task> timers_;
  std::uint64_t next_timer_ = 1;
  std::map<owner_id, role*> roles_;
  std::uint32_t next_owner_ = 1;
  std::uint64_t any_cursor_ = 0;
  std::vector<connection_key> refresh_tries_;
  steady_ns hedge_at_ = never;
  std::uint64_t refresh_round_ = 0;
  int refresh_outstanding_ = 0;
  std::set<connection_key> condemned_;
  bool dirty_ = false;  // something changed that an earlier part of this step could act on
  bool shut_down_ = false;
  std::atomic<std::int64_t> sleeps_until_{INT64_MIN};
  std::atomic<std::int64_t> nudged_for_{INT64_MAX};
};

}  // namespace v0
}  // namespace ottla
