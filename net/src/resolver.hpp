// resolver: getaddrinfo on a thread of our own over shared state, so that closing never waits for a name server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ottla/net/connector.hpp"
#include "ottla/net/driver.hpp"

namespace ottla {
inline namespace v0 {

class resolver {
 public:
  /// `answered` is called on the resolver's thread, and must stay callable after this object is gone.
  explicit resolver(std::function<void()> answered);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// `canonical`: the name that each address goes by as well.
  lookup_id start(std::string_view host, std::uint16_t port, bool canonical = false);
  /// A look-up that is answered already.
  lookup_id start_known(ip_address address);
  /// A look-up that somebody else answers.
  std::pair<lookup_id, names_answer> start_elsewhere(std::uint16_t port);
  /// Look-ups that were answered since the last call.
  std::vector<lookup_id> take_answered();
  lookup_answer answer(lookup_id lookup);
  void forget(lookup_id lookup);

 private:
  struct shared;
  class elsewhere;
  std::shared_ptr<shared> state_;
  std::uint64_t next_ = 1;
};

}  // namespace v0
}  // namespace ottla
