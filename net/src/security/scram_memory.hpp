// scram_memory: the password as a broker's salt and iterations made it, so that the next connection need not hash again
// (RFC 5802, 5.1).
#pragma once

#include <optional>
#include <string>

#include "hashing.hpp"
#include "ottla/net/secret.hpp"

namespace ottla {
inline namespace v0 {

/// One, since all brokers of a cluster have the same salt for a user. On the core's thread.
class scram_memory {
 public:
  struct salted {
    hashing::hash_kind kind{};
    secret password = {};
    std::string salt = {};
    int iterations = 0;
    hashing::digest result = {};

    bool same_question(const salted& other) const {
      return kind == other.kind && iterations == other.iterations && salt == other.salt && password == other.password;
    }
  };

  /// Null where it is not known.
  const hashing::digest* find(const salted& question) const {
    return last_ && last_->same_question(question) ? &last_->result : nullptr;
  }
  void keep(salted answer) { last_ = std::move(answer); }

 private:
  std::optional<salted> last_;
};

}  // namespace v0
}  // namespace ottla
