// Batches of magic 2 and the records in them; the way from one batch to the next.
#include "ottla/protocol_text/record_walk.hpp"

#include <array>

#include "ottla/protocol/crc32c.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol_text/encodings.hpp"
#include "record_parts.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::size_t magic_at = 16;
constexpr std::int32_t least_length = 14, least_batch_length = 49;

std::string attributes_text(const protocol::batch_header& header) {
  std::string out = header.compression_known() ? "codec " + std::string{protocol::name(header.compression())}
                                               : "no codec that there is";
  out += header.timestamps() == protocol::timestamp_type::append ? ", append time" : ", create time";
  if (header.transactional()) out += ", transactional";
  if (header.control()) out += ", control";
  if (header.has_delete_horizon()) out += ", delete horizon";
  return out;
}

/// What a control record's key says: its version and type, both int16 (KIP-98, KIP-595).
std::string control_key_text(protocol::bytes_view key) {
  constexpr std::array<std::string_view, 7> types{
      "abort", "commit", "leader change", "snapshot header", "snapshot footer", "KRaft version", "KRaft voters"};
  if (key.size() < 4) return blob_text(key);
  const auto type = protocol::load_big_endian<std::int16_t>(key.data() + 2);
  const bool known = type >= 0 && static_cast<std::size_t>(type) < types.size();
  return "version " + std::to_string(protocol::load_big_endian<std::int16_t>(key.data())) + ", type " +
         std::to_string(type) + (known ? ": " + std::string{types[static_cast<std::size_t>(type)]} : "");
}

bool walk_headers(part_cursor& in) {
  std::int64_t count = 0;
  if (!in.read_varint(32, count, "the count of headers")) return false;
  if (count < 0) return in.fail("the count of headers is " + std::to_string(count));
  in.tell("headers", "varint", counted(static_cast<std::uint64_t>(count), "header", "headers"), part_kind::count);
  for (std::int64_t i = 0; i < count; ++i) {
    const path_step step{in.state(), "headers", i};
    part_cursor::sized name, value;
    if (!in.take_bytes("key", true, name)) return false;
    if (!name.bytes) return in.fail("a header's key is null");
    if (!in.take_bytes("value", true, value)) return false;
  }
  return true;
}

/// Behind the record's length, and no further than that says.
bool walk_fields(part_cursor& in, const protocol::batch_header& header) {
  std::int8_t attributes = 0;
  std::int64_t timestamp = 0, offset = 0;
  if (!in.take("attributes", attributes)) return false;
  if (!in.read_varint(64, timestamp, "the timestamp's delta")) return false;
  in.tell("timestampDelta", "varint",
          std::to_string(timestamp) + ": timestamp " + std::to_string(record_timestamp(header, timestamp)));
  if (!in.read_varint(32, offset, "the offset's delta")) return false;
  in.tell(
      "offsetDelta", "varint",
      std::to_string(offset) + ": offset " + std::to_string(record_offset(header, static_cast<std::int32_t>(offset))));
  part_cursor::sized key, value;
  if (!in.take_bytes("key", true, key, header.control() ? control_key_text : blob_text)) return false;
  if (!in.take_bytes("value", true, value) || !walk_headers(in)) return false;
  return in.left() == 0 || in.fail("the record is " + counted(in.left(), "byte", "bytes") + " shorter than its length");
}

bool walk_record(part_cursor& in, const protocol::batch_header& header) {
  if (in.left() == 0) return in.fail("a record expected, no byte is left");
  const std::size_t start = in.at();
  std::int64_t size = 0;
  if (!in.read_varint(32, size, "a record's length")) return false;
  if (size <= 0 || static_cast<std::size_t>(size) > in.left())
    return in.fail(start, "a record of " + std::to_string(size) + " bytes where " + std::to_string(in.left()) +
                              (in.left() == 1 ? " is" : " are") + " left");
  in.tell("length", "varint", counted(static_cast<std::uint64_t>(size), "byte", "bytes"), part_kind::length);
  const std::size_t end = in.narrow(static_cast<std::size_t>(size));
  if (!walk_fields(in, header)) return false;
  in.end_at(end);
  return true;
}

bool walk_each_record(part_cursor& in, const protocol::batch_header& header) {
  for (std::int32_t i = 0; i < header.record_count; ++i) {
    const path_step step{in.state(), "records", i};
    if (!walk_record(in, header)) return false;
  }
  return in.left() == 0 || in.fail(counted(in.left(), "byte", "bytes") + " behind the last record");
}

bool walk_contents(part_cursor& in, const protocol::batch_header& header) {
  if (header.record_count == 0) {  // compaction took the records; what is here says nothing
    if (in.left() > 0 && in.skip(in.left(), "records")) in.tell("records", "bytes", "not read: the count is 0");
    return true;
  }
  if (header.compression() == protocol::codec::none) return walk_each_record(in, header);
  if (!take_compressed(in, "records", in.left(), header.compression(), protocol::lz4_framing::standard)) return false;
  part_cursor inflated{in.state(), in.state().inflated.view(), true};
  return walk_each_record(inflated, header);
}

