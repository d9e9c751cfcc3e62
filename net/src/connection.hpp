// connection: one link to one broker: resolve, connect, TLS, versions, SASL, then requests out and answers in, in
// order.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "frame_reader.hpp"
#include "ottla/net/address.hpp"
#include "ottla/net/backoff.hpp"
#include "ottla/net/config.hpp"
#include "ottla/net/driver.hpp"
#include "ottla/net/request.hpp"
#include "ottla/net/traffic.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "proxy_handshake.hpp"
#include "security/link_security.hpp"
#include "security/tls_session.hpp"

namespace ottla {
inline namespace v0 {

/// What the machine tells its owner during a step; the owner maps ids to it.
class connection_observer {
 public:
  virtual void link_opened(link_id link) = 0;
  virtual void link_gone(link_id link) = 0;
  virtual void lookup_started(lookup_id lookup) = 0;
  virtual void lookup_gone(lookup_id lookup) = 0;
  /// The broker said what it can do.
  virtual void introduced(const protocol::ApiVersionsResponse& told) = 0;
  /// Whether the cluster has ever said who it is. Until then a listener that keeps closing is taken for a wrong one.
  virtual bool knows_cluster() const = 0;
  /// Continuations of requests are about to run: they may change what an earlier part of this step looked at.
  virtual void delivering() = 0;

 protected:
  ~connection_observer() = default;
};

/// What an errno of a link means, as a clause; 0: the peer closed it.
std::string errno_clause(int sys_error);

class connection {
 public:
  enum class state : std::uint8_t {
    idle,            // no link and nobody needs one
    resolving,       // waits for the name
    connecting,      // waits for TCP
    proxying,        // waits for the proxy to connect us
    securing,        // waits for TLS
    negotiating,     // waits for ApiVersions
    authenticating,  // waits for SASL
    ready,           // requests flow
    backing_off,     // the last try failed; not before retry_at
  };

  /// Without `guard` neither TLS nor SASL; it must outlive this.
  connection(host_port address, broker_id broker, lane on, const cluster_config& config, backoff reconnect,
             link_security* guard = nullptr);

  /// Queues a request, and wants a link from the next step on.
  void send(request ask);
  void on_event(const io_event& event, instant now, driver& io, connection_observer& owner);
  /// Timers, link-up, writes, and reads that a spent budget left over.
  void step(instant now, driver& io, connection_observer& owner);
  steady_ns next_deadline() const;
  bool hungry() const { return hungry_ || sasl_works_; }

  /// Ends the link and fails everything under way; a later send would connect anew.
  void close(const error& why, instant now, driver& io, connection_observer& owner);
  /// The broker moved. A link that carries nothing is dropped, and what is queued goes to the new address; false while
  /// answers are due on the old one: ask again.
  bool move_to(host_port address, driver& io, connection_observer& owner);

  /// Where the latency of answers is counted; it must outlive this.
  void count_in(traffic_meter::row& row) { traffic_ = &row; }
  state now_in() const { return state_; }
  bool busy() const { return !queue_.empty() || !writing_.empty() || !waiting_.empty(); }
  steady_ns retry_at() const { return retry_at_; }
  const host_port& address() const { return address_; }
  broker_id broker() const { return broker_; }
  const error& last_failure() const { return last_failure_; }
  int failures() const { return failures_; }
  std::string label() const;

 private:
  struct exchange {
    request ask;
    std::int32_t correlation = 0;
    std::int16_t version = 0;
    steady_ns sent{};
    steady_ns deadline = never;
    protocol::writer bytes;
    std::vector<bytes_view> pieces;
    std::size_t next_piece = 0;
    bool begun = false;  // some of its bytes went out: it may take effect
    bool own = false;    // the connection itself asks: versions, SASL
  };
  using exchange_ptr = std::unique_ptr<exchange>;
  struct version_range {
    std::int16_t min, max;
  };

  // From a name to a stream: connection_opening.cpp.
  void connect(instant now, driver& io, connection_observer& owner);
  void open_next_address(instant now, driver& io, connection_observer& owner);
  bool has_other_address() const { return next_address_ < addresses_.size(); }
  void pass_over_those_of_no_use();
  void on_resolved(instant now, driver& io, connection_observer& owner);
  void on_connected(instant now, driver& io, connection_observer& owner);
  void on_closed(int sys_error, instant now, driver& io, connection_observer& owner);
  void talk_to_proxy(instant now, driver& io, connection_observer& owner);
  bool sets_up(instant now, driver& io, connection_observer& owner);
  error set_up_too_slowly() const;
  std::string connecting() const;
  bool is_hearsay() const;
  std::string unreachable_advice(std::string_view otherwise) const;
  std::string name_to_verify() const;
  std::string proxy_label() const;
  bool is_bootstrap() const { return static_cast<std::int32_t>(broker_) < 0; }
  // What comes before the first request, and between them when a session has to be renewed: connection_handshake.cpp.
  void begin_handshake(instant now, driver& io, connection_observer& owner);
  void shake_hands(instant now, driver& io, connection_observer& owner);
  void introduce(instant now, driver& io, connection_observer& owner);
  void ask_myself(request ask, std::int16_t version, instant now);
  void negotiate(std::int16_t version, instant now);
  void on_own_answer(const exchange& asked, const frame_ref& answer, instant now, driver& io,
                     connection_observer& owner);
  void on_api_versions(const exchange& asked, const frame_ref& answer, instant now, driver& io,
                       connection_observer& owner);
  bool offers(protocol::api_key key, std::int16_t version) const;
  void authenticate(instant now, driver& io, connection_observer& owner);
  void on_credentials(instant now, driver& io, connection_observer& owner);
  void on_sasl_handshake(const response& answer, instant now, driver& io, connection_observer& owner);
  void on_sasl_authenticate(const response& answer, instant now, driver& io, connection_observer& owner);
  void advance_sasl(sasl_exchange::state next, instant now, driver& io, connection_observer& owner);
  void authenticated(instant now, driver& io, connection_observer& owner);
  void become_ready(instant now, driver& io, connection_observer& owner);
  bool session_ends(instant now) const { return !sasl_ && !awaited_ && now.mono >= session_renewed_at_; }

  response open_answer(const exchange& asked, const frame_ref& answer) const;
  io_result read_link(driver& io, std::span<const std::span<std::byte>> pieces);
  io_result write_link(driver& io, std::span<const bytes_view> pieces);
  error link_ended(int sys_error) const;
  void fail_link(error why, instant now, driver& io, connection_observer& owner);
  void drop_link(driver& io, connection_observer& owner);
  void fail_all(const error& why);
  void finish(exchange_ptr one, response answer);
  bool choose_version(exchange& one);
  void encode(exchange& one, std::int16_t header_version);
  void start_queued(instant now);
  void flush(instant now, driver& io, connection_observer& owner);
  void advance_writes(std::size_t written);
  void pump(instant now, driver& io, connection_observer& owner);
  bool on_frame(frame_ref answer, instant now, driver& io, connection_observer& owner);
  void expire(instant now, driver& io, connection_observer& owner);
  void deliver_finished(connection_observer& owner);
  error failure(client_code code, std::string detail, std::string advice = {}) const;

  host_port address_;
  broker_id broker_;
  lane lane_;
  const cluster_config& config_;
  backoff reconnect_;
  link_security* guard_;
  traffic_meter::row* traffic_ = nullptr;
  state state_ = state::idle;
  lookup_id lookup_ = lookup_id::none;
  link_id link_;
  std::vector<ip_address> addresses_;
  std::vector<std::string> canonical_;  // a name for each, where that was asked for
  std::size_t next_address_ = 0;
  std::size_t passed_over_ = 0;             // addresses in a row that connected, and were of no use
  bool by_proxy_ = false;                   // this try
  std::unique_ptr<proxy_handshake> proxy_;  // until it has connected us
  bool write_blocked_ = false;
  bool hungry_ = false;
  bool answered_ = false;    // a request, on this link
  bool ever_ready_ = false;  // at this address
  int shut_out_ = 0;         // links in a row that were closed before they answered one
  steady_ns setup_deadline_ = never;
  steady_ns retry_at_{};
  steady_ns last_used_{};
  error last_failure_;
  int failures_ = 0;
  std::int32_t next_correlation_ = 1;
  std::map<std::int16_t, version_range> versions_;
  std::unique_ptr<tls_session> tls_;              // of this link, where TLS is spoken
  std::shared_ptr<awaited_credentials> awaited_;  // asked for, and not taken yet: before sasl_
  std::unique_ptr<sasl_exchange> sasl_;           // while one is under way
  bool sasl_works_ = false;                       // and has to be given time for its hashes
  bool sasl_waits_ = false;                       // and is asked at the next step whether its other thread has ended
  std::int64_t session_lifetime_ms_ = 0;
  steady_ns session_renewed_at_ = never;  // KIP-368: with the next request from then on
  steady_ns renewal_began_{};             // requests wait from then on until it has ended
  steady_ns session_over_at_ = never;     // a broker would close the link for a request that comes later
  frame_reader frames_;
  std::deque<exchange_ptr> queue_;    // not encoded yet
  std::deque<exchange_ptr> writing_;  // encoded, not written whole
  std::deque<exchange_ptr> waiting_;  // written, not answered: answers come in this order
  std::vector<exchange_ptr> spare_;
  // Continuations run at the end of a step or event, when no loop here stands on the queues they may change.
  std::vector<std::pair<exchange_ptr, response>> finished_;
};

}  // namespace v0
}  // namespace ottla
