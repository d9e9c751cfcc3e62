// batch_decoder: the walk over one partition's batches on the caller's thread.
#include "batch_decoder.hpp"

#include <limits>
#include <string>
#include <utility>

#include "batch_scan.hpp"
#include "ottla/protocol/message_set.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::next_batch_kind;
using protocol::record_error;
constexpr std::size_t in_frame = std::numeric_limits<std::size_t>::max();

// A broker answers with whole batches, also where the offset asked for lies inside one: what is below it was read
// before (C-27).
void skip_before(std::int64_t offset, batch_records_view& batch) {
  while (batch.count > 0) {
    protocol::record_cursor cursor(batch.records, 1);
    protocol::record_data record;
    cursor.next(record);
    if (protocol::wrapping_add(batch.base_offset, record.offset_delta) >= offset) return;
    std::int32_t body;
    const std::byte* at = protocol::record_detail::read_int32(batch.records.data(), body);
    batch.records =
        batch.records.subspan(static_cast<std::size_t>(at - batch.records.data()) + static_cast<std::size_t>(body));
    --batch.count;
  }
}

std::string describe_damage(const fetched_partition& from, record_error what) {
  return "the batch at offset " + std::to_string(from.fetch_offset) +
         " or behind it: " + std::string(protocol::describe(what));
}

}  // namespace

struct batch_decoder::work {
  partition_block& block;
  protocol::byte_buffer& inflated;
  aborted_filter aborted;
};

batch_decoder::batch_decoder(const consumer_config& config)
    : committed_only_(config.isolation == isolation_level::read_committed),
      crc_(config.check_crcs ? protocol::crc_check::verify : protocol::crc_check::skip) {
  limits_.max_bytes = config.max_inflated_batch;
}

decoded_partition batch_decoder::decode(fetched_partition& from, const std::shared_ptr<memory_account>& account) {
  decoded_partition out;
  out.block = std::make_shared<partition_block>();
  partition_block& block = *out.block;
  block.where = from.slot->where;
  block.assignment = from.slot->assignment;
  block.frame = std::move(from.held);
  block.first_offset = block.end_offset = from.fetch_offset;
  block.high_watermark = from.watermarks.high_watermark;
  auto inflated = std::make_shared<inflated_bytes>(account);
  inflated_at_.clear();
  work on{block, inflated->buffer(), aborted_filter(std::move(from.aborted))};

  std::int64_t order = -1;
  record_error damage = record_error::none;
  for (protocol::bytes_view rest = from.records; damage == record_error::none;) {
    const protocol::next_batch_result batch = protocol::next_batch(rest);
    if (batch.kind == next_batch_kind::end || batch.kind == next_batch_kind::partial) break;
    if (batch.kind == next_batch_kind::error) {
      damage = batch.error;
      break;
    }
    const batch_extent reach = extent_of(batch);
    if (!reach.valid || reach.last_offset <= order) {
      damage = record_error::record_malformed;
      break;
    }
    order = reach.last_offset;
    if (reach.last_offset < from.fetch_offset) continue;
    damage =
        batch.magic == protocol::batch_magic ? open_records(on, batch, reach.last_offset) : open_messages(on, batch);
    if (damage != record_error::none) break;
    block.end_offset = reach.last_offset + 1;
    if (reach.leader_epoch >= 0) block.end_epoch = reach.leader_epoch;
  }
  // The buffer has stopped moving: views into it can be made now.
  for (std::size_t i = 0; i < block.batches.size(); ++i) {
    batch_records_view& one = block.batches[i];
    one.block = &block;
    if (inflated_at_[i] != in_frame) one.records = on.inflated.view().subspan(inflated_at_[i], one.records.size());
  }
  if (!block.batches.empty()) skip_before(from.fetch_offset, block.batches.front());
  for (const batch_records_view& one : block.batches) block.count += static_cast<std::size_t>(one.count);
  if (!on.inflated.empty()) {
    inflated->settle();
    block.inflated = std::move(inflated);
  }
  if (damage != record_error::none) {
    error_context context;
    context.asked = "Reading " + block.where->topic + "-" + std::to_string(block.where->partition);
    from.fetch_offset = block.end_offset;
    context.detail = describe_damage(from, damage);
    context.advice = "it is fetched again; seek past it to go on without it";
    out.damage = error(client_code::corrupt_batch, std::move(context));
  }
  return out;
}

record_error batch_decoder::open_records(work& on, const protocol::next_batch_result& batch, std::int64_t last_offset) {
  protocol::batch_records opened;
  if (const auto bad = open_batch(batch.bytes, inflater_, on.inflated, opened, limits_, crc_);
      bad != record_error::none)
    return bad;
  const protocol::batch_header& header = opened.header;
  bool hidden = header.control();
  if (header.control()) {
    if (committed_only_ && is_abort_marker(opened.records, header.record_count)) {
      on.aborted.abort_marker(header.producer_id, last_offset);
    }
  } else if (committed_only_) {
    hidden = on.aborted.drops(header, last_offset);
  }
  if (hidden || header.record_count == 0) {
    if (opened.inflated) on.inflated.truncate(opened.inflated_offset);
    return record_error::none;
  }
  batch_records_view view;
  view.records = opened.records;
  view.count = header.record_count;
  view.leader_epoch = header.partition_leader_epoch;
  view.base_offset = header.base_offset;
  view.timestamps = header.timestamps();
  view.dense = opened.dense;
  view.base_timestamp = view.timestamps == timestamp_type::append ? header.max_timestamp : header.base_timestamp;
  on.block.batches.push_back(view);
  inflated_at_.push_back(opened.inflated ? opened.inflated_offset : in_frame);
  return record_error::none;
}

// Messages of magic 0 and 1 are written anew as records, so that iteration knows one form only. They come from logs of
// before 2017.
record_error batch_decoder::open_messages(work& on, const protocol::next_batch_result& batch) {
  const std::size_t begin = on.inflated.size();
  protocol::byte_buffer unpacked;
  protocol::message_set set;
  if (const auto bad = open_message_set(batch.bytes, inflater_, unpacked, set, limits_, crc_);
      bad != record_error::none)
    return bad;
  batch_records_view view;
  view.timestamps = set.timestamps.value_or(timestamp_type::create);
  protocol::message_cursor cursor(set);
  protocol::message_data message;
  while (cursor.next(message)) {
    const bool appended = view.timestamps == timestamp_type::append;
    if (view.count == 0) {
      view.base_offset = message.offset;
      view.base_timestamp = appended ? message.timestamp : 0;
    }
    const std::int64_t delta = message.offset - view.base_offset;
    if (message.offset < view.base_offset || delta > std::numeric_limits<std::int32_t>::max())
      return record_error::wrapper_invalid;
    protocol::record_fields fields;
    fields.offset_delta = static_cast<std::int32_t>(delta);
    fields.timestamp_delta = appended ? 0 : message.timestamp;
    fields.key = message.key;
    fields.value = message.value;
    const std::size_t body = protocol::record_body_size(fields);
    const std::size_t size = protocol::record_size(body);
    if (on.inflated.free_space().size() < size && !on.inflated.reserve(size + on.inflated.size()))
      return record_error::out_of_memory;
    protocol::write_record(on.inflated.free_space().data(), fields, body);
    on.inflated.commit(size);
    ++view.count;
  }
  if (view.count == 0) return record_error::none;
  view.records = on.inflated.view().subspan(begin);
  on.block.batches.push_back(view);
  inflated_at_.push_back(begin);
  return record_error::none;
}

}  // namespace v0
}  // namespace ottla