bool take_header(part_cursor& in, protocol::batch_header& header) {
  if (!in.take("partitionLeaderEpoch", header.partition_leader_epoch) || !in.take("magic", header.magic)) return false;
  if (!in.read(header.crc, "crc")) return false;
  in.tell("crc", "uint32", crc_text(header.crc, protocol::crc32c(in.rest())));
  if (!in.read(header.attributes, "attributes")) return false;
  in.tell("attributes", "int16", std::to_string(header.attributes) + ": " + attributes_text(header));
  if (!in.take("lastOffsetDelta", header.last_offset_delta) || !in.take("baseTimestamp", header.base_timestamp) ||
      !in.take("maxTimestamp", header.max_timestamp) || !in.take("producerId", header.producer_id) ||
      !in.take("producerEpoch", header.producer_epoch) || !in.take("baseSequence", header.base_sequence))
    return false;
  if (!in.read(header.record_count, "the count of records")) return false;
  in.tell("records", "int32", std::to_string(header.record_count) + (header.record_count == 1 ? " record" : " records"),
          part_kind::count);
  return true;
}

bool walk_batch(part_cursor& in, std::int64_t base_offset) {
  protocol::batch_header header;
  header.base_offset = base_offset;
  if (!take_header(in, header)) return false;
  if (!header.compression_known()) return in.fail("the attributes name a codec that does not exist");
  if (header.record_count < 0) return in.fail("a count of records below 0");
  if (!in.state().allow(header.record_count)) return in.fail("more records than are shown");
  return walk_contents(in, header);
}

/// False behind the last whole batch, which `rest` may be only the beginning of.
bool whole(protocol::bytes_view rest, std::int32_t length) {
  return rest.size() > magic_at && rest.size() - protocol::batch_length_end >= static_cast<std::size_t>(length);
}

}  // namespace

std::string crc_text(std::uint32_t told, std::uint32_t counted_anew) {
  const auto hex = [](std::uint32_t number) {
    std::array<std::byte, 4> bytes{};
    protocol::store_big_endian(bytes.data(), number);
    std::string out = "0x";
    for (const std::byte b : bytes) append_hex(out, b);
    return out;
  };
  return hex(told) + (told == counted_anew ? "" : ", which is wrong: the bytes have " + hex(counted_anew));
}

bool walk_one(part_cursor& in, walk_of which) {
  const auto rest = in.rest();
  const bool long_enough = rest.size() >= protocol::batch_length_end;
  const auto length = long_enough ? protocol::load_big_endian<std::int32_t>(rest.data() + 8) : least_length;
  if (length < least_length) return in.fail(in.at() + 8, "a batch's length is " + std::to_string(length));
  if (!long_enough || !whole(rest, length)) {
    if (which == walk_of::wrapped) return in.fail("a message is cut off");
    in.skip(rest.size(), "");
    in.tell("", "bytes", "the beginning of a batch: the field ends in the middle of it");
    return true;
  }
  const auto magic = protocol::load_big_endian<std::int8_t>(rest.data() + magic_at);
  if (magic < 0 || magic > protocol::batch_magic || (magic == protocol::batch_magic && which == walk_of::wrapped))
    return in.fail(in.at() + magic_at, "magic " + std::to_string(magic) + (magic == 2 ? " inside a wrapper" : ""));
  if (magic == protocol::batch_magic && length < least_batch_length)
    return in.fail(in.at() + 8, "a batch's length is " + std::to_string(length));
  const std::size_t end = in.narrow(protocol::batch_length_end + static_cast<std::size_t>(length));
  std::int64_t offset = 0;
  std::int32_t told = 0;
  if (!in.take(magic == protocol::batch_magic ? "baseOffset" : "offset", offset) || !in.take("length", told))
    return false;
  if (!(magic == protocol::batch_magic ? walk_batch(in, offset) : walk_message(in, which))) return false;
  in.end_at(end);
  return true;
}

std::string record_walk_error::message() const {
  return "byte " + std::to_string(offset) + (inflated ? " of the inflated data" : "") + " (" + path + "): " + what;
}

std::optional<record_walk_error> walk_records(protocol::bytes_view field,
                                              const std::function<void(const record_part&)>& each,
                                              const records_limits& limits) {
  record_walk_state state{each, limits};
  part_cursor in{state, field};
  for (std::int64_t i = 0; in.left() > 0; ++i) {
    const path_step step{state, "batches", i};
    if (!walk_one(in, walk_of::field)) break;
  }
  return std::move(state.error);
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
