// batch_scan: the walk over batch headers.
#include "batch_scan.hpp"

#include <limits>

#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_bytes.hpp"

namespace ottla {
inline namespace v0 {

using protocol::load_big_endian;
using protocol::next_batch_kind;

batch_extent extent_of(const protocol::next_batch_result& batch) {
  batch_extent out;
  out.first_offset = out.last_offset = load_big_endian<std::int64_t>(batch.bytes.data());
  out.valid = out.first_offset >= 0 && out.first_offset < std::numeric_limits<std::int64_t>::max();
  if (batch.magic < protocol::batch_magic) return out;  // a wrapper's offset is that of its last message
  out.leader_epoch = load_big_endian<std::int32_t>(batch.bytes.data() + 12);
  const auto delta = load_big_endian<std::int32_t>(batch.bytes.data() + 23);
  out.valid = out.valid && delta >= 0 && out.first_offset < std::numeric_limits<std::int64_t>::max() - delta;
  if (out.valid) out.last_offset = out.first_offset + delta;
  return out;
}

scan_result scan_batches(protocol::bytes_view records, std::int64_t fetch_offset) {
  scan_result out;
  out.next_offset = fetch_offset;
  std::int64_t order = -1;
  for (protocol::bytes_view rest = records;;) {
    const protocol::next_batch_result batch = protocol::next_batch(rest);
    if (batch.kind == next_batch_kind::end) return out;
    if (batch.kind == next_batch_kind::partial) {
      if (out.whole_bytes == 0) {
        const bool told = batch.bytes.size() >= protocol::batch_length_end;
        const auto length = told ? load_big_endian<std::int32_t>(batch.bytes.data() + 8) : 0;
        out.wanted_bytes = protocol::batch_length_end + static_cast<std::size_t>(length);
      }
      return out;
    }
    const batch_extent reach = batch.kind == next_batch_kind::batch ? extent_of(batch) : batch_extent{};
    if (!reach.valid || reach.last_offset <= order) {
      out.damaged = true;
      return out;
    }
    order = reach.last_offset;
    out.whole_bytes += batch.bytes.size();
    if (reach.last_offset < fetch_offset) continue;
    out.next_offset = reach.last_offset + 1;
    if (reach.leader_epoch >= 0) out.leader_epoch = reach.leader_epoch;
  }
}

}  // namespace v0
}  // namespace ottla
