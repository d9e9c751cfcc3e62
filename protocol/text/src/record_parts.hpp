// What both walks over records stand on: bytes taken from the front, each run of them told with a name.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "ottla/protocol/compression.hpp"
#include "ottla/protocol/record_bytes.hpp"
#include "ottla/protocol_text/record_walk.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

/// One walk's own: what is left of its limits, where it is, what went wrong.
struct record_walk_state {
  const std::function<void(const record_part&)>& each;
  records_limits left;
  std::string path{};
  std::optional<record_walk_error> error{};
  protocol::decompressor inflater{};
  protocol::byte_buffer inflated{};

  /// Takes `records`, which is not negative, off what is left of the limit.
  bool allow(std::int32_t records) {
    if (static_cast<std::size_t>(records) > left.records) return false;
    left.records -= static_cast<std::size_t>(records);
    return true;
  }
};

/// "1 byte", "2 bytes".
std::string counted(std::uint64_t n, std::string_view one, std::string_view many);
/// Quoted where it is valid UTF-8, else hex; cut off after 64 bytes.
std::string blob_text(protocol::bytes_view bytes);

/// A run of bytes being walked: those of the field, or those that a batch inflated to.
class part_cursor {
 public:
  part_cursor(record_walk_state& state, protocol::bytes_view bytes, bool inflated = false)
      : state_{state}, bytes_{bytes}, end_{bytes.size()}, inflated_{inflated} {}

  [[nodiscard]] std::size_t left() const { return end_ - at_; }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] protocol::bytes_view rest() const { return bytes_.subspan(at_, left()); }
  [[nodiscard]] record_walk_state& state() const { return state_; }

  /// The next `size` bytes only; returns what end_at() makes it whole again with. There have to be as many.
  std::size_t narrow(std::size_t size) { return std::exchange(end_, at_ + size); }
  void end_at(std::size_t end) { end_ = end; }

  /// Always false: the first error ends the walk.
  bool fail(std::size_t offset, std::string what);
  bool fail(std::string what) { return fail(at_, std::move(what)); }

  /// Moves on without telling.
  bool skip(std::size_t size, std::string_view what);
  template <std::integral T>
  bool read(T& out, std::string_view what);
  /// Zigzagged, of 32 or 64 bits.
  bool read_varint(unsigned width, std::int64_t& out, std::string_view what);

  /// Names what was read since the last time: "path.name".
  void tell(std::string_view name, std::string_view encoding, std::string value, part_kind kind = part_kind::value);

  /// Read and told as it is.
  template <std::integral T>
  bool take(std::string_view name, T& out) {
    if (!read(out, name)) return false;
    tell(name, integer_name<T>(), std::to_string(out));
    return true;
  }
  /// A length, and bytes unless it is negative: null.
  struct sized {
    std::optional<protocol::bytes_view> bytes{};
  };
  bool take_bytes(std::string_view name, bool varint_length, sized& out,
                  const std::function<std::string(protocol::bytes_view)>& text = blob_text);

  template <std::integral T>
  static constexpr std::string_view integer_name() {
    if constexpr (std::is_unsigned_v<T>) return "uint32";
    return sizeof(T) == 1 ? "int8" : sizeof(T) == 2 ? "int16" : sizeof(T) == 4 ? "int32" : "int64";
  }

 private:
  record_walk_state& state_;
  protocol::bytes_view bytes_;
  std::size_t told_ = 0;  // up to here
  std::size_t at_ = 0;
  std::size_t end_;
  bool inflated_;
};

/// Appends to the path, and takes it back when it goes.
class path_step {
 public:
  path_step(record_walk_state& state, std::string_view name, std::int64_t index)
      : path_{state.path}, before_{path_.size()} {
    if (!path_.empty()) path_ += '.';
    path_.append(name).append(1, '[').append(std::to_string(index)).append(1, ']');
  }
  path_step(const path_step&) = delete;
  path_step& operator=(const path_step&) = delete;
  ~path_step() { path_.resize(before_); }

 private:
  std::string& path_;
  std::size_t before_;
};

template <std::integral T>
bool part_cursor::read(T& out, std::string_view what) {
  if (!skip(sizeof out, what)) return false;
  out = protocol::load_big_endian<T>(bytes_.data() + at_ - sizeof out);
  return true;
}

/// Takes what a codec packed as one run, tells it as `name`, and opens it into state().inflated.
bool take_compressed(part_cursor& in, std::string_view name, std::size_t size, protocol::codec codec,
                     protocol::lz4_framing framing);

/// "0x187bdffe", and what it should be unless it is that.
std::string crc_text(std::uint32_t told, std::uint32_t counted_anew);

/// Where a batch or message stands: straight in the field, or in a wrapper, which holds plain messages alone.
enum class walk_of : std::uint8_t { field, wrapped };
/// One batch or message with its offset and length in front, or the beginning of one that the field's end cuts.
bool walk_one(part_cursor& in, walk_of which);
/// Behind offset and length: a message of magic 0 or 1, perhaps a wrapper of others.
bool walk_message(part_cursor& in, walk_of which);

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
