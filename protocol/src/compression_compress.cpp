// The compressing side of the codecs.
#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "compression_xerial.hpp"
#include "ottla/protocol/compression.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace {

// zlib counts with 32 bits. A batch cannot be larger than 2 GiB, its length field being an int32.
constexpr std::size_t largest_input = std::size_t{1} << 31;

LZ4F_preferences_t lz4_preferences(const compression& how, std::size_t size) {
  LZ4F_preferences_t preferences{};
  // Java's reader refuses blocks that depend on one another and keeps a buffer of the block size per stream, hence 64
  // KiB. The content size lets other readers (ours among them) reserve once.
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.contentSize = size;
  preferences.compressionLevel =
      how.level == compression::default_level ? 0 : std::clamp(how.level, 1, LZ4F_compressionLevel_max());
  preferences.autoFlush = 1;
  return preferences;
}

std::size_t xerial_bound(std::size_t size) {
  const std::size_t chunks = (size + xerial::chunk_size - 1) / xerial::chunk_size;
  return xerial::header.size() + chunks * (4 + snappy_max_compressed_length(xerial::chunk_size));
}

void store_chunk_length(std::byte* out, std::size_t length) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::byte>(length >> (24 - 8 * i));
}

std::optional<std::size_t> compress_xerial(bytes_view in, std::span<std::byte> out) {
  if (out.size() < xerial::header.size()) return std::nullopt;
  std::memcpy(out.data(), xerial::header.data(), xerial::header.size());
  std::size_t used = xerial::header.size();
  for (std::size_t at = 0; at < in.size(); at += xerial::chunk_size) {
    const bytes_view chunk = in.subspan(at, std::min(xerial::chunk_size, in.size() - at));
    if (out.size() - used < 4) return std::nullopt;
    // snappy checks only that the worst case fits, so a chunk that might not fit goes through a buffer of that size.
    char spare[xerial::chunk_size + xerial::chunk_size / 6 + 32];
    const bool roomy = out.size() - used - 4 >= snappy_max_compressed_length(chunk.size());
    char* const target = roomy ? reinterpret_cast<char*>(out.data() + used + 4) : spare;
    std::size_t length = roomy ? out.size() - used - 4 : sizeof spare;
    if (snappy_compress(reinterpret_cast<const char*>(chunk.data()), chunk.size(), target, &length) != SNAPPY_OK) {
      return std::nullopt;
    }
    if (length > out.size() - used - 4) return std::nullopt;
    if (!roomy) std::memcpy(out.data() + used + 4, spare, length);
    store_chunk_length(out.data() + used, length);
    used += 4 + length;
  }
  return used;
}

}  // namespace

struct compressor::contexts {
  z_stream gzip{};
  bool gzip_ready = false;
  int gzip_level = 0;
  LZ4F_cctx* lz4 = nullptr;
  byte_buffer lz4_spare;
  ZSTD_CCtx* zstd = nullptr;

  ~contexts() {
    if (gzip_ready) deflateEnd(&gzip);
    LZ4F_freeCompressionContext(lz4);
    ZSTD_freeCCtx(zstd);
  }

  bool prepare_gzip(int level) {
    constexpr int window_bits_with_gzip_header = 15 + 16;
    constexpr int memory_level = 8;
    if (gzip_ready && gzip_level == level) return deflateReset(&gzip) == Z_OK;
    if (gzip_ready) deflateEnd(&gzip);
    gzip = {};
    gzip_ready =
        deflateInit2(&gzip, level, Z_DEFLATED, window_bits_with_gzip_header, memory_level, Z_DEFAULT_STRATEGY) == Z_OK;
    gzip_level = level;
    return gzip_ready;
  }

