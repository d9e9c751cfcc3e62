// Appends Kafka's primitive types to a buffer of its own. The first error sticks and names the field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/protocol/types.hpp"
#include "ottla/protocol/wire_error.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

/// Reusable: clear() keeps the memory. Running out of memory ends the process.
class writer {
 public:
  writer() = default;
  writer(writer&& other) noexcept;
  writer& operator=(writer&& other) noexcept;
  ~writer();

  [[nodiscard]] bool ok() const { return error_ == wire_error::none; }
  [[nodiscard]] wire_error error() const { return error_; }
  /// Name of the field that failed, as in JSON; empty where no field is to blame. Static storage.
  [[nodiscard]] std::string_view error_field() const { return error_field_; }
  void fail(wire_error error, std::string_view field = {});
  /// Names the field of the error that is there, unless one is named already.
  void blame(std::string_view field) {
    if (error_field_.empty()) error_field_ = field;
  }

  void boolean(bool value) { int8(value ? 1 : 0); }
  void int8(std::int8_t value);
  void int16(std::int16_t value);
  void uint16(std::uint16_t value) { int16(static_cast<std::int16_t>(value)); }
  void int32(std::int32_t value);
  void uint32(std::uint32_t value) { int32(static_cast<std::int32_t>(value)); }
  void int64(std::int64_t value);
  void float64(double value);  ///< every NaN as 7ff8000000000000
  void uuid_value(const uuid& value);
  void uvarint(std::uint32_t value);
  void varint(std::int32_t value);   ///< zigzag
  void varlong(std::int64_t value);  ///< zigzag
  void raw(bytes_view value);

  void string(std::string_view value);          ///< int16 length
  void compact_string(std::string_view value);  ///< uvarint length + 1 (KIP-482)
  void nullable_string(std::optional<std::string_view> value);
  void compact_nullable_string(std::optional<std::string_view> value);
  void bytes(bytes_view value);  ///< int32 length
  void compact_bytes(bytes_view value);
  void nullable_bytes(std::optional<bytes_view> value);
  void compact_nullable_bytes(std::optional<bytes_view> value);
  /// As bytes, but the body becomes a splice in gather mode.
  void records(bytes_view value, bool compact);
  /// nullopt: null.
  void array_size(std::optional<std::size_t> count, bool compact);

  /// Opens a region whose size stands in front of it as a uvarint; end_sized takes what begin_sized gave.
  [[nodiscard]] std::size_t begin_sized();
  void end_sized(std::size_t begin);
  /// Overwrites four bytes at `position` of view(), such as a frame's size.
  void patch_int32(std::size_t position, std::int32_t value);

  /// Gather mode: a `records` body is remembered as a view instead of copied; it must outlive the writing.
  void splice_records(bool on) { splicing_ = on; }
  /// Own bytes, without splices.
  [[nodiscard]] bytes_view view() const { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Own bytes and splices.
  [[nodiscard]] std::size_t total_size() const { return size_ + spliced_; }
  /// Calls f(bytes_view) for buffer pieces and splices in the order of the wire; none is empty.
  template <class F>
  void for_each_segment(F&& f) const {
    std::size_t from = 0;
    for (const splice& one : splices_) {
      if (one.position > from) f(bytes_view{data_ + from, one.position - from});
      f(one.body);
      from = one.position;
    }
    if (size_ > from) f(bytes_view{data_ + from, size_ - from});
  }

  /// Empties the buffer, forgets splices and errors, keeps memory and gather mode.
  void clear();
  void reserve(std::size_t capacity);

 private:
  struct splice {
    std::size_t position;
    bytes_view body;
  };
  std::byte* extend(std::size_t n);

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t spliced_ = 0;
  std::vector<splice> splices_;
  std::string_view error_field_;
  wire_error error_ = wire_error::none;
  bool splicing_ = false;
};

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
