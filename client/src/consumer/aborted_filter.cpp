// aborted_filter: the ranges themselves.
#include "aborted_filter.hpp"

#include <algorithm>

#include "ottla/protocol/record_bytes.hpp"
#include "ottla/protocol/record_reader.hpp"

namespace ottla {
inline namespace v0 {

aborted_filter::aborted_filter(std::vector<aborted_transaction> list) : list_(std::move(list)) {
  std::stable_sort(list_.begin(), list_.end(), [](const aborted_transaction& a, const aborted_transaction& b) {
    return a.first_offset < b.first_offset;
  });
}

void aborted_filter::advance(std::int64_t last_offset) {
  while (next_ < list_.size() && list_[next_].first_offset <= last_offset) aborting_.insert(list_[next_++].producer_id);
}

bool aborted_filter::drops(const protocol::batch_header& batch, std::int64_t last_offset) {
  advance(last_offset);
  return batch.transactional() && aborting_.contains(batch.producer_id);
}

void aborted_filter::abort_marker(std::int64_t producer_id, std::int64_t last_offset) {
  advance(last_offset);
  aborting_.erase(producer_id);
}

//     key of a control record | version int16 | type int16: 0 abort, 1 commit |
bool is_abort_marker(protocol::bytes_view records, std::int32_t count) {
  protocol::record_cursor cursor(records, count);
  protocol::record_data marker;
  if (!cursor.next(marker) || marker.key_size < 4) return false;
  return protocol::load_big_endian<std::int16_t>(marker.key_data) >= 0 &&
         protocol::load_big_endian<std::int16_t>(marker.key_data + 2) == 0;
}

}  // namespace v0
}  // namespace ottla
