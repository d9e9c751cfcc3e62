// Frames out of a stream of bytes, however it is torn.
#include "frame_splitter.hpp"

#include <gtest/gtest.h>

namespace ottla::test {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

TEST(FrameSplitter, FramesComeOutWholeHoweverTheBytesAreTorn) {
  const auto stream = bytes({0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 9});
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    mock::frame_splitter in(100);
    std::vector<std::vector<std::byte>> frames;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      in.push(std::span(stream).subspan(at, std::min(piece, stream.size() - at)));
      while (const auto frame = in.front()) {
        frames.emplace_back(frame->begin(), frame->end());
        in.pop();
      }
    }
    EXPECT_EQ(frames, (std::vector<std::vector<std::byte>>{bytes({7, 8}), {}, bytes({9})})) << "pieces of " << piece;
    EXPECT_EQ(in.buffered(), 0u);
  }
}

TEST(FrameSplitter, ANegativeSizeBreaksTheStream) {
  mock::frame_splitter in(100);
  in.push(bytes({255, 255, 255, 255}));
  EXPECT_FALSE(in.front());
  EXPECT_NE(in.broken().find("negative"), std::string::npos);
}

TEST(FrameSplitter, ATooLargeFrameBreaksTheStreamBeforeItsBytesCome) {
  mock::frame_splitter in(100);
  in.push(bytes({0, 0, 0, 101}));
  EXPECT_NE(in.broken().find("101 bytes"), std::string::npos);
}

TEST(FrameSplitter, ATlsHandshakeIsNamed) {
  mock::frame_splitter in(100);
  in.push(bytes({0x16, 0x03, 0x01, 0x02, 0x00}));
  EXPECT_NE(in.broken().find("TLS"), std::string::npos);
}

}  // namespace
}  // namespace ottla::test
