// Messages of magic 0 and 1, plain and in compressed wrappers.
#include <zlib.h>

#include "record_parts.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {

std::uint32_t crc_of(protocol::bytes_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string attributes_text(std::int8_t magic, std::int8_t attributes, protocol::codec codec) {
  std::string out = std::to_string(attributes) + ": codec " + std::string{protocol::name(codec)};
  if (magic == 1) out += (attributes & 8) != 0 ? ", append time" : ", create time";
  return out;
}

/// A wrapper's value: plain messages, compressed as a whole.
bool walk_wrapped(part_cursor& in, std::int8_t magic, protocol::codec codec) {
  std::int32_t size = 0;
  if (!in.read(size, "the length of value")) return false;
  if (size < 0) return in.fail("a wrapper's value is null");
  in.tell("value", "int32", counted(static_cast<std::uint64_t>(size), "byte", "bytes"), part_kind::length);
  const auto framing = magic == 0 ? protocol::lz4_framing::historic : protocol::lz4_framing::standard;
  if (!take_compressed(in, "value", static_cast<std::size_t>(size), codec, framing)) return false;
  if (in.left() > 0) return in.fail(counted(in.left(), "byte", "bytes") + " behind the value");
  part_cursor inner{in.state(), in.state().inflated.view(), true};
  std::int64_t count = 0;
  for (; inner.left() > 0; ++count) {
    const path_step step{in.state(), "messages", count};
    if (!walk_one(inner, walk_of::wrapped)) return false;
  }
  return count > 0 || in.fail("a wrapper with nothing in it");
}

}  // namespace

bool walk_message(part_cursor& in, walk_of which) {
  std::uint32_t crc = 0;
  std::int8_t magic = 0, attributes = 0;
  std::int64_t timestamp = 0;
  if (!in.read(crc, "crc")) return false;
  in.tell("crc", "uint32", crc_text(crc, crc_of(in.rest())));
  if (!in.take("magic", magic) || !in.read(attributes, "attributes")) return false;
  const int number = attributes & 7;
  // zstd came with magic 2 (KIP-110).
  if (number >= static_cast<int>(protocol::codec::zstd))
    return in.fail("the attributes name a codec that magic 0 and 1 do not have");
  const auto codec = static_cast<protocol::codec>(number);
  in.tell("attributes", "int8", attributes_text(magic, attributes, codec));
  const bool wrapper = codec != protocol::codec::none;
  if (wrapper && which == walk_of::wrapped) return in.fail("a wrapper inside a wrapper");
  if (!wrapper && !in.state().allow(1)) return in.fail("more records than are shown");
  if (magic == 1 && !in.take("timestamp", timestamp)) return false;
  part_cursor::sized key, value;
  if (!in.take_bytes("key", false, key)) return false;
  if (wrapper) return walk_wrapped(in, magic, codec);
  if (!in.take_bytes("value", false, value)) return false;
  return in.left() == 0 || in.fail(counted(in.left(), "byte", "bytes") + " behind the value");
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
