// sasl_exchange: what a SASL mechanism says, message by message; it knows no requests and no connection.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ottla/net/security.hpp"
#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

/// One authentication. `first` is called once, then `answer` for each message of the broker, in turn with `work` while
/// there is some: what would take long is done in slices, so that other connections go on.
class sasl_exchange {
 public:
  enum class state : std::uint8_t {
    says,     // `said` is to be sent
    works,    // call work() until it is something else
    waits,    // for another thread, which rings: call work() then
    done,     // and the broker has proved who it is, where the mechanism asks for that
    refused,  // `said` is why, a clause
  };
  virtual ~sasl_exchange() = default;
  virtual state first() = 0;
  virtual state answer(std::string_view from_broker) = 0;
  virtual state work() { return state::works; }
  /// What is to be sent, or why it is refused.
  secret said;
  bool soon = false;  ///< refused only because somebody else does not answer just now
};

/// Who is spoken to, and when: what is signed for one broker and moment.
struct sasl_occasion {
  std::string_view host = {};
  wall_ms now{};
  std::string_view region = {};  ///< of AWS
};

class scram_memory;

/// Of all but GSSAPI, which is a library of its own. What SCRAM hashed is kept in `memory`, where there is one.
std::unique_ptr<sasl_exchange> make_sasl_exchange(sasl_mechanism mechanism, sasl_credentials credentials,
                                                  const sasl_occasion& occasion = {},
                                                  std::shared_ptr<scram_memory> memory = nullptr);

/// The token of a principal that nobody signed, as Kafka's unsecured validator takes it; valid for an hour.
result<secret> unsecured_token(std::string_view principal, std::string_view scope, wall_ms now);

}  // namespace v0
}  // namespace ottla
