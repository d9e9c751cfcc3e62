// link_security: what every connection of a cluster needs to be secured, made and checked once.
#pragma once

#include <memory>

#include "ottla/net/config.hpp"
#include "sasl_exchange.hpp"
#include "tls_context.hpp"

namespace ottla {
inline namespace v0 {

/// On the core's thread. Without TLS `tls` is null; `authenticates` says whether SASL comes before anything else.
struct link_security {
  /// Null where nothing is to be secured.
  static result<std::unique_ptr<link_security>> make(const cluster_config& config);

  /// Who we say we are this time: as configured, made, or asked of the application.
  result<sasl_credentials> credentials(wall_ms now) const;

  std::unique_ptr<tls_context> tls;
  bool authenticates = false;
  sasl_config sasl;
};

}  // namespace v0
}  // namespace ottla
