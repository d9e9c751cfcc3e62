// pace: that nobody asks again sooner than its backoff allows, and nobody connects in a storm, as seen on the network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/error_code.hpp"
#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// Cuts one direction of a connection into frames.
class frame_pieces {
 public:
  /// Calls `each` with every frame that is complete now; only so much of a frame is kept.
  explicit frame_pieces(std::size_t keep) : keep_(keep) {}
  void add(bytes_view bytes, const std::function<void(bytes_view)>& each);
  /// A length that no frame has: nothing behind it means anything.
  bool lost() const { return lost_; }

 private:
  std::size_t keep_;
  std::vector<std::byte> kept_;
  std::size_t size_ = 0, seen_ = 0;  // of the frame with its length, 0: not known yet
  bool lost_ = false;
};

/// Three rules. What was answered with an error is not asked again on the same connection within the shortest backoff,
/// for the same partition, group or other subject. No client opens more connections to a node in a second than its
/// lanes do when each of them fails and backs off. And no batch is under way twice.
class pace {
 public:
  explicit pace(std::function<void(std::string)> complain) : complain_(std::move(complain)) {}

  void hear(const wire_event& what, steady_ns now);
  /// Here a batch may be sent again before the first answer has come or the connection has gone.
  void allow_twice() { twice_ = true; }

 private:
  struct question {
    std::int16_t key = 0, version = 0;
    steady_ns sent{};
    std::uint64_t print = 0;  // of a Produce request: the same for the same batches
  };
  struct refusal {
    steady_ns when{};
    protocol::error_code why{};
    int too_soon = 0;  // in a row
  };
  struct one_link {
    frame_pieces up{256}, down{std::size_t{64} << 20};
    std::map<std::int32_t, question> open;
    std::map<std::pair<std::int16_t, std::string>, refusal> refused;  // by API and subject
  };
  void asked(const wire_event& on, one_link& link, bytes_view head, steady_ns now);
  void forget(const wire_event& on, const question& what);
  void answered(const wire_event& on, one_link& link, bytes_view frame, steady_ns now);
  void refused(const wire_event& on, one_link& link, const question& asked, std::string subject,
               protocol::error_code why, steady_ns now);

  std::function<void(std::string)> complain_;
  std::map<link_id, one_link> links_;
  bool twice_ = false;
  std::map<std::pair<int, std::uint64_t>, int> under_way_;  // Produce requests, by client and print
  std::map<std::pair<int, std::size_t>, std::deque<steady_ns>> opened_;
  protocol::arena memory_{std::size_t{256} << 20};
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
