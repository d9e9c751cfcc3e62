// gssapi: Kerberos as a SASL mechanism (RFC 4752), with the system's library.
#pragma once

#include "ottla/net/config.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// Lets the cluster that is opened with this configuration authenticate with GSSAPI: fills `config.sasl.converse`. Does
/// nothing with another mechanism. Call it before cluster::open.
///
/// Brokers are `kerberos.service_name` at the name that was connected to. With a keytab tickets are got from it, and
/// got again when they are over; without one they come from the system's ticket cache, which somebody has to fill
/// (kinit). Krb5.conf and KRB5CCNAME count, as for every program. What asks the key distribution centre runs on a
/// thread of its own while it lasts, so nothing else waits. No security layer is agreed on: encryption is TLS' part.
///
/// Errors are invalid_config, and name the setting. No I/O happens here.
result<void> use_gssapi(cluster_config& config);

}  // namespace v0
}  // namespace ottla
