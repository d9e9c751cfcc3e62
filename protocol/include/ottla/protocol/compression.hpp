// The five codecs of record batches: contexts that are kept between batches, and caps that hold before memory is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "ottla/protocol/byte_buffer.hpp"
#include "ottla/protocol/record_error.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

// The numbers are those of the attributes field of a batch.
enum class codec : std::uint8_t { none, gzip, snappy, lz4, zstd };

std::string_view name(codec type) noexcept;                       // "none", "gzip", ...
std::optional<codec> codec_from_name(std::string_view) noexcept;  // exact, lower case

// `level` in the codec's own scale (KIP-390): gzip 1-9, lz4 1-12 (3 and up: the slow, dense variant), zstd -131072-22;
// snappy has none. Values outside are clamped. Defaults are those of the Java client: gzip 6, lz4 fast, zstd 3.
struct compression {
  static constexpr int default_level = std::numeric_limits<int>::min();
  codec type = codec::none;
  int level = default_level;
};

// Compresses one batch after another. Contexts are made when first needed and kept (a fresh zstd context costs more
// than a small batch). One thread at a time.
class compressor {
 public:
  compressor() noexcept;
  compressor(compressor&&) noexcept;
  compressor& operator=(compressor&&) noexcept;
  ~compressor();

  // The most bytes that compressing `size` bytes can give.
  static std::size_t bound(codec type, std::size_t size) noexcept;

  // How many bytes of `out` were written; nothing if they do not fit, and then what `out` holds is of no use. `out`
  // need not be as large as bound(): a caller that only wants the result if it is smaller passes a span of that size.
  std::optional<std::size_t> compress(const compression& how, bytes_view in, std::span<std::byte> out) noexcept;

  // The same, appended to a buffer that grows as needed. False only if the system has no memory.
  bool compress(const compression& how, bytes_view in, byte_buffer& out) noexcept;

 private:
  struct contexts;
  std::unique_ptr<contexts> contexts_;
};

struct inflate_limits {
  std::size_t max_bytes = std::size_t{64} << 20;  // of one call's output
  std::size_t max_ratio = 1024;  // output : input, 0 for any. Looked at only above ratio_floor, because
  std::size_t ratio_floor = std::size_t{16} << 20;  // a batch of zeros honestly shrinks by more

  // What one call may give for `input_size` bytes.
  std::size_t cap(std::size_t input_size) const noexcept;
};

// How the bytes are framed where that depends on the message's magic: lz4 under magic 0 carries Kafka's historic header
// checksum (KAFKA-3160), which is not checked, as in the Java client.
enum class lz4_framing : std::uint8_t { standard, historic };

// Inflates one batch after another; contexts as in compressor. One thread at a time.
//
// Read are: gzip of several members, zstd of several frames, lz4 frames of any options, snappy in chunks (xerial) and
// bare. Bytes behind the last of them are compressed_malformed.
class decompressor {
 public:
  decompressor() noexcept;
  decompressor(decompressor&&) noexcept;
  decompressor& operator=(decompressor&&) noexcept;
  ~decompressor();

  // Appends what `in` inflates to. After an error `out` has its old size. codec::none copies.
  //
  // No header is believed: memory grows with what really comes out, up to limits.cap(in.size()); beside `out` lz4 takes
  // up to 8 MiB, the others less than 200 KiB.
  record_error decompress(codec type, bytes_view in, byte_buffer& out, const inflate_limits& limits = {},
                          lz4_framing framing = lz4_framing::standard) noexcept;

 private:
  struct contexts;
  std::unique_ptr<contexts> contexts_;
};

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
