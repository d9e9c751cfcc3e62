// Every codec there and back, the framings that other clients write, the caps, and what is broken.
#include "ottla/protocol/compression.hpp"

#include <gtest/gtest.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>

#include "batches.hpp"

namespace ottla::test {
namespace {

using namespace protocol;

bytes deflated(codec type, bytes_view in, int level = compression::default_level) {
  compressor with;
  byte_buffer out;
  EXPECT_TRUE(with.compress({type, level}, in, out));
  return copy(out.view());
}

record_error inflate(codec type, bytes_view in, bytes& out, const inflate_limits& limits = {},
                     lz4_framing framing = lz4_framing::standard) {
  decompressor with;
  byte_buffer buffer;
  const auto error = with.decompress(type, in, buffer, limits, framing);
  out = copy(buffer.view());
  return error;
}

bytes inflated(codec type, bytes_view in, lz4_framing framing = lz4_framing::standard) {
  bytes out;
  EXPECT_EQ(inflate(type, in, out, {}, framing), record_error::none) << name(type);
  return out;
}

record_error inflate_error(codec type, bytes_view in, const inflate_limits& limits = {}) {
  bytes out;
  const auto error = inflate(type, in, out, limits);
  EXPECT_TRUE(error == record_error::none || out.empty()) << "an error leaves the buffer as it was";
  return error;
}

bytes gzip_stored_member(bytes_view in, int level) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  bytes out(in.size() * 2 + 100);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bytes lz4_frame(bytes_view in, LZ4F_preferences_t preferences) {
  bytes out(LZ4F_compressFrameBound(in.size(), &preferences));
  out.resize(LZ4F_compressFrame(out.data(), out.size(), in.data(), in.size(), &preferences));
  return out;
}

bytes zstd_stream_without_size(bytes_view in, int window_log) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  if (window_log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  bytes out(ZSTD_compressBound(in.size()));
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  ZSTD_outBuffer target{out.data(), out.size(), 0};
  ZSTD_inBuffer first{in.data(), in.size() / 2, 0};
  ZSTD_compressStream2(context, &target, &first, ZSTD_e_flush);  // a second call: the size is not known in the header
  source.pos = first.pos;
  EXPECT_EQ(ZSTD_compressStream2(context, &target, &source, ZSTD_e_end), 0U);
  out.resize(target.pos);
  ZSTD_freeCCtx(context);
  return out;
}

bytes bare_snappy(bytes_view in) {
  bytes out(snappy_max_compressed_length(in.size()));
  std::size_t size = out.size();
  snappy_compress(reinterpret_cast<const char*>(in.data()), in.size(), reinterpret_cast<char*>(out.data()), &size);
  out.resize(size);
  return out;
}

TEST(Compression, NamesAreThoseOfKafkaAndReadBack) {
  EXPECT_EQ(name(codec::none), "none");
  for (const codec type : compressing) EXPECT_EQ(codec_from_name(name(type)), type);
  EXPECT_EQ(codec_from_name("LZ4"), std::nullopt);
}

TEST(Compression, EveryCodecGivesBackWhatItTook) {
  compressor with;
  decompressor without;
  byte_buffer out;
  for (const codec type : {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd}) {
    for (const std::size_t size : {0U, 1U, 100U, 16'384U, 32'768U, 65'536U, 65'537U, 1'000'000U}) {
      for (const bytes& in : {noise{size}.texty(size), noise{size}.random(size), bytes(size)}) {
        byte_buffer packed;
        ASSERT_TRUE(with.compress({type}, in, packed));
        ASSERT_LE(packed.size(), compressor::bound(type, size));
        out.clear();
        ASSERT_EQ(without.decompress(type, packed.view(), out), record_error::none);
        ASSERT_EQ(copy(out.view()), in) << name(type) << ' ' << size;
      }
    }
  }
}

TEST(Compression, LevelsAreClampedToTheCodecsScale) {
  const bytes in = noise{7}.texty(20'000);
  for (const codec type : compressing) {
    for (const int level : {-1'000'000, -5, 0, 1, 3, 9, 12, 100})
      EXPECT_EQ(inflated(type, deflated(type, in, level)), in);
  }
  EXPECT_LT(deflated(codec::gzip, in, 9).size(), deflated(codec::gzip, in, 1).size());
  EXPECT_LT(deflated(codec::lz4, in, 9).size(), deflated(codec::lz4, in).size());
  EXPECT_LT(deflated(codec::zstd, in, 19).size(), deflated(codec::zstd, in, -5).size());
}

TEST(Compression, AContextServesEveryLevelInTurn) {
  compressor with;
  const bytes in = noise{8}.texty(5'000);
  for (const int level : {1, 9, 1, compression::default_level, 9}) {
    for (const codec type : compressing) {
      byte_buffer out;
      ASSERT_TRUE(with.compress({type, level}, in, out));
      EXPECT_EQ(copy(out.view()), deflated(type, in, level));
    }
  }
}

TEST(Compression, OutputThatDoesNotFitIsToldAndExactRoomSuffices) {
  compressor with;
  const bytes in = noise{9}.random(40'000);
  for (const codec type : {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd}) {
    const std::size_t exact = type == codec::none ? in.size() : deflated(type, in).size();
    bytes room(exact);
    if (type != codec::gzip && type != codec::zstd) {
      EXPECT_EQ(with.compress({type}, in, std::span{room}), exact) << name(type);
    }
    EXPECT_EQ(with.compress({type}, in, std::span{room}.first(exact - 1)), std::nullopt) << name(type);
    EXPECT_EQ(with.compress({type}, in, std::span{room}.first(10)), std::nullopt) << name(type);
    byte_buffer again;
    ASSERT_TRUE(with.compress({type}, in, again)) << "a failure leaves the context usable";
    EXPECT_EQ(copy(again.view()), type == codec::none ? in : deflated(type, in));
  }
}

TEST(Compression, AppendsBehindWhatTheBufferHolds) {
  decompressor without;
  byte_buffer out;
  ASSERT_TRUE(out.append(as_bytes("front ")));
  for (const codec type : compressing) {
    out.truncate(6);
    ASSERT_EQ(without.decompress(type, deflated(type, as_bytes("back")), out), record_error::none);
    EXPECT_EQ(copy(out.view()), copy(as_bytes("front back")));
  }
}

TEST(Compression, SnappyIsWrittenAsKafkasJavaClientFramesIt) {
  const bytes out = deflated(codec::snappy, bytes(40'000));
  EXPECT_EQ(bytes(out.begin(), out.begin() + 16), from_hex("82534e41505059000000000100000001"));
}

TEST(Compression, Lz4IsWrittenWithIndependentBlocksBecauseJavaRefusesOthers) {
  const bytes out = deflated(codec::lz4, bytes(200'000));
  EXPECT_EQ(bytes(out.begin(), out.begin() + 4), from_hex("04224d18"));
  EXPECT_NE(std::to_integer<int>(out[4]) & 0x20, 0);
}

TEST(Compression, ReadsBareSnappyAndConcatenatedXerialStreams) {
  const bytes in = noise{10}.texty(70'000);
  EXPECT_EQ(inflated(codec::snappy, bare_snappy(in)), in);
  EXPECT_EQ(inflated(codec::snappy, deflated(codec::snappy, in) + deflated(codec::snappy, in)), in + in);
}

TEST(Compression, ReadsGzipOfSeveralMembers) {
  const bytes a = noise{11}.texty(3'000), b = noise{12}.random(3'000);
  EXPECT_EQ(inflated(codec::gzip, gzip_stored_member(a, 9) + gzip_stored_member({}, 1) + gzip_stored_member(b, 1)),
            a + b);
}

TEST(Compression, ReadsZstdOfSeveralFramesWithAndWithoutSizes) {
  const bytes in = noise{13}.texty(300'000);
  const bytes sized = deflated(codec::zstd, in), unsized = zstd_stream_without_size(in, 0);
  ASSERT_EQ(ZSTD_getFrameContentSize(unsized.data(), unsized.size()), ZSTD_CONTENTSIZE_UNKNOWN);
  const bytes skippable = from_hex("502a4d1803000000aabbcc");
  EXPECT_EQ(inflated(codec::zstd, unsized), in);
  EXPECT_EQ(inflated(codec::zstd, sized + skippable + unsized + sized), in + in + in);
}

TEST(Compression, AnLz4FrameThatBreaksOffIsNotHeldAgainstTheNextOne) {
  const bytes in = noise(1).texty(100'000);
  LZ4F_preferences_t states_its_size{};
  states_its_size.frameInfo.contentSize = in.size();
  bytes cut = lz4_frame(in, states_its_size);
  cut.resize(cut.size() / 2);
  decompressor inflater;
  byte_buffer out;
  ASSERT_EQ(inflater.decompress(codec::lz4, cut, out), record_error::compressed_truncated);
  EXPECT_EQ(inflater.decompress(codec::lz4, lz4_frame(in, {}), out), record_error::none);
  EXPECT_EQ(copy(out.view()), in);
}

TEST(Compression, ReadsLz4FramesOfEveryOption) {
  const bytes in = noise{14}.texty(500'000);
  for (const auto block : {LZ4F_max64KB, LZ4F_max256KB, LZ4F_max1MB, LZ4F_max4MB}) {
    for (const auto mode : {LZ4F_blockLinked, LZ4F_blockIndependent}) {
      for (const auto content_checksum : {LZ4F_noContentChecksum, LZ4F_contentChecksumEnabled}) {
        for (const auto block_checksum : {LZ4F_noBlockChecksum, LZ4F_blockChecksumEnabled}) {
          for (const bool sized : {false, true}) {
            LZ4F_preferences_t preferences{};
            preferences.frameInfo.blockSizeID = block;
            preferences.frameInfo.blockMode = mode;
            preferences.frameInfo.contentChecksumFlag = content_checksum;
            preferences.frameInfo.blockChecksumFlag = block_checksum;
            preferences.frameInfo.contentSize = sized ? in.size() : 0;
            const bytes frame = lz4_frame(in, preferences);
            ASSERT_EQ(inflated(codec::lz4, frame), in);
            ASSERT_EQ(inflated(codec::lz4, frame + frame), in + in);
            ASSERT_EQ(inflated(codec::lz4, frame, lz4_framing::historic), in);
          }
        }
      }
    }
  }
}

TEST(Compression, TheHistoricHeaderChecksumIsReadUnderMagic0Only) {
  const bytes in = noise{15}.texty(1'000);
  for (const bool sized : {false, true}) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.contentSize = sized ? in.size() : 0;
    bytes frame = lz4_frame(in, preferences);
    frame[sized ? 14 : 6] ^= std::byte{0x55};
    EXPECT_EQ(inflated(codec::lz4, frame, lz4_framing::historic), in);
    EXPECT_EQ(inflate_error(codec::lz4, frame), record_error::compressed_malformed);
  }
}

TEST(Compression, NothingIsNotACompressedText) {
  for (const codec type : compressing) EXPECT_EQ(inflate_error(type, {}), record_error::compressed_empty);
}

TEST(Compression, EveryProperPrefixIsAnError) {
  const bytes in = noise{16}.texty(2'000);
  for (const codec type : compressing) {
    const bytes packed = deflated(type, in);
    for (std::size_t size = 0; size < packed.size(); ++size) {
      // A xerial text may end behind any chunk, its header included.
      if (type == codec::snappy && size == 16) continue;
      ASSERT_NE(inflate_error(type, bytes_view{packed}.first(size)), record_error::none) << name(type) << ' ' << size;
    }
  }
}

TEST(Compression, BytesBehindTheCompressedTextAreAnError) {
  for (const codec type : compressing) {
    EXPECT_NE(inflate_error(type, deflated(type, as_bytes("text")) + from_hex("00")), record_error::none) << name(type);
    EXPECT_NE(inflate_error(type, deflated(type, as_bytes("text")) + noise{1}.random(30)), record_error::none)
        << name(type);
  }
}

TEST(Compression, DamageIsAnErrorOrOtherBytesButNeverACrash) {
  noise random{17};
  decompressor without;
  byte_buffer out;
  for (const codec type : compressing) {
    const bytes packed = deflated(type, random.texty(3'000));
    for (int i = 0; i < 3'000; ++i) {
      bytes damaged = packed;
      for (std::size_t flips = 1 + random.below(3); flips != 0; --flips) {
        damaged[random.below(damaged.size())] = static_cast<std::byte>(random.next());
      }
      out.clear();
      const auto error = without.decompress(type, damaged, out, {.max_bytes = 1 << 20});
      ASSERT_TRUE(error == record_error::none || out.empty());
    }
  }
}

TEST(Compression, TheCapHoldsExactly) {
  for (const bytes& in : {noise{18}.texty(100'000), bytes(100'000)}) {
    for (const codec type : compressing) {
      const bytes packed = deflated(type, in);
      EXPECT_EQ(inflate_error(type, packed, {.max_bytes = in.size()}), record_error::none) << name(type);
      EXPECT_EQ(inflate_error(type, packed, {.max_bytes = in.size() - 1}), record_error::inflated_too_large)
          << name(type);
      EXPECT_EQ(inflate_error(type, packed, {.max_bytes = 0}), record_error::inflated_too_large) << name(type);
    }
    const bytes unsized = zstd_stream_without_size(in, 0);
    EXPECT_EQ(inflate_error(codec::zstd, unsized, {.max_bytes = in.size()}), record_error::none);
    EXPECT_EQ(inflate_error(codec::zstd, unsized, {.max_bytes = in.size() - 1}), record_error::inflated_too_large);
    const bytes lz4 = lz4_frame(in, {});
    EXPECT_EQ(inflate_error(codec::lz4, lz4, {.max_bytes = in.size()}), record_error::none);
    EXPECT_EQ(inflate_error(codec::lz4, lz4, {.max_bytes = in.size() - 1}), record_error::inflated_too_large);
  }
}

TEST(Compression, TheRatioIsCappedAboveItsFloor) {
  const bytes packed = deflated(codec::zstd, bytes(4 << 20));
  EXPECT_EQ(inflate_error(codec::zstd, packed, {.max_ratio = 100, .ratio_floor = 4 << 20}), record_error::none);
  EXPECT_EQ(inflate_error(codec::zstd, packed, {.max_ratio = 100, .ratio_floor = 1 << 20}),
            record_error::inflated_too_large);
  EXPECT_EQ(inflate_error(codec::zstd, packed, {.max_ratio = 0, .ratio_floor = 0}), record_error::none);
}

TEST(Compression, ClaimedSizesTakeNoMemory) {
  byte_buffer out;
  decompressor without;
  const inflate_limits any_ratio{.max_ratio = 0};
  // snappy: 4 GiB - 1 claimed by a five-byte varint; 60 MiB claimed by eight bytes.
  EXPECT_EQ(without.decompress(codec::snappy, from_hex("ffffffff0f00"), out, any_ratio),
            record_error::inflated_too_large);
  EXPECT_EQ(without.decompress(codec::snappy, from_hex("8080801e00000000"), out, any_ratio),
            record_error::compressed_malformed);
  // zstd: a single segment of 60 MiB in a frame of a dozen bytes.
  EXPECT_EQ(without.decompress(codec::zstd, from_hex("28b52ffda00000c003010000"), out, any_ratio),
            record_error::compressed_malformed);
  // lz4: 60 MiB stated in the header (its checksum mended by the historic reading).
  EXPECT_EQ(without.decompress(codec::lz4,
                               from_hex("04224d1868400000c0030000000000"
                                        "00000000"),
                               out, any_ratio, lz4_framing::historic),
            record_error::compressed_malformed);
  EXPECT_LE(out.capacity(), 1U << 20);
}

TEST(Compression, AZstdWindowThatIsClaimedButNotUsedCostsNothing) {
  const bytes in = noise{19}.texty(10'000);
  const bytes packed = zstd_stream_without_size(in, 27);
  decompressor without;
  byte_buffer out;
  ASSERT_EQ(without.decompress(codec::zstd, packed, out), record_error::none);
  EXPECT_EQ(copy(out.view()), in);
  EXPECT_LE(out.capacity(), 1U << 20);
}

}  // namespace
}  // namespace ottla::test
