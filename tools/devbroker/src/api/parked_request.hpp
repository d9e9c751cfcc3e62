// A request whose answer comes later: a fetch that waits for bytes, a member that waits for its group.
#pragma once
#include <chrono>

#include "ottla/protocol/writer.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class call;

class parked_request {
 public:
  parked_request() = default;
  virtual ~parked_request() = default;
  parked_request(const parked_request&) = delete;
  parked_request& operator=(const parked_request&) = delete;

  /// Whether to answer now. Asked after every change in the cluster.
  virtual bool is_ready(const call& c) const = 0;
  /// When to answer at the latest, on instant::mono.
  virtual std::chrono::nanoseconds answer_by() const = 0;
  /// The response's body.
  virtual void write_answer(call& c, protocol::writer& out) = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
