// One request on its way to an answer: what a handler may see and use.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/parked_request.hpp"
#include "cluster/cluster_state.hpp"
#include "ottla/protocol/types.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

enum class verdict : std::uint8_t {
  answer,   // the response is ready
  silence,  // there is none to send (acks 0)
  park,     // there will be one later: call::parked says when
  close,    // the connection cannot go on: call::close_reason says why
};

class authentication;

class call {
 public:
  call(cluster_state& cluster_in, std::size_t node_index_in, instant now_in, std::int16_t version_in)
      : cluster(cluster_in), node_index(node_index_in), now(now_in), version(version_in) {}

  cluster_state& cluster;
  const std::size_t node_index;
  const instant now;
  const std::int16_t version;
  std::string_view client_id;         // lives as long as the request
  std::size_t request_bytes = 0;      // of its frame, without the size in front
  std::int32_t throttle_time_ms = 0;  // what the answer says where it has the field
  std::unique_ptr<parked_request> parked;
  std::string close_reason;
  authentication* who = nullptr;  // of the connection; null: the broker itself
  std::string ends_with;          // not empty: the connection is closed behind the answer, and why

  node_state& node() const { return cluster.nodes[node_index]; }

  /// Memory for the answer, gone with the call. Not capped itself: handlers build no more than a fixed multiple of the
  /// request, whose decoded size is capped, and of the topics that exist.
  template <class T>
  protocol::array<T> make(std::size_t count) {
    if (count == 0) return {};
    T* first = static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(first, count);
    return protocol::array<T>(first, count);
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* bytes = static_cast<char*>(memory_.allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }
  /// Has what the answer points to live as long as the call.
  void keep(std::shared_ptr<const void> what) { kept_.push_back(std::move(what)); }

  /// The response's body, as the last thing done with it.
  template <class Response>
  void write_body(protocol::writer& out, Response& response) const {
    if constexpr (requires { response.throttle_time_ms; }) {
      if (throttle_time_ms > 0) response.throttle_time_ms = throttle_time_ms;
    }
    write(out, response, version);
  }

 private:
  std::vector<std::shared_ptr<const void>> kept_;
  std::pmr::monotonic_buffer_resource memory_;
};

/// A partition that a request names, or the error that stands for it. With not_leader_or_follower and the epoch errors
/// the partition is there too, for the hint to the leader (KIP-951).
struct located {
  topic* in = nullptr;
  partition* where = nullptr;
  protocol::error_code error = protocol::error_code::none;
};

/// `current_leader_epoch` is what the client believes, -1 if it does not say (KIP-320).
located locate(const call& c, topic* in, std::int32_t index, std::int32_t current_leader_epoch = -1);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
