// batch_decoder: makes a fetched partition's bytes safe to iterate: CRC, inflating, structure, then what read_committed
// hides.
#pragma once

#include <memory>
#include <vector>

#include "fetch_queue.hpp"
#include "ottla/protocol/compression.hpp"
#include "partition_block.hpp"

namespace ottla {
inline namespace v0 {

struct decoded_partition {
  std::shared_ptr<partition_block>
      block;     ///< what is good, up to the first damage; may hold no records and still move the position
  error damage;  ///< set: the batch at block->end_offset cannot be used
};

/// Keeps its inflating contexts between polls. One thread at a time.
class batch_decoder {
 public:
  explicit batch_decoder(const consumer_config& config);
  decoded_partition decode(fetched_partition& from, const std::shared_ptr<memory_account>& account);

 private:
  struct work;
  protocol::record_error open_records(work& on, const protocol::next_batch_result& batch, std::int64_t last_offset);
  protocol::record_error open_messages(work& on, const protocol::next_batch_result& batch);

  bool committed_only_;
  protocol::crc_check crc_;
  protocol::inflate_limits limits_;
  protocol::decompressor inflater_;
  std::vector<std::size_t> inflated_at_;  // of each batch in the block: where in the buffer; npos: in the frame
};

}  // namespace v0
}  // namespace ottla
