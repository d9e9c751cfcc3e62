// Makes messages of magic 0 and 1 for the tests; Ottla itself only reads them.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <optional>
#include <vector>

#include "batches.hpp"

namespace ottla::test {

struct message {
  std::int8_t magic = 1;
  std::int64_t offset = 0;
  int attributes = 0;
  std::int64_t timestamp = 0;
  std::optional<bytes> key = std::nullopt;
  std::optional<bytes> value = std::nullopt;
};

template <class T>
bytes big_endian(T value) {
  bytes out(sizeof value);
  protocol::store_big_endian(out.data(), value);
  return out;
}

inline bytes nullable(const std::optional<bytes>& field) {
  return field ? big_endian(static_cast<std::int32_t>(field->size())) + *field : big_endian(std::int32_t{-1});
}

// Length and CRC around everything from the magic on.
inline bytes framed(std::int64_t offset, const bytes& hashed) {
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(hashed.data()), hashed.size()));
  return big_endian(offset) + big_endian(static_cast<std::int32_t>(hashed.size() + 4)) + big_endian(crc) + hashed;
}

inline bytes encode(const message& m) {
  bytes hashed = big_endian(m.magic) + big_endian(static_cast<std::int8_t>(m.attributes));
  if (m.magic == 1) hashed = hashed + big_endian(m.timestamp);
  return framed(m.offset, hashed + nullable(m.key) + nullable(m.value));
}

inline bytes encode(const std::vector<message>& messages) {
  bytes out;
  for (const message& m : messages) out = out + encode(m);
  return out;
}

inline bytes packed(protocol::codec type, const bytes& in) {
  protocol::compressor with;
  protocol::byte_buffer out;
  EXPECT_TRUE(with.compress({type}, in, out));
  return copy(out.view());
}

inline message wrapper(std::int8_t magic, protocol::codec type, const bytes& inner, std::int64_t offset = 0) {
  return {.magic = magic, .offset = offset, .attributes = static_cast<int>(type), .value = packed(type, inner)};
}

}  // namespace ottla::test
