// SCRAM as a broker speaks it (RFC 5802): a challenge, and the proof that both know the password.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

/// HMAC, hash and iterations of SHA-256 (32 bytes) or SHA-512 (64 bytes), base64; by OpenSSL.
std::string hmac_of(bool sha_512, std::string_view key, std::string_view data);
std::string hash_of(bool sha_512, std::string_view data);
std::string salted(bool sha_512, std::string_view password, std::string_view salt, int iterations);
std::string base64(std::string_view bytes);
std::optional<std::string> unbase64(std::string_view text);

class scram_server {
 public:
  struct account {
    std::string password, salt;
    int iterations = 4096;
  };
  explicit scram_server(bool sha_512) : sha_512_(sha_512) {}

  /// Who the client says it is, out of its first message; nothing: it is malformed.
  std::optional<std::string> first(std::string_view message);
  /// The challenge; `nonce` is what the broker adds to the client's.
  std::string challenge(const account& of, std::string_view nonce);
  /// The broker's own proof, if the client's is right.
  std::optional<std::string> last(std::string_view message);

 private:
  bool sha_512_;
  std::string client_first_, channel_, nonce_, challenge_, salted_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
