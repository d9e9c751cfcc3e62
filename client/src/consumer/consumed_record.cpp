// consumed_record: the parts of views and iterators that are not in the loop of every record.
#include "ottla/consumed_record.hpp"

#include "partition_block.hpp"

namespace ottla {
inline namespace v0 {

std::string_view record_view::topic() const { return batch_->block->where->topic; }
std::int32_t record_view::partition() const { return batch_->block->where->partition; }

blob record_view::header(std::string_view name) const {
  blob out;
  for (const protocol::header_view one : headers()) {
    if (one.name == name) out = blob(one.value);
  }
  return out;
}

record_owned record_view::to_owned() const {
  // key | size | value | header count | headers lie one behind the other: one copy takes them all.
  const std::byte* begin = data_.key_data;
  const std::byte* end = data_.headers_data;
  for (std::int32_t left = 2 * data_.header_count; left > 0; --left) {
    const std::byte* part;
    std::int32_t size;
    end = protocol::record_detail::read_nullable(end, part, size);
  }
  record_owned out;
  out.where_ = batch_->block->where;
  out.bytes_.assign(begin, end);
  out.offset_ = offset();
  out.timestamp_ = timestamp();
  out.leader_epoch_ = leader_epoch();
  out.assignment_ = batch_->block->assignment;
  out.key_size_ = data_.key_size;
  out.value_size_ = data_.value_size;
  out.header_count_ = data_.header_count;
  out.value_at_ = static_cast<std::uint32_t>(data_.value_data - begin);
  out.headers_at_ = static_cast<std::uint32_t>(data_.headers_data - begin);
  out.timestamps_ = timestamp_type();
  return out;
}

partition_position record_view::end_position() const {
  const partition_block& block = *batch_->block;
  return {*block.where, offset() + 1, leader_epoch(), block.assignment};
}

const std::string& partition_records::topic() const { return block_->where->topic; }
std::int32_t partition_records::partition() const { return block_->where->partition; }
record_iterator partition_records::begin() const { return record_iterator(*block_); }
std::size_t partition_records::size() const { return block_->count; }
std::size_t partition_records::bytes() const {
  std::size_t sum = 0;
  for (const batch_records_view& one : block_->batches) sum += one.records.size();
  return sum;
}
partition_records partition_records::to_owned() const { return partition_records(copy_block(block_)); }
std::int64_t partition_records::high_watermark() const { return block_->high_watermark; }
partition_position partition_records::end_position() const {
  return {*block_->where, block_->end_offset, block_->end_epoch, block_->assignment};
}

record_iterator::record_iterator(const partition_block& block)
    : batch_(block.batches.data()), last_batch_(block.batches.data() + block.batches.size()) {
  ++*this;
}

bool record_iterator::next_batch() {
  while (batch_ == last_batch_) {
    if (part_ == last_part_) {
      record_.batch_ = nullptr;
      return false;
    }
    const partition_block& block = *(part_++)->block_;
    batch_ = block.batches.data();
    last_batch_ = batch_ + block.batches.size();
  }
  record_.batch_ = batch_;
  cursor_ = protocol::record_cursor(batch_->records, batch_->count);
  ++batch_;
  return true;
}

}  // namespace v0
}  // namespace ottla
