// Reads Kafka's primitive types from a frame. The first error sticks; whatever is read after it is zero and empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/types.hpp"
#include "ottla/protocol/wire_error.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

/// Borrows the frame and the arena: both must outlive what was read. Check ok() and, after a whole message, remaining()
/// == 0.
class reader {
 public:
  reader(bytes_view in, arena& memory) : next_{in.data()}, end_{in.data() + in.size()}, arena_{&memory} {}

  [[nodiscard]] bool ok() const { return error_ == wire_error::none; }
  [[nodiscard]] wire_error error() const { return error_; }
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - next_); }
  [[nodiscard]] arena& memory() { return *arena_; }
  /// Keeps the first error and drops what is left, so that loops over the input end.
  void fail(wire_error error);

  bool boolean() { return int8() != 0; }
  std::int8_t int8();
  std::int16_t int16();
  std::uint16_t uint16() { return static_cast<std::uint16_t>(int16()); }
  std::int32_t int32();
  std::uint32_t uint32() { return static_cast<std::uint32_t>(int32()); }
  std::int64_t int64();
  double float64();
  uuid uuid_value();
  std::uint32_t uvarint();  ///< at most 5 bytes
  std::int32_t varint();    ///< zigzag
  std::int64_t varlong();   ///< zigzag, at most 10 bytes
  /// The next n bytes, in place.
  bytes_view take(std::size_t n);

  std::string_view string();          ///< int16 length
  std::string_view compact_string();  ///< uvarint length + 1 (KIP-482)
  std::optional<std::string_view> nullable_string();
  std::optional<std::string_view> compact_nullable_string();
  bytes_view bytes();  ///< int32 length
  bytes_view compact_bytes();
  std::optional<bytes_view> nullable_bytes();
  std::optional<bytes_view> compact_nullable_bytes();

  /// An array's count: nullopt for null. Fails when the count cannot fit into what is left at `min_element_size` (>= 1)
  /// each.
  std::optional<std::size_t> array_size(bool compact, std::size_t min_element_size);

  /// Confines reading to the next n bytes until widen() gets the value back; false (and an error) if they are not
  /// there.
  [[nodiscard]] bool narrow(std::size_t n, const std::byte*& outer_end);
  /// Fails with bad_tagged_fields unless the confined bytes are used up.
  void widen(const std::byte* outer_end);

 private:
  std::optional<bytes_view> sized(std::int64_t length);
  template <class T>
  T fixed();

  const std::byte* next_;
  const std::byte* end_;
  arena* arena_;
  wire_error error_ = wire_error::none;
};

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
