// batch_scan: how far a partition's bytes reach, read from batch headers alone: the fetcher goes on from there before
// anyone inflates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// Offsets and epoch of one batch. They stand outside the CRC: a broker may set them wrongly, so they are judged before
/// use.
struct batch_extent {
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  std::int32_t leader_epoch = -1;  ///< -1 under magic 0 and 1
  bool valid = false;              ///< neither negative nor overflowing
};
batch_extent extent_of(const protocol::next_batch_result& batch);

struct scan_result {
  std::int64_t next_offset = 0;    ///< where to fetch next; the offset asked for if nothing was whole
  std::int32_t leader_epoch = -1;  ///< of the last whole batch
  std::size_t whole_bytes = 0;     ///< of whole batches
  std::size_t wanted_bytes = 0;    ///< what the first batch needs, if not even that one is whole (C-29)
  bool damaged = false;            ///< stopped at something that is not a batch, or out of order: the reader tells what
};
/// Batches behind one another, each beginning at or behind the end of the last; the first may begin below
/// `fetch_offset`, and batches that end below it are passed over (C-27).
scan_result scan_batches(protocol::bytes_view records, std::int64_t fetch_offset);

}  // namespace v0
}  // namespace ottla