  std::optional<std::size_t> compress_gzip(const compression& how, bytes_view in, std::span<std::byte> out) {
    const int level = how.level == compression::default_level ? Z_DEFAULT_COMPRESSION : std::clamp(how.level, 1, 9);
    if (in.size() > largest_input || !prepare_gzip(level)) return std::nullopt;
    const std::size_t room = std::min(out.size(), 2 * largest_input - 1);
    gzip.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));  // zlib never writes to it
    gzip.avail_in = static_cast<uInt>(in.size());
    gzip.next_out = reinterpret_cast<Bytef*>(out.data());
    gzip.avail_out = static_cast<uInt>(room);
    if (deflate(&gzip, Z_FINISH) != Z_STREAM_END) return std::nullopt;
    return room - gzip.avail_out;
  }

  // lz4 refuses to begin unless the worst case fits; where it might not, the frame is made elsewhere and copied.
  std::optional<std::size_t> compress_lz4(const compression& how, bytes_view in, std::span<std::byte> out) {
    const std::size_t worst = bound(codec::lz4, in.size());
    if (out.size() >= worst) return compress_lz4_roomy(how, in, out);
    lz4_spare.clear();
    if (!lz4_spare.reserve(worst)) return std::nullopt;
    const auto used = compress_lz4_roomy(how, in, lz4_spare.free_space());
    if (!used || *used > out.size()) return std::nullopt;
    std::memcpy(out.data(), lz4_spare.data(), *used);
    return used;
  }

  std::optional<std::size_t> compress_lz4_roomy(const compression& how, bytes_view in, std::span<std::byte> out) {
    if (lz4 == nullptr && LZ4F_isError(LZ4F_createCompressionContext(&lz4, LZ4F_VERSION)) != 0) return std::nullopt;
    const LZ4F_preferences_t preferences = lz4_preferences(how, in.size());
    const LZ4F_compressOptions_t options{.stableSrc = 1, .reserved = {}};
    std::size_t used = LZ4F_compressBegin(lz4, out.data(), out.size(), &preferences);
    if (LZ4F_isError(used) != 0) return std::nullopt;
    const std::size_t body =
        LZ4F_compressUpdate(lz4, out.data() + used, out.size() - used, in.data(), in.size(), &options);
    if (LZ4F_isError(body) != 0) return std::nullopt;
    used += body;
    const std::size_t end = LZ4F_compressEnd(lz4, out.data() + used, out.size() - used, &options);
    if (LZ4F_isError(end) != 0) return std::nullopt;
    return used + end;
  }

  std::optional<std::size_t> compress_zstd(const compression& how, bytes_view in, std::span<std::byte> out) {
    if (zstd == nullptr) zstd = ZSTD_createCCtx();
    if (zstd == nullptr) return std::nullopt;
    const int level = how.level == compression::default_level
                          ? ZSTD_CLEVEL_DEFAULT
                          : std::clamp(how.level, ZSTD_minCLevel(), ZSTD_maxCLevel());
    if (ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level)) != 0) return std::nullopt;
    const std::size_t used = ZSTD_compress2(zstd, out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(used) != 0) return std::nullopt;
    return used;
  }
};

compressor::compressor() noexcept = default;
compressor::compressor(compressor&&) noexcept = default;
compressor& compressor::operator=(compressor&&) noexcept = default;
compressor::~compressor() = default;

std::size_t compressor::bound(codec type, std::size_t size) noexcept {
  switch (type) {
    case codec::none:
      return size;
    case codec::gzip:
      return compressBound(size) + 18;  // gzip's header and trailer are 12 bytes longer than zlib's
    case codec::snappy:
      return xerial_bound(size);
    case codec::lz4: {
      const LZ4F_preferences_t preferences = lz4_preferences({codec::lz4}, size);
      return LZ4F_compressFrameBound(size, &preferences);
    }
    case codec::zstd:
      return ZSTD_compressBound(size);
  }
  return size;
}

std::optional<std::size_t> compressor::compress(const compression& how, bytes_view in,
                                                std::span<std::byte> out) noexcept {
  if (!contexts_) contexts_ = std::make_unique<contexts>();
  switch (how.type) {
    case codec::none:
      if (in.size() > out.size()) return std::nullopt;
      if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
      return in.size();
    case codec::gzip:
      return contexts_->compress_gzip(how, in, out);
    case codec::snappy:
      return compress_xerial(in, out);
    case codec::lz4:
      return contexts_->compress_lz4(how, in, out);
    case codec::zstd:
      return contexts_->compress_zstd(how, in, out);
  }
  return std::nullopt;
}

bool compressor::compress(const compression& how, bytes_view in, byte_buffer& out) noexcept {
  if (!out.reserve(bound(how.type, in.size()))) return false;
  const auto used = compress(how, in, out.free_space());
  if (!used) return false;
  out.commit(*used);
  return true;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
