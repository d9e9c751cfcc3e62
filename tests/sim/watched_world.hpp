// watched_world: a world whose network is listened to.
#pragma once

#include <string>
#include <vector>

#include "ottla/sim/world.hpp"
#include "pace.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

class watched_world : public world {
 public:
  watched_world(std::uint64_t seed, const weather& network, mock::broker_options cluster)
      : world(seed, network, std::move(cluster)), pace_([this](std::string what) {
          note("VIOLATION pace: " + what);
          if (storms_.size() < most_told) storms_.push_back(std::move(what));
        }) {
    listen([this](const wire_event& what) { pace_.hear(what, now()); });
  }

  void allow_twice() { pace_.allow_twice(); }
  /// Questions and connections that came too fast.
  const std::vector<std::string>& storms() const { return storms_; }

 private:
  static constexpr std::size_t most_told = 20;

  std::vector<std::string> storms_;
  pace pace_;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
