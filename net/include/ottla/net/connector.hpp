// connector: functions of the program's own that resolve names or open streams, in place of the system's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ottla/net/driver.hpp"
#include "ottla/net/time.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// What a connector is asked for.
struct connect_question {
  std::string
      host;  ///< a broker's name as configured or advertised; with a proxy the proxy's; "unix:/path" with port 0
  std::uint16_t port = 0;
  std::chrono::nanoseconds patience{0};  ///< from now; an answer that comes later is dropped
};

/// Where a connector's answer goes: call it once, at once or later, on any thread; what comes after the first call is
/// dropped. Copies are the same answer. When the last copy goes without a call, that counts as a failure. It may
/// outlive the cluster.
template <class Value>
class connect_answer {
 public:
  class sink {
   public:
    virtual ~sink() = default;
    virtual void settle(result<Value> what) = 0;
    virtual bool wanted() const = 0;
  };
  explicit connect_answer(std::shared_ptr<sink> to) : to_(std::move(to)) {}
  /// An error fails this try: its context's detail goes into the message that people read. Brokers are tried again as
  /// `reconnect_backoff` says.
  void operator()(result<Value> what) const { to_->settle(std::move(what)); }
  /// Whether somebody still waits: false after the answer, after the patience, and when the cluster was closed.
  bool wanted() const { return to_->wanted(); }

 private:
  std::shared_ptr<sink> to_;
};
using names_answer = connect_answer<std::vector<ip_address>>;
/// A connected stream socket (SOCK_STREAM: TCP, Unix, one end of a socketpair). It is the cluster's from the call on,
/// whatever becomes of it: made non-blocking, and closed.
using stream_answer = connect_answer<int>;

/// Both may be empty: the system's. They are called on the core's thread (the caller's, with threading::manual),
/// between steps; they must not block, and start whatever takes time elsewhere. One that throws has failed this try,
/// and the exception goes the way of a handler's (cluster.hpp). TLS, SASL and requests go over the stream as they would
/// over ours.
struct connector {
  /// Gives a name's addresses, in the order to be tried; their port is filled in. An empty list is a failure. Without
  /// `open`, "unix:/path" is not asked for.
  std::function<void(const connect_question&, names_answer)> resolve;
  /// Opens a stream. With `resolve` as well, host is one of its addresses as a text; without it, names come here as
  /// they are, and nobody looks them up before.
  std::function<void(const connect_question&, stream_answer)> open;
};

}  // namespace v0
}  // namespace ottla
