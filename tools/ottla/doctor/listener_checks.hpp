// listener_checks: one address, from its name to the first answer: resolution, TCP, TLS, SASL, versions.
#pragma once

#include "doctor/finding.hpp"
#include "ottla/net/address.hpp"
#include "ottla/net/config.hpp"

namespace ottla_tool::doctor {

/// Resolution and TCP; of the proxy where there is one, since that resolves what lies behind it. False: nothing can be
/// reached there.
bool look_at_way(const ottla::host_port& address, const ottla::cluster_config& config, patience within, findings& out);

/// A connection of its own as `config` would make it to this address alone. False: it could not be used.
bool look_at_connection(const ottla::host_port& address, ottla::cluster_config config, patience within, findings& out);

}  // namespace ottla_tool::doctor
