// partition_block: cutting one in two, for polls with a bound on their records; copying one out of its response.
#include "partition_block.hpp"

#include <cstring>

namespace ottla {
inline namespace v0 {
namespace {

std::shared_ptr<partition_block> like(const partition_block& whole) {
  auto out = std::make_shared<partition_block>();
  out->where = whole.where;
  out->assignment = whole.assignment;
  out->frame = whole.frame;
  out->inflated = whole.inflated;
  out->first_offset = whole.first_offset;
  out->end_offset = whole.end_offset;
  out->end_epoch = whole.end_epoch;
  out->high_watermark = whole.high_watermark;
  return out;
}

void append(partition_block& to, batch_records_view batch) {
  batch.block = &to;
  to.count += static_cast<std::size_t>(batch.count);
  to.batches.push_back(batch);
}

}  // namespace

std::shared_ptr<partition_block> split_block(const partition_block& whole, std::size_t records,
                                             std::shared_ptr<partition_block>& head) {
  head = like(whole);
  auto tail = like(whole);
  for (const batch_records_view& batch : whole.batches) {
    const std::size_t room = records - head->count;
    if (tail->count > 0 || room == 0) {
      append(*tail, batch);
      continue;
    }
    if (static_cast<std::size_t>(batch.count) <= room) {
      append(*head, batch);
      continue;
    }
    const std::byte* at = batch.records.data();
    for (std::size_t i = 0; i < room; ++i) {
      std::int32_t body;
      at = protocol::record_detail::read_int32(at, body);
      at += body;
    }
    const auto cut = static_cast<std::size_t>(at - batch.records.data());
    batch_records_view first = batch, rest = batch;
    first.records = batch.records.first(cut);
    first.count = static_cast<std::int32_t>(room);
    rest.records = batch.records.subspan(cut);
    rest.count = batch.count - first.count;
    append(*head, first);
    append(*tail, rest);
  }
  // The head ends where the first record of the rest begins.
  const batch_records_view& next = tail->batches.front();
  protocol::record_cursor cursor(next.records, next.count);
  protocol::record_data record;
  cursor.next(record);
  head->end_offset = tail->first_offset =
      protocol::record_offset({.base_offset = next.base_offset}, record.offset_delta);
  head->end_epoch = next.leader_epoch;
  return tail;
}

std::shared_ptr<const partition_block> copy_block(const std::shared_ptr<const partition_block>& whole) {
  const std::shared_ptr<memory_account> account = whole->inflated ? whole->inflated->account()
                                                  : whole->frame  ? whole->frame->account()
                                                                  : nullptr;
  std::size_t bytes = 0;
  for (const batch_records_view& one : whole->batches) bytes += one.records.size();
  if (account == nullptr || bytes == 0) return whole;
  auto memory = std::make_shared<inflated_bytes>(account, protocol::byte_buffer());
  protocol::byte_buffer& to = memory->buffer();
  if (!to.reserve(bytes)) return whole;
  auto out = like(*whole);
  for (const batch_records_view& one : whole->batches) {
    std::memcpy(to.free_space().data(), one.records.data(), one.records.size());
    to.commit(one.records.size());
    append(*out, one);
  }
  std::size_t at = 0;
  for (batch_records_view& one : out->batches) {
    one.records = to.view().subspan(at, one.records.size());
    at += one.records.size();
  }
  memory->settle();
  out->frame.reset();
  out->inflated = std::move(memory);
  return out;
}

}  // namespace v0
}  // namespace ottla
