// gssapi_exchange: the turns of RFC 4752, with what blocks on another thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ottla/net/security.hpp"
#include "security/sasl_exchange.hpp"

namespace ottla {
inline namespace v0 {

class gssapi_exchange final : public sasl_exchange {
 public:
  /// `ring` is called on the other thread when it has ended.
  gssapi_exchange(kerberos_config config, std::string host, std::string cache, std::function<void()> ring);
  state first() override { return advance(""); }
  state answer(std::string_view from_broker) override;
  state work() override;

 private:
  state advance(std::string_view token);

  struct shared;
  std::shared_ptr<shared> shared_;  // outlives this while the other thread is in it
  enum class turn : std::uint8_t { tokens, layers, over } turn_ = turn::tokens;
};

}  // namespace v0
}  // namespace ottla
