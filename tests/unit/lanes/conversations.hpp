// What clients ask of the brokers of a virtual world, and when each question was answered.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "ottla/protocol/api_key.hpp"
#include "ottla/sim/world.hpp"

namespace ottla::test {

struct asked {
  protocol::api_key key{};
  link_id link{};
  steady_ns sent{};
  steady_ns answered = never;
};

/// Listens to a world from its start. Understands no more of a message than its length, its kind and its number.
class conversations {
 public:
  void hear(const sim::wire_event& what, steady_ns now);

  /// Of one kind, in the order in which they were written, from `since` on.
  std::vector<asked> of(protocol::api_key key, steady_ns since = {}) const;
  /// Connections that are open now.
  std::size_t open() const { return streams_.size(); }

 private:
  struct stream {
    std::vector<std::byte> up{}, down{};
    std::map<std::int32_t, std::size_t> waiting{};  // correlation id -> place in all_
  };

  std::map<link_id, stream> streams_;
  std::vector<asked> all_;
};

}  // namespace ottla::test
