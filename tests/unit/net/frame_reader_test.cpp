// frame_reader: frames out of a stream cut anywhere, and what is said of a peer that does not speak Kafka.
#include "frame_reader.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "wire.hpp"

namespace ottla {
namespace {

using test::byte_string;

byte_string framed(std::string_view body) {
  byte_string out = test::size_field(static_cast<std::uint32_t>(body.size()));
  const byte_string text = test::bytes_of(body);
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

/// Reads `stream` in pieces of `cut` bytes; returns the bodies.
std::vector<std::string> read_all(frame_reader& reader, const byte_string& stream, std::size_t cut) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < stream.size();) {
    std::size_t left = std::min(cut, stream.size() - at);
    std::size_t moved = 0;
    for (const auto& piece : reader.pieces()) {
      const std::size_t part = std::min(piece.size(), left);
      if (part > 0) std::memcpy(piece.data(), stream.data() + at, part);
      at += part;
      left -= part;
      moved += part;
    }
    reader.read_done(moved);
    while (frame_ref one = reader.next()) out.emplace_back(protocol::as_text(one->bytes()));
  }
  return out;
}

TEST(frame_reader, gives_the_same_frames_wherever_the_stream_is_cut) {
  byte_string stream;
  std::vector<std::string> bodies{"abcd", std::string(9000, 'x'), "efghi", std::string(100'000, 'y'), "zzzz"};
  for (const auto& body : bodies) {
    const byte_string one = framed(body);
    stream.insert(stream.end(), one.begin(), one.end());
  }
  for (const std::size_t cut : {1u, 2u, 3u, 5u, 4095u, 8192u, 8193u, 200'000u}) {
    frame_reader reader(1 << 20);
    EXPECT_EQ(read_all(reader, stream, cut), bodies) << "cut every " << cut;
    EXPECT_EQ(reader.failure(), "");
  }
}

TEST(frame_reader, several_frames_of_one_read_come_one_by_one) {
  byte_string stream;
  for (int i = 0; i < 100; ++i) {
    const byte_string one = framed("frame " + std::to_string(i));
    stream.insert(stream.end(), one.begin(), one.end());
  }
  frame_reader reader(1 << 20);
  EXPECT_EQ(read_all(reader, stream, stream.size()).size(), 100u);
}

/// As much of the stream as fits into the pieces offered; returns how much that was.
std::size_t read_once(frame_reader& reader, std::span<const std::byte> stream) {
  std::size_t moved = 0;
  for (const auto& piece : reader.pieces()) {
    const std::size_t part = std::min(piece.size(), stream.size() - moved);
    if (part > 0) std::memcpy(piece.data(), stream.data() + moved, part);
    moved += part;
  }
  reader.read_done(moved);
  return moved;
}

std::size_t room(frame_reader& reader) { return reader.pieces()[0].size(); }

TEST(frame_reader, a_size_field_alone_brings_no_memory_beyond_64_KiB) {
  frame_reader reader(std::size_t{256} << 20);
  read_once(reader, test::size_field(256 << 20));
  EXPECT_EQ(reader.next(), nullptr);
  EXPECT_EQ(reader.failure(), "");
  EXPECT_EQ(reader.pieces().size(), 1u);
  EXPECT_EQ(room(reader), std::size_t{64} << 10);
}

TEST(frame_reader, a_frame_that_grows_never_has_more_memory_than_twice_what_arrived) {
  frame_reader reader(1 << 24);
  const byte_string stream = framed(std::string(1'000'000, 'x'));
  std::size_t largest = 0;
  for (std::size_t at = 0; at < stream.size();) {
    at += read_once(reader, std::span(stream).subspan(at));
    const std::size_t arrived = at - 4;
    const frame_ref whole = reader.next();
    ASSERT_EQ(whole != nullptr, at == stream.size());
    if (whole) {
      EXPECT_EQ(protocol::as_text(whole->bytes()), std::string(1'000'000, 'x'));
      break;
    }
    EXPECT_LE(room(reader), std::max(arrived, std::size_t{64} << 10)) << "after " << arrived;
    largest = std::max(largest, room(reader));
  }
  EXPECT_GT(largest, std::size_t{256} << 10);  // it doubled, it did not creep
}

TEST(frame_reader, a_frame_as_large_as_one_before_is_read_straight_into_its_own_memory) {
  frame_reader reader(1 << 24);
  ASSERT_EQ(read_all(reader, framed(std::string(1 << 20, 'x')), 1 << 20).size(), 1u);
  read_once(reader, test::size_field(1 << 20));
  EXPECT_EQ(reader.next(), nullptr);
  const auto pieces = reader.pieces();
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].size(), std::size_t{1} << 20);  // exact size, then the look-ahead
}

TEST(frame_reader, a_new_connection_earns_its_belief_anew) {
  frame_reader reader(1 << 24);
  ASSERT_EQ(read_all(reader, framed(std::string(1 << 20, 'x')), 1 << 20).size(), 1u);
  reader.reset();
  read_once(reader, test::size_field(1 << 20));
  EXPECT_EQ(reader.next(), nullptr);
  EXPECT_EQ(room(reader), std::size_t{64} << 10);
}

std::string diagnosis(const byte_string& first_bytes, std::size_t limit = std::size_t{256} << 20) {
  frame_reader reader(limit);
  EXPECT_TRUE(read_all(reader, first_bytes, first_bytes.size()).empty());
  return reader.failure();
}

TEST(frame_reader, names_http_and_tls_on_the_wrong_port) {
  EXPECT_EQ(diagnosis(test::bytes_of("HTTP/1.1 400 Bad Request\r\n")), "it answers in HTTP");
  EXPECT_EQ(diagnosis({std::byte{0x15}, std::byte{3}, std::byte{1}, std::byte{0}, std::byte{2}, std::byte{2}}),
            "it answers in TLS");
  EXPECT_EQ(diagnosis({std::byte{0x16}, std::byte{3}, std::byte{3}, std::byte{0}, std::byte{90}}), "it answers in TLS");
}

TEST(frame_reader, names_http_and_tls_also_where_frames_of_that_size_are_allowed) {
  constexpr std::size_t no_limit = 0x7fffffff;
  EXPECT_EQ(diagnosis(test::bytes_of("HTTP/1.1 400 Bad Request\r\n"), no_limit), "it answers in HTTP");
  EXPECT_EQ(
      diagnosis({std::byte{0x15}, std::byte{3}, std::byte{1}, std::byte{0}, std::byte{2}, std::byte{2}}, no_limit),
      "it answers in TLS");
}

TEST(frame_reader, C_55_refuses_sizes_that_no_answer_has) {
  EXPECT_EQ(diagnosis(test::size_field(0xffffffff)), "it announces a frame of negative size");
  EXPECT_EQ(diagnosis(test::size_field(3)), "it announces a frame of 3 bytes, too short for any answer");
  EXPECT_EQ(diagnosis(test::size_field(0)), "it announces a frame of 0 bytes, too short for any answer");
  EXPECT_EQ(diagnosis(test::size_field(2001), 2000), "it announces a frame of 2001 bytes, above the limit of 2000");
}

TEST(frame_reader, a_failure_sticks_until_reset) {
  frame_reader reader(1000);
  read_all(reader, test::size_field(0xffffffff), 4);
  EXPECT_TRUE(read_all(reader, framed("good"), 8).empty());
  EXPECT_NE(reader.failure(), "");
  reader.reset();
  EXPECT_EQ(read_all(reader, framed("good"), 8), std::vector<std::string>{"good"});
}

}  // namespace
}  // namespace ottla
