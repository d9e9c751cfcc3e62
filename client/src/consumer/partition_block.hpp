// partition_block: the decoded batches of one partition response, and the memory that they borrow from.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "memory_account.hpp"
#include "ottla/consumed_record.hpp"

namespace ottla {
inline namespace v0 {

/// Immutable once it was handed out.
class partition_block {
 public:
  std::shared_ptr<const topic_partition> where;
  std::shared_ptr<const held_frame> frame;
  std::shared_ptr<const inflated_bytes> inflated;  ///< null if no batch was compressed
  std::vector<batch_records_view> batches;         ///< each points back here: never moved, never copied
  std::size_t count = 0;
  std::int64_t first_offset = 0;  ///< what was asked for
  std::int64_t end_offset = 0;
  std::int32_t end_epoch = -1;
  std::int64_t high_watermark = -1;
  std::uint64_t assignment = 0;  ///< of the slot
};

/// The first `records` of a block in `head`, the rest in what is returned; both share the memory.
std::shared_ptr<partition_block> split_block(const partition_block& whole, std::size_t records,
                                             std::shared_ptr<partition_block>& head);

/// The same with memory of its own, exactly as much as its records need. The block itself where there is no memory.
std::shared_ptr<const partition_block> copy_block(const std::shared_ptr<const partition_block>& whole);

}  // namespace v0
}  // namespace ottla
