// scram: SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677) as a client speaks them.
#pragma once

#include <memory>
#include <optional>

#include "hashing.hpp"
#include "sasl_exchange.hpp"
#include "scram_memory.hpp"

namespace ottla {
inline namespace v0 {

class scram_exchange final : public sasl_exchange {
 public:
  /// Fewer than 4,096 iterations would let a false broker guess the password from our proof; more than these many would
  /// keep us busy for minutes.
  static constexpr int min_iterations = 4096, max_iterations = 1'000'000;
  /// How many of them one work() does: about a millisecond.
  static constexpr int slice = 1024;

  /// What `memory` holds is not hashed again, and what a broker proved to know too is left there; null: there is none.
  scram_exchange(hashing::hash_kind kind, sasl_credentials credentials, std::string nonce,
                 std::shared_ptr<scram_memory> memory = nullptr);
  state first() override;
  state answer(std::string_view from_broker) override;
  state work() override;

 private:
  state refuse(std::string why);
  state on_challenge(std::string_view text);
  state on_proof(std::string_view text);
  state prove(const hashing::digest& salted_password);

  hashing::hash_kind kind_;
  std::shared_ptr<scram_memory> memory_;
  scram_memory::salted learned_;  // for it, when the broker has proved itself
  sasl_credentials credentials_;
  std::string nonce_;         // ours, then ours with the broker's behind it
  std::string auth_message_;  // all that was said, without the proofs
  int iterations_ = 0;        // left to do
  std::optional<hashing::keyed_mac> by_password_;
  hashing::digest last_, sum_;
  hashing::digest expected_;  // what the broker has to show
  enum class turn : std::uint8_t { challenge, proof, over } turn_ = turn::challenge;
};

}  // namespace v0
}  // namespace ottla
