// Frames taken apart and made, bytes in their forms, and the hexdump with notes.
#include <gtest/gtest.h>

#include <sstream>

#include "wire/annotate.hpp"
#include "wire/byte_forms.hpp"
#include "wire/frame.hpp"

namespace ottla {
namespace {

using namespace protocol_text;
using protocol::as_bytes;
using wire::byte_form;
using wire::frame;

TEST(frame, that_was_made_opens_as_what_it_was_for_every_api) {
  for (const message_type& message : all_messages()) {
    if (!message.key) continue;
    for (std::int16_t version = message.min_version; version <= message.max_unstable_version; ++version) {
      const std::string made = wire::make_frame(message, version, {7, "me"}, as_bytes("body"));
      frame opened;
      const auto why = message.kind == message_kind::request
                           ? wire::open_request_frame(as_bytes(made), opened)
                           : wire::open_response_frame(as_bytes(made), message, version, opened);
      ASSERT_FALSE(why) << message.name << " " << version << ": " << *why;
      EXPECT_EQ(opened.message, &message);
      EXPECT_EQ(opened.version, version);
      EXPECT_EQ(protocol::as_text(opened.body), "body");
      EXPECT_EQ(opened.body_offset() + 4, made.size());
    }
  }
}

TEST(frame, whose_size_is_not_what_is_there_is_refused) {
  frame opened;
  const std::string made =
      wire::make_frame(*find_message("Heartbeat", message_kind::request), 4, {1, "me"}, as_bytes("body"));
  for (std::size_t size = 0; size < made.size(); ++size)
    EXPECT_TRUE(wire::open_request_frame(as_bytes(std::string_view{made}.substr(0, size)), opened)) << size;
  EXPECT_TRUE(wire::open_request_frame(as_bytes(made + "x"), opened));
}

TEST(byte_forms, read_what_they_write) {
  const std::string bytes{"\x00\xff\x10 \n", 5};
  for (const byte_form form : {byte_form::hex, byte_form::base64, byte_form::binary}) {
    std::string text = wire::from_bytes(form, as_bytes(bytes));
    EXPECT_FALSE(wire::to_bytes(form, text));
    EXPECT_EQ(text, bytes);
  }
  std::string odd = "0 0\n0";
  EXPECT_TRUE(wire::to_bytes(byte_form::hex, odd));
  EXPECT_FALSE(wire::parse_byte_form("octal"));
}

TEST(annotate, cuts_long_values_off_and_says_how_much_is_left) {
  std::string body = "\x34";  // a compact string of 51
  body += std::string(51, 'y') + std::string{"\x01\x00", 2};
  std::ostringstream out;
  EXPECT_FALSE(
      wire::annotate(*find_message("ApiVersions", message_kind::request), 3, as_bytes(body), {.base = 16}, out));
  EXPECT_NE(out.str().find("0011  79 79 79 79 79 79 79 79  clientSoftwareName"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("0029  79 79 79 79 79 79 79 79\n      ... 19 more\n0044  01 "), std::string::npos)
      << out.str();
}

}  // namespace
}  // namespace ottla
