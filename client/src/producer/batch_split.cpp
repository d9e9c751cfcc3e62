// batch_split: inflate, walk the records once for their sizes and once to write them, each half with deltas of its own.
#include "batch_split.hpp"

#include <algorithm>
#include <vector>

#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/record_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace {

struct half {
  block memory;
  std::size_t used = protocol::batch_header_size;
  std::int64_t base_timestamp = 0;
  std::int64_t max_timestamp = 0;
};

/// Calls f(fields) for the next `count` records, counted from 0, with timestamps relative to the first of them; returns
/// its timestamp.
template <class F>
std::int64_t each_record(protocol::record_cursor& from, std::int32_t count, std::int64_t old_base, F&& f) {
  std::vector<protocol::header_view> headers;
  std::int64_t base = 0;
  for (std::int32_t i = 0; i < count; ++i) {
    protocol::record_data record;
    from.next(record);
    const std::int64_t stamp = old_base + record.timestamp_delta;
    if (i == 0) base = stamp;
    headers.clear();
    for (const protocol::header_view& header : record.headers()) headers.push_back(header);
    protocol::record_fields fields;
    fields.offset_delta = i;
    fields.timestamp_delta = stamp - base;
    fields.key = record.key();
    fields.value = record.value();
    fields.headers = headers;
    f(fields, stamp);
  }
  return base;
}

half rewrite(protocol::record_cursor& from, std::int32_t count, std::int64_t old_base, block_pool& pool) {
  half out;
  protocol::record_cursor sizing = from;
  each_record(sizing, count, old_base,
              [&](const protocol::record_fields& fields, std::int64_t) { out.used += protocol::record_size(fields); });
  out.memory = pool.overdraw(out.used);
  std::byte* at = out.memory.bytes.get() + protocol::batch_header_size;
  out.max_timestamp = INT64_MIN;
  out.base_timestamp =
      each_record(from, count, old_base, [&](const protocol::record_fields& fields, std::int64_t stamp) {
        at = protocol::write_record(at, fields);
        out.max_timestamp = std::max(out.max_timestamp, stamp);
      });
  return out;
}

void put(half from, std::int32_t count, batch& into) {
  into.memory = std::move(from.memory);
  into.used = from.used;
  into.count = count;
  into.base_timestamp = from.base_timestamp;
  into.max_timestamp = from.max_timestamp;
}

}  // namespace

bool split_batch(batch& one, batch& rest, block_pool& pool) {
  if (one.count < 2) return false;
  protocol::decompressor inflater;
  protocol::byte_buffer inflated;
  protocol::batch_records whole;
  protocol::inflate_limits ours;  // nothing hostile here: what comes out is what went in
  ours.max_bytes = SIZE_MAX;
  ours.max_ratio = 0;
  if (protocol::open_batch(one.wire(), inflater, inflated, whole, ours, protocol::crc_check::skip) !=
      protocol::record_error::none)
    return false;

  const std::int32_t first_count = one.count / 2;
  const std::int32_t rest_count = one.count - first_count;
  protocol::record_cursor at(whole.records, one.count);
  half first = rewrite(at, first_count, whole.header.base_timestamp, pool);
  half second = rewrite(at, rest_count, whole.header.base_timestamp, pool);
  pool.give_back(std::exchange(one.memory, {}));
  put(std::move(first), first_count, one);
  put(std::move(second), rest_count, rest);

  rest.home = one.home;
  rest.linger_until = one.linger_until;
  rest.deadline = one.deadline;
  rest.cookies.assign(one.cookies.begin() + first_count, one.cookies.end());
  one.cookies.resize(static_cast<std::size_t>(first_count));
  one.handlers.split_off(static_cast<std::uint32_t>(first_count), rest.handlers);
  rest.order = one.order + static_cast<std::uint64_t>(first_count);
  if (one.sequence >= 0) rest.sequence = next_sequence(one.sequence, first_count);
  rest.epoch = one.epoch;
  rest.attempts = one.attempts;
  rest.retried = one.retried;
  rest.last_error = one.last_error;
  for (const auto& ticket : one.tickets) {
    ticket->open.fetch_add(1, std::memory_order_relaxed);
    rest.tickets.push_back(ticket);
  }
  return true;
}

}  // namespace v0
}  // namespace ottla
