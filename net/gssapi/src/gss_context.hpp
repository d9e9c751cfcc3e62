// gss_context: one security context with a broker, as blocking calls of the system's library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ottla/net/security.hpp"

namespace ottla {
inline namespace v0 {

/// What a call came to: bytes to send, or why it failed.
struct gss_outcome {
  std::string bytes;
  std::optional<std::string> failure;
  bool soon = false;  ///< the same may work later: nobody answered
};

/// One thread at a time, which may be another one each time.
class gss_context {
 public:
  /// `cache` names a ticket cache in memory for what comes from a keytab.
  gss_context(kerberos_config config, std::string host, std::string cache);
  ~gss_context();
  gss_context(const gss_context&) = delete;
  gss_context& operator=(const gss_context&) = delete;

  /// Blocks, may ask the key distribution centre. The first one is without a token.
  gss_outcome advance(std::string_view token);
  bool established() const { return established_; }
  /// Answers the broker's offer of security layers with: none (RFC 4752, 3.1). Does not block.
  gss_outcome choose_no_layer(std::string_view offer);

 private:
  gss_outcome acquire();

  struct handles;
  kerberos_config config_;
  std::string host_;
  std::string cache_;
  std::unique_ptr<handles> handles_;
  bool established_ = false;
};

}  // namespace v0
}  // namespace ottla
