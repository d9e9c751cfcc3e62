// A Produce with acks=all whose batches are in the log and not yet on all replicas in sync.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "api/parked_request.hpp"
#include "ottla/mock/instant.hpp"
#include "ottla/protocol/produce.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// It is answered when each of its partitions is decided: the high watermark has passed its batch, this node no longer
/// leads, or the time is up. What is in the log stays there in any case.
class pending_produce final : public parked_request {
 public:
  /// A partition of the answer that waits.
  struct wait {
    std::size_t topic_at = 0;  // where it stands in the answer
    std::size_t partition_at = 0;
    protocol::uuid topic_id{};
    std::int32_t index = -1;
    std::int32_t leader_epoch = -1;
    std::int64_t end_offset = -1;  // of the batch
  };
  /// `response` is the answer if all goes well. `deadline` on instant::mono.
  pending_produce(const call& c, const protocol::ProduceResponse& response, std::vector<wait> waits,
                  std::chrono::nanoseconds deadline);

  bool is_ready(const call& c) const override;
  std::chrono::nanoseconds answer_by() const override { return deadline_; }
  void write_answer(call& c, protocol::writer& out) override;

 private:
  std::vector<std::byte> answer_;  // as it would be sent: it owns what the response only points to
  std::vector<wait> waits_;
  std::chrono::nanoseconds deadline_;
  std::int32_t throttle_time_ms_;  // what its bytes cost
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
