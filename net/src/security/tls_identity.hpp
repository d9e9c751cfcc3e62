// tls_identity: who we are and whom we trust: files and texts of a tls_config put into OpenSSL's context.
#pragma once

#include "ottla/net/security.hpp"

namespace ottla {
inline namespace v0 {

/// The authorities that sign brokers' certificates: those that are named, else the system's. Errors are invalid_config,
/// and name the setting.
result<void> trust(ssl_ctx_st* context, const tls_config& config);
/// Our certificate, its chain and its key, where there are any.
result<void> identify(ssl_ctx_st* context, const tls_config& config);

/// An invalid_config about this setting.
error bad_tls_setting(std::string_view what, std::string why, std::string advice = {});
/// The clause of OpenSSL's oldest error in this thread's queue, which is emptied.
std::string tls_error_clause();

}  // namespace v0
}  // namespace ottla
