// oidc: tokens for OAUTHBEARER from an OpenID provider, by client credentials (RFC 6749, 4.4; KIP-768).
#pragma once

#include "ottla/net/config.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// Lets the cluster that is opened with this configuration ask `config.sasl.oidc.token_endpoint` for its tokens: fills
/// `config.sasl.ask`. Does nothing where there is no such endpoint, another mechanism, or an `ask` or `provide` of the
/// application's own. Call it once per configuration, before cluster::open; copies of the configuration share tokens.
///
/// A token is kept, and a new one asked for when 80 to 85 % of its time are over (`expires_in`, else `exp` of the JWT)
/// and somebody wants to authenticate; sessions that the broker bounds by the token are renewed then (KIP-368). The
/// HTTP request has a thread of its own while it lasts, so nothing else waits. It ends after connect_timeout and
/// read_timeout, an answer is 64 KiB at most. After a failure the old token is used while it lasts, then connections
/// fail: in a way that is retriable where the endpoint could not be reached or said 429 or 5xx, else with
/// authentication_failed.
///
/// Errors are invalid_config, and name the setting. No I/O happens here.
result<void> use_oidc(cluster_config& config);

}  // namespace v0
}  // namespace ottla
