// cluster: the handle that everything shares: one core, its connections, its metadata. Producers, consumers and admin
// clients live on it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "ottla/net/call.hpp"
#include "ottla/net/config.hpp"
#include "ottla/net/core.hpp"
#include "ottla/net/fork_watch.hpp"
#include "ottla/net/host.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// What a cluster's handles share. Roles hold it too, so handles may go in any order, also inside a handler.
struct link_security;

class cluster_state {
 public:
  cluster_state(cluster_config config, std::vector<host_port> bootstrap, std::uint64_t seed,
                std::unique_ptr<host> runner, std::unique_ptr<link_security> guard);
  ~cluster_state();
  cluster_state(const cluster_state&) = delete;
  cluster_state& operator=(const cluster_state&) = delete;

  core& machine() { return core_; }
  host& runner() { return *host_; }
  /// Runs work inside a step, on the core's thread. False after close: it will not run.
  bool post(task work) { return !forked() && core_.inbox().post(std::move(work)); }
  /// Whether this process is a child of the one that opened the cluster. Cheap enough for every record.
  bool forked() const { return watch_.is_child(); }
  error closed_error() const;
  /// would_deadlock on the core's own thread, forked in a child, closed after close; success otherwise.
  result<void> may_block() const;
  result<void> usable() const;
  void close();

 private:
  friend class cluster;
  std::unique_ptr<host> host_;
  core core_;
  fork_watch watch_;
  std::atomic<bool> closed_{false};
};

/// **Handlers** (of deliveries, commits, transactions, anything that is told later) are called between steps of the
/// core, each once: on the cluster's own thread, or with threading::manual inside run_for and whatever call waits.
///
/// **What a handler throws** comes out of the call that ran it, run_for, flush, poll, close and so on, or out of the
/// executor's run (ottla/asio.hpp). That handler has been told; the others are called next time, by any such call, and
/// all goes on. On the cluster's own thread there is nobody to catch it: the process ends (std::terminate), as with any
/// std::thread, and a core dump shows who threw. So it does inside a destructor; close() first, and it does not. What
/// the core asks in the middle of its work (logs, tls_config::judge, sasl_config) must not throw: see there.
///
/// **Handles go in any order**, inside handlers as well, and inside a blocking call of theirs that runs the handler;
/// but not on one thread while another one calls them. What is closed inside a handler is closed behind it.
///
/// **The child of a fork** may destroy what it inherited, and open clusters of its own. Calls that give a result say
/// `forked`, no handler is called, nothing is sent; other calls are not to be made. Nothing is freed there: the
/// parent's threads may have been in the middle of it. A fork inside a handler is one too: when the child comes back
/// out of it, run_for returns; on the cluster's own thread that thread, the child's only one, ends.
class cluster {
 public:
  /// No I/O happens here: only the configuration can be wrong (invalid_config names the setting).
  static result<cluster> open(cluster_config config);
  /// The same on a host of the caller's own: an event loop, a simulation. It opens the streams: `connect` must be
  /// empty.
  static result<cluster> open_on(std::unique_ptr<host> runner, cluster_config config);

  /// Sends any raw request to one broker, or to any (`route{}`), and waits for the decoded answer. Repeated until the
  /// deadline while it is certain that the request was not processed. Error codes inside the answer are the caller's to
  /// read.
  template <class Request>
  result<decoded<typename Request::response_type>> call(const route& to, const Request& ask,
                                                        std::chrono::milliseconds timeout) {
    const auto kept = state_;  // handlers that run inside may destroy this
    auto answer = call_blocking(*kept, to, borrow_request(ask), timeout);
    if (!answer) return unexpected(answer.error());
    return decode<typename Request::response_type>(*answer);
  }
  template <class Request>
  result<decoded<typename Request::response_type>> call(broker_id broker, const Request& ask,
                                                        std::chrono::milliseconds timeout) {
    return call(route{route::target::broker, broker}, ask, timeout);
  }

  /// threading::manual: steps the core and runs handlers on this thread for that long, at least once. What they throw
  /// comes out of here.
  void run_for(std::chrono::nanoseconds wait);
  /// threading::manual: a descriptor that is readable when run_for(0ns) has something to do; -1 otherwise.
  int descriptor() const;
  /// Closes every connection and fails what is under way with `closed`; close producers and consumers first.
  /// Idempotent; also done by the last handle. Bounded: nothing is waited for but a handler that runs.
  void close();

  const cluster_config& config() const;
  const std::shared_ptr<cluster_state>& state() const { return state_; }

 private:
  static result<cluster> open_with(std::unique_ptr<host> runner, cluster_config config);
  explicit cluster(std::shared_ptr<cluster_state> state) : state_(std::move(state)) {}
  std::shared_ptr<cluster_state> state_;
};

}  // namespace v0
}  // namespace ottla
