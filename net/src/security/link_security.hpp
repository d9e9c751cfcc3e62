// link_security: what every connection of a cluster needs to be secured, made and checked once.
#pragma once

#include <memory>

#include "awaited_credentials.hpp"
#include "certificate_watch.hpp"
#include "ottla/net/config.hpp"
#include "sasl_exchange.hpp"
#include "scram_memory.hpp"
#include "tls_context.hpp"

namespace ottla {
inline namespace v0 {

/// On the core's thread, inside a step: what functions of the application throw there ends the process. Without TLS
/// `tls` is null; `authenticates` says whether SASL comes before anything else.
struct link_security {
  /// Null where nothing is to be secured.
  static result<std::unique_ptr<link_security>> make(const cluster_config& config);

  /// Who we say we are this time: as configured, made, or asked of the application. What comes later rings `bell`.
  std::shared_ptr<awaited_credentials> ask_credentials() const noexcept;
  /// What says them to this broker. What was not told is made, and what cannot be sent is an error.
  result<std::unique_ptr<sasl_exchange>> converse(result<sasl_credentials> told, std::string_view host,
                                                  wall_ms now) const noexcept;

  /// Of OAUTHBEARER: the unsecured one is made where there is none.
  result<void> with_token(sasl_credentials& who, wall_ms now) const;

  std::unique_ptr<tls_context> tls;
  certificate_watch certificates;
  bool authenticates = false;
  sasl_config sasl;
  std::shared_ptr<scram_memory> salted = std::make_shared<scram_memory>();
  std::shared_ptr<doorbell> bell = std::make_shared<doorbell>();
};

}  // namespace v0
}  // namespace ottla
