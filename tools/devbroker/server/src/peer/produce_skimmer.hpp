// Reads a Produce request as it streams by and keeps its skeleton only: which partitions, not which records.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

struct skimmed_topic {
  std::string name;   // up to version 12
  protocol::uuid id;  // from 13 on
  std::vector<std::int32_t> partitions;
};

/// A machine over the bytes behind the frame's size. It takes what it can from what is there and says how many bytes of
/// record data follow, which the caller discards in whatever way is cheapest.
///
///     header | transactional id, acks, timeout | topic: name, count | partition: index, length | (records) | tags ...
class produce_skimmer {
 public:
  enum class wants { more_bytes, skip, done, broken };

  /// Begins a request of this size; the bytes offered next are its first.
  void begin(std::size_t frame_bytes);
  /// Takes bytes off the front of `in`. After skip, skip_bytes() must be discarded before more is offered.
  wants feed(std::span<const std::byte>& in);
  std::size_t skip_bytes() const { return skip_; }

  std::int16_t version() const { return version_; }
  std::int32_t correlation_id() const { return correlation_id_; }
  std::int16_t acks() const { return acks_; }
  const std::vector<skimmed_topic>& topics() const { return topics_; }

 private:
  enum class state { header, topic, partition, partition_end, topic_end, end, done };
  class cursor;

  bool flexible() const { return version_ >= 9; }
  bool read_header(cursor&);
  bool read_topic(cursor&);
  bool read_partition(cursor&);
  bool read_end(cursor&);
  void next_partition();
  void next_topic();

  state state_ = state::done;
  std::size_t left_ = 0;  // bytes of the frame not yet taken
  std::size_t skip_ = 0;
  std::int64_t topics_left_ = 0;
  std::int64_t partitions_left_ = 0;
  std::int16_t version_ = 0;
  std::int32_t correlation_id_ = 0;
  std::int16_t acks_ = 0;
  std::vector<skimmed_topic> topics_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
