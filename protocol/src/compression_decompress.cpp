// The inflating side of the codecs. Input is hostile: output grows by what comes out, never by what a header claims.
#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "compression_lz4_historic.hpp"
#include "compression_xerial.hpp"
#include "ottla/protocol/compression.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace {

constexpr std::size_t smallest_growth = 64 * 1024;

// The output of one call: what it may still add, and room that grows geometrically towards that.
class bounded_output {
 public:
  bounded_output(byte_buffer& out, std::size_t cap) : out_(out), start_(out.size()), cap_(cap) {}

  std::size_t left() const { return cap_ - (out_.size() - start_); }
  std::span<std::byte> room() { return out_.free_space().first(std::min(out_.free_space().size(), left())); }
  void commit(std::size_t size) { out_.commit(size); }
  void undo() { out_.truncate(start_); }

  // Makes room() at least `wanted` bytes, or all that is left. False if there is no memory.
  bool want(std::size_t wanted) { return out_.reserve(std::min(wanted, left())); }
  bool grow() { return want(std::max({smallest_growth, 3 * room().size(), out_.size() - start_})); }

 private:
  byte_buffer& out_;
  std::size_t start_;
  std::size_t cap_;
};

record_error inflate_snappy_block(bytes_view in, bounded_output& out) {
  constexpr std::size_t best_ratio = 22;  // a three-byte copy element gives at most 64 bytes
  std::size_t length = 0;
  const char* const source = reinterpret_cast<const char*>(in.data());
  if (snappy_uncompressed_length(source, in.size(), &length) != SNAPPY_OK) return record_error::compressed_malformed;
  if (length > out.left()) return record_error::inflated_too_large;
  if (length / best_ratio > in.size()) return record_error::compressed_malformed;
  if (!out.want(length)) return record_error::out_of_memory;
  if (snappy_uncompress(source, in.size(), reinterpret_cast<char*>(out.room().data()), &length) != SNAPPY_OK) {
    return record_error::compressed_malformed;
  }
  out.commit(length);
  return record_error::none;
}

bool starts_with_xerial_magic(bytes_view in) {
  return in.size() >= xerial::magic_size && std::memcmp(in.data(), xerial::header.data(), xerial::magic_size) == 0;
}

record_error inflate_snappy(bytes_view in, bounded_output& out) {
  if (!starts_with_xerial_magic(in)) return inflate_snappy_block(in, out);
  while (!in.empty()) {
    if (starts_with_xerial_magic(in)) {
      if (in.size() < xerial::header.size()) return record_error::compressed_truncated;
      in = in.subspan(xerial::header.size());
      continue;
    }
    if (in.size() < 4) return record_error::compressed_truncated;
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | std::to_integer<std::size_t>(in[i]);
    in = in.subspan(4);
    if (length > std::numeric_limits<std::int32_t>::max()) return record_error::compressed_malformed;
    if (length > in.size()) return record_error::compressed_truncated;
    if (const auto error = inflate_snappy_block(in.first(length), out); error != record_error::none) return error;
    in = in.subspan(length);
  }
  return record_error::none;
}

// Frame by frame and each in a single pass, which needs no window of its own: a window that a header claims costs
// nothing. A frame that does not state its size is inflated again with more room when it did not fit; with a reused
// buffer that is rare.
record_error inflate_zstd_frame(ZSTD_DCtx* context, bytes_view frame, bounded_output& out) {
  constexpr std::size_t best_ratio = 128 * 1024 / 4;  // a run-length block of 128 KiB takes four bytes
  const auto content = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (content == ZSTD_CONTENTSIZE_ERROR) return record_error::compressed_malformed;
  const bool known = content != ZSTD_CONTENTSIZE_UNKNOWN;
  if (known && content > out.left()) return record_error::inflated_too_large;
  if (known && content / best_ratio > frame.size()) return record_error::compressed_malformed;
  if (!out.want(known ? static_cast<std::size_t>(content) : 4 * frame.size())) return record_error::out_of_memory;
  for (;;) {
    const auto room = out.room();
    const std::size_t result = ZSTD_decompressDCtx(context, room.data(), room.size(), frame.data(), frame.size());
    if (ZSTD_isError(result) == 0) {
      out.commit(result);
      return record_error::none;
    }
    if (known || ZSTD_getErrorCode(result) != ZSTD_error_dstSize_tooSmall) return record_error::compressed_malformed;
    if (room.size() == out.left()) return record_error::inflated_too_large;
    if (!out.grow()) return record_error::out_of_memory;
  }
}

