// token_source: the token that is good now, and a thread that asks for the next while somebody waits for it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ottla/net/security.hpp"
#include "token_endpoint.hpp"

namespace ottla {
inline namespace v0 {

/// Shared by the copies of a configuration; safe on any thread. Who waits when it goes has no answer any more.
class token_source {
 public:
  token_source(oidc_config config, token_endpoint endpoint,
               std::vector<std::pair<std::string, std::string>> extensions);
  ~token_source();
  token_source(const token_source&) = delete;
  token_source& operator=(const token_source&) = delete;

  /// Answers at once with the token that is there, else later from another thread. Never blocks.
  void ask(sasl_answer answer);

 private:
  struct shared;
  std::shared_ptr<shared> state_;
};

}  // namespace v0
}  // namespace ottla
