// names: who listens at which address of the virtual network, and what the name service says about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "ottla/net/driver.hpp"
#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// What is at an address that somebody connects to.
enum class listener : std::uint8_t {
  node,      ///< a node; whether it runs is another matter
  refuses,   ///< a machine on which nothing listens
  swallows,  ///< no machine: packets vanish
};

/// Nodes are told apart by their ports: a name and a port mean one node, whatever its address is at the moment.
class name_service {
 public:
  /// The address of the node with this port, as it is now.
  ip_address address_of(std::uint16_t port) const;
  listener at(const ip_address& address) const;

  /// What a look-up that is answered now says.
  lookup_answer answer(std::uint16_t port, steady_ns now) const;
  /// When a look-up that begins now is answered at the earliest.
  steady_ns answers_from(steady_ns now) const { return now < silent_until_ ? silent_until_ : now; }

  /// Look-ups that are answered before then fail.
  void fail_until(steady_ns when) { failing_until_ = when; }
  /// Look-ups that begin before then are answered then.
  void be_silent_until(steady_ns when) { silent_until_ = when; }
  /// Answers before then have addresses where nobody is, before and behind the right one; the draw says which.
  void mix_in_dead(std::uint64_t draw, steady_ns until);
  /// The node with this port listens elsewhere from now on; names lead to its old address until `told`.
  void move(std::uint16_t port, std::uint64_t draw, steady_ns told);
  /// Names lead where nodes are, at once.
  void mend();

 private:
  struct place {
    ip_address now{}, before{};
    steady_ns told{};
  };
  std::map<std::uint16_t, place> moved_;  // by port; all others are where they always were
  std::uint8_t next_host_ = 2;
  steady_ns failing_until_{}, silent_until_{}, dead_until_{};
  std::uint64_t dead_draw_ = 0;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
