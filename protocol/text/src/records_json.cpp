// Opens every batch of a line first, within its limits, and writes them as JSON afterwards.
#include "ottla/protocol_text/records_json.hpp"

#include <variant>
#include <vector>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/message_set.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol_text/encodings.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {
namespace {

using namespace protocol;

std::string_view name(const std::optional<timestamp_type>& type) {
  if (!type) return "none";
  return *type == timestamp_type::append ? "append" : "create";
}

void integer(json_writer& json, std::string_view key, std::int64_t value) {
  json.key(key);
  json.integer(value);
}

void boolean(json_writer& json, std::string_view key, bool value) {
  json.key(key);
  json.boolean(value);
}

void text(json_writer& json, std::string_view key, std::string_view value) {
  json.key(key);
  json.string(value);
}

void nullable(json_writer& json, const std::optional<bytes_view>& value) { value ? json.hex(*value) : json.null(); }

void nullable(json_writer& json, std::string_view key, const std::optional<bytes_view>& value) {
  json.key(key);
  nullable(json, value);
}

// The batches of one line, opened; their inflated bytes lie one behind the other in one buffer.
class opened_line {
 public:
  record_error open(bytes_view rest, const records_limits& limits) {
    for (;;) {
      const auto step = next_batch(rest);
      if (step.kind == next_batch_kind::error) return step.error;
      if (step.kind != next_batch_kind::batch) break;
      const auto error = step.magic == batch_magic ? add_batch(step.bytes, limits) : add_messages(step.bytes, limits);
      if (error != record_error::none) return error;
    }
    trailing_ = rest.size();
    return record_error::none;
  }

  void write(json_writer& json) const {
    json.begin_object();
    json.key("batches");
    json.begin_array();
    for (const auto& one : batches_) {
      json.begin_object();
      std::visit([&](const auto& batch) { write(json, batch); }, one);
      json.end_object();
    }
    json.end_array();
    if (trailing_ != 0) integer(json, "trailingBytes", static_cast<std::int64_t>(trailing_));
    json.end_object();
  }

 private:
  inflate_limits inflate_left(const records_limits& limits) const {
    return {.max_bytes = limits.inflated_bytes - inflated_.size(), .max_ratio = 0};
  }

  record_error add_batch(bytes_view bytes, const records_limits& limits) {
    const auto claimed = parse_batch_header(bytes).record_count;
    if (claimed > 0 && static_cast<std::size_t>(claimed) > limits.records - records_)
      return record_error::too_many_records;
    batch_records batch;
    const auto error = open_batch(bytes, inflater_, inflated_, batch, inflate_left(limits));
    if (error != record_error::none) return error;
    records_ += static_cast<std::size_t>(batch.header.record_count);
    batches_.emplace_back(batch);
    return error;
  }

  record_error add_messages(bytes_view bytes, const records_limits& limits) {
    message_set set;
    const auto error = open_message_set(bytes, inflater_, inflated_, set, inflate_left(limits));
    if (error != record_error::none) return error;
    if (static_cast<std::size_t>(set.count) > limits.records - records_) return record_error::too_many_records;
    records_ += static_cast<std::size_t>(set.count);
    batches_.emplace_back(set);
    return error;
  }

  // The buffer has moved since the batch was opened: only the offset still holds.
  bytes_view settled(bool inflated, std::size_t offset, bytes_view records) const {
    return inflated ? inflated_.view().subspan(offset, records.size()) : records;
  }

  void write(json_writer& json, const batch_records& batch) const {
    const batch_header& header = batch.header;
    integer(json, "baseOffset", header.base_offset);
    integer(json, "partitionLeaderEpoch", header.partition_leader_epoch);
    integer(json, "magic", header.magic);
    text(json, "codec", protocol::name(header.compression()));
    text(json, "timestampType", name(header.timestamps()));
    boolean(json, "transactional", header.transactional());
    boolean(json, "control", header.control());
    integer(json, "producerId", header.producer_id);
    integer(json, "producerEpoch", header.producer_epoch);
    integer(json, "baseSequence", header.base_sequence);
    integer(json, "lastOffsetDelta", header.last_offset_delta);
    integer(json, "baseTimestamp", header.base_timestamp);
    integer(json, "maxTimestamp", header.max_timestamp);
    json.key("records");
    json.begin_array();
    record_cursor cursor{settled(batch.inflated, batch.inflated_offset, batch.records), header.record_count};
    for (record_data record; cursor.next(record);) {
      json.begin_object();
      integer(json, "offset", record_offset(header, record.offset_delta));
      integer(json, "timestamp", record_timestamp(header, record.timestamp_delta));
      nullable(json, "key", record.key());
      nullable(json, "value", record.value());
      json.key("headers");
      json.begin_array();
      for (const header_view one : record.headers()) {
        json.begin_array();
        json.string(one.name);
        nullable(json, one.value);
        json.end_array();
      }
      json.end_array();
      json.end_object();
    }
    json.end_array();
  }

  void write(json_writer& json, message_set set) const {
    set.messages = settled(set.inflated, set.inflated_offset, set.messages);
    message_data message;
    message_cursor first{set};
    first.next(message);
    integer(json, "baseOffset", message.offset);
    integer(json, "magic", set.magic);
    text(json, "codec", protocol::name(set.compression));
    text(json, "timestampType", name(set.timestamps));
    json.key("records");
    json.begin_array();
    for (message_cursor cursor{set}; cursor.next(message);) {
      json.begin_object();
      integer(json, "offset", message.offset);
      integer(json, "timestamp", message.timestamp);
      nullable(json, "key", message.key);
      nullable(json, "value", message.value);
      json.key("headers");
      json.begin_array();
      json.end_array();
      json.end_object();
    }
    json.end_array();
  }

  decompressor inflater_;
  byte_buffer inflated_;
  std::vector<std::variant<batch_records, message_set>> batches_;
  std::size_t records_ = 0;
  std::size_t trailing_ = 0;
};

}  // namespace

bool records_json(std::string_view hex, json_writer& out, std::string& why, const records_limits& limits) {
  arena memory{hex.size()};
  const auto bytes = parse_hex(hex, memory);
  if (!bytes) {
    why = "hex is an odd number of digits or holds something else";
    return false;
  }
  return records_json(*bytes, out, why, limits);
}

bool records_json(bytes_view records, json_writer& out, std::string& why, const records_limits& limits) {
  opened_line line;
  if (const auto error = line.open(records, limits); error != record_error::none) {
    why = describe(error);
    return false;
  }
  line.write(out);
  return true;
}

std::optional<std::string> records_json(std::string_view hex, std::string& why, const records_limits& limits) {
  json_writer out;
  if (!records_json(hex, out, why, limits)) return std::nullopt;
  return out.text();
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