bool starts_with_zstd_magic(bytes_view in) {
  if (in.size() < 4) return false;
  std::uint32_t magic = 0;
  for (std::size_t i = 0; i < 4; ++i) magic |= std::to_integer<std::uint32_t>(in[i]) << (8 * i);
  return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

}  // namespace

struct decompressor::contexts {
  z_stream gzip{};
  bool gzip_ready = false;
  LZ4F_dctx* lz4 = nullptr;
  ZSTD_DCtx* zstd = nullptr;

  ~contexts() {
    if (gzip_ready) inflateEnd(&gzip);
    LZ4F_freeDecompressionContext(lz4);
    ZSTD_freeDCtx(zstd);
  }

  record_error inflate_gzip(bytes_view in, bounded_output& out) {
    constexpr int window_bits_of_gzip_only = 15 + 16;
    if (in.size() > std::numeric_limits<uInt>::max()) return record_error::compressed_malformed;
    if (!gzip_ready) gzip_ready = inflateInit2(&gzip, window_bits_of_gzip_only) == Z_OK;
    if (!gzip_ready || inflateReset(&gzip) != Z_OK) return record_error::out_of_memory;
    gzip.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));  // zlib never writes to it
    gzip.avail_in = static_cast<uInt>(in.size());
    if (!out.want(4 * in.size())) return record_error::out_of_memory;
    for (;;) {
      if (out.room().empty() && out.left() != 0 && !out.grow()) return record_error::out_of_memory;
      // At the cap one more byte is offered: a stream that ends exactly there has its trailer still to be read.
      std::byte beyond{};
      const bool at_cap = out.left() == 0;
      const std::span<std::byte> room = at_cap ? std::span{&beyond, 1} : out.room();
      const auto offered = static_cast<uInt>(std::min<std::size_t>(room.size(), std::numeric_limits<uInt>::max()));
      gzip.next_out = reinterpret_cast<Bytef*>(room.data());
      gzip.avail_out = offered;
      const int result = ::inflate(&gzip, Z_NO_FLUSH);
      if (at_cap && gzip.avail_out == 0) return record_error::inflated_too_large;
      if (!at_cap) out.commit(offered - gzip.avail_out);
      if (result == Z_STREAM_END) {
        if (gzip.avail_in == 0) return record_error::none;
        if (inflateReset(&gzip) != Z_OK) return record_error::out_of_memory;
      } else if (result == Z_MEM_ERROR) {
        return record_error::out_of_memory;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return record_error::compressed_malformed;
      } else if (gzip.avail_in == 0 && gzip.avail_out != 0) {
        return record_error::compressed_truncated;
      }
    }
  }

  record_error inflate_lz4(bytes_view in, bounded_output& out, lz4_framing framing) {
    if (lz4 == nullptr && LZ4F_isError(LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION)) != 0) {
      return record_error::out_of_memory;
    }
    auto error = record_error::none;
    while (!in.empty() && error == record_error::none) {
      error = begin_lz4_frame(in, out, framing);
      if (error == record_error::none) error = finish_lz4_frame(in, out);
    }
    if (error != record_error::none) {
      // Resetting is not enough: up to lz4 1.9.4 the bytes that are still due of a frame that states its size are held
      // against the next one that does not.
      LZ4F_freeDecompressionContext(lz4);
      lz4 = nullptr;
    }
    return error;
  }

  record_error begin_lz4_frame(bytes_view& in, bounded_output& out, lz4_framing framing) {
    lz4_header repaired;
    if (framing == lz4_framing::historic) repaired = repaired_lz4_header(in);
    const bytes_view header = repaired.size != 0 ? repaired.view() : in;
    if (header.size() < LZ4F_MIN_SIZE_TO_KNOW_HEADER_LENGTH) return record_error::compressed_truncated;
    LZ4F_frameInfo_t info{};
    std::size_t consumed = header.size();
    if (LZ4F_isError(LZ4F_getFrameInfo(lz4, &info, header.data(), &consumed)) != 0) {
      return record_error::compressed_malformed;
    }
    in = in.subspan(consumed);
    if (info.contentSize > out.left()) return record_error::inflated_too_large;
    constexpr std::size_t best_ratio = 256;  // a byte of a match's length stands for at most 255 bytes
    if (info.contentSize / best_ratio > in.size()) return record_error::compressed_malformed;
    // Room for a whole block lets lz4 inflate in place instead of by way of a buffer of its own.
    const std::size_t expected = info.contentSize != 0 ? static_cast<std::size_t>(info.contentSize) : 4 * in.size();
    return out.want(std::max(expected, smallest_growth)) ? record_error::none : record_error::out_of_memory;
  }

  record_error finish_lz4_frame(bytes_view& in, bounded_output& out) {
    for (;;) {
      if (out.room().empty() && out.left() != 0 && !out.grow()) return record_error::out_of_memory;
      std::byte beyond{};  // as for gzip: the end mark behind the last byte has to be read
      const bool at_cap = out.left() == 0;
      const std::span<std::byte> room = at_cap ? std::span{&beyond, 1} : out.room();
      std::size_t produced = room.size();
      std::size_t consumed = in.size();
      const std::size_t hint = LZ4F_decompress(lz4, room.data(), &produced, in.data(), &consumed, nullptr);
      if (LZ4F_isError(hint) != 0) return record_error::compressed_malformed;
      in = in.subspan(consumed);
      if (at_cap && produced != 0) return record_error::inflated_too_large;
      if (!at_cap) out.commit(produced);
      if (hint == 0) return record_error::none;
      if (in.empty() && produced < room.size()) return record_error::compressed_truncated;
    }
  }

  record_error inflate_zstd(bytes_view in, bounded_output& out) {
    if (zstd == nullptr) zstd = ZSTD_createDCtx();
    if (zstd == nullptr) return record_error::out_of_memory;
    while (!in.empty()) {
      if (!starts_with_zstd_magic(in)) return record_error::compressed_malformed;  // keeps pre-1.0 formats out as well
      const std::size_t frame = ZSTD_findFrameCompressedSize(in.data(), in.size());
      if (ZSTD_isError(frame) != 0) {
        return ZSTD_getErrorCode(frame) == ZSTD_error_srcSize_wrong ? record_error::compressed_truncated
                                                                    : record_error::compressed_malformed;
      }
      if (const auto error = inflate_zstd_frame(zstd, in.first(frame), out); error != record_error::none) return error;
      in = in.subspan(frame);
    }
    return record_error::none;
  }

  record_error inflate(codec type, bytes_view in, bounded_output& out, lz4_framing framing) {
    switch (type) {
      case codec::none:
        break;
      case codec::gzip:
        return inflate_gzip(in, out);
      case codec::snappy:
        return inflate_snappy(in, out);
      case codec::lz4:
        return inflate_lz4(in, out, framing);
      case codec::zstd:
        return inflate_zstd(in, out);
    }
    return record_error::codec_unknown;
  }
};

decompressor::decompressor() noexcept = default;
decompressor::decompressor(decompressor&&) noexcept = default;
decompressor& decompressor::operator=(decompressor&&) noexcept = default;
decompressor::~decompressor() = default;

record_error decompressor::decompress(codec type, bytes_view in, byte_buffer& out, const inflate_limits& limits,
                                      lz4_framing framing) noexcept {
  if (type == codec::none) {
    if (in.size() > limits.max_bytes) return record_error::inflated_too_large;
    return out.append(in) ? record_error::none : record_error::out_of_memory;
  }
  if (in.empty()) return record_error::compressed_empty;
  if (!contexts_) contexts_ = std::make_unique<contexts>();
  bounded_output bounded{out, limits.cap(in.size())};
  const auto error = contexts_->inflate(type, in, bounded, framing);
  if (error != record_error::none) bounded.undo();
  return error;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
