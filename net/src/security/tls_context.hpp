// tls_context: OpenSSL's context made of a tls_config, made again when its files have changed; sessions to resume.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ottla/net/security.hpp"

struct ssl_st;
struct ssl_session_st;

namespace ottla {
inline namespace v0 {

/// One per cluster, on the core's thread. Connections outlive a context that was replaced: OpenSSL counts references.
class tls_context {
 public:
  static result<std::unique_ptr<tls_context>> make(const tls_config& config);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// Reads files that have changed. False: they cannot be used (why() says), and what was there before goes on.
  bool refresh();
  const std::string& why() const { return why_; }

  /// A session that will connect to this host: its name to be sent (SNI) and verified, an earlier session to be
  /// resumed. The caller frees it. Null: no memory.
  ssl_st* open(const std::string& host, std::uint16_t port);
  const tls_config& config() const { return config_; }

  /// What open() left with a session, for OpenSSL's callbacks.
  struct peer {
    tls_context* context;
    std::string host;
    std::uint16_t port;
    int fault = 0;            ///< OpenSSL's first X509_V_ERR_..., or the application's; 0: none
    std::string whose{};      ///< subject of the certificate that it is about
    bool was_judged = false;  ///< by the application
    std::string why_refused() const;
  };
  static peer* peer_of(const ssl_st* session);
  void keep(const peer& of, ssl_session_st* session);
  bool judged(peer& of, bool accepted, void* store_context) noexcept;

 private:
  explicit tls_context(tls_config config) : config_(std::move(config)) {}
  result<void> build();
  bool verifies() const { return config_.verify || config_.judge; }
  /// Size and time of change of each file, in one text.
  std::string stamps() const;

  tls_config config_;
  ssl_ctx_st* context_ = nullptr;
  std::string stamps_;
  std::string why_;
  std::map<std::pair<std::string, std::uint16_t>, ssl_session_st*> sessions_;
};

}  // namespace v0
}  // namespace ottla
