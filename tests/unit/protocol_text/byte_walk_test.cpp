// What the walk tells of a message, part by part, and what it says about bytes that are wrong.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ottla/protocol_text/byte_walk.hpp"
#include "ottla/protocol_text/encodings.hpp"

namespace ottla {
namespace {

using namespace protocol_text;

/// A line per part, "offset hex path: encoding value, versions"; an error is the last line.
std::vector<std::string> walked(std::string_view api, message_kind kind, std::int16_t version, std::string_view hex) {
  protocol::arena memory;
  const message_type* message = find_message(api, kind);
  const auto bytes = parse_hex(hex, memory);
  std::vector<std::string> lines;
  if (message == nullptr || !bytes) return {"bad test"};
  const auto error = walk_bytes(*message, version, *bytes, [&](const message_part& part) {
    std::string line = std::to_string(part.offset) + ' ';
    for (const std::byte b : part.bytes) append_hex(line, b);
    line += ' ' + std::string{part.path} + ": " + std::string{part.encoding} + ' ' + value_text(part) + ", " +
            range_text(part.versions, *message);
    lines.push_back(line);
  });
  if (error) lines.push_back(error->message());
  return lines;
}

std::string last(std::string_view api, message_kind kind, std::int16_t version, std::string_view hex) {
  return walked(api, kind, version, hex).back();
}

using lines = std::vector<std::string>;

TEST(byte_walk, tells_lengths_counts_and_tags_as_well_as_fields) {
  EXPECT_EQ(walked("DescribeTopicPartitions", message_kind::request, 0, "020274000000000aff00"),
            (lines{"0 02 topics: uvarint (n+1) 1 element, 0+", "1 02 topics[0].name: uvarint (n+1) 1 byte, 0+",
                   "2 74 topics[0].name: string \"t\", 0+", "3 00 topics[0]._tags: uvarint 0 tagged fields, 0+",
                   "4 0000000a responsePartitionLimit: int32 10, 0+", "8 ff cursor: int8 null, 0+",
                   "9 00 _tags: uvarint 0 tagged fields, 0+"}));
}

TEST(byte_walk, reads_old_versions_without_compact_lengths_and_tags) {
  EXPECT_EQ(walked("ListOffsets", message_kind::response, 1,
                   "0000000100017400000001000000030006ffffffffffffffff0000000000000009"),
            (lines{"0 00000001 topics: int32 1 element, 1+", "4 0001 topics[0].name: int16 1 byte, 1+",
                   "6 74 topics[0].name: string \"t\", 1+", "7 00000001 topics[0].partitions: int32 1 element, 1+",
                   "11 00000003 topics[0].partitions[0].partitionIndex: int32 3, 1+",
                   "15 0006 topics[0].partitions[0].errorCode: int16 6 NOT_LEADER_OR_FOLLOWER, 1+",
                   "17 ffffffffffffffff topics[0].partitions[0].timestamp: int64 -1, 1+",
                   "25 0000000000000009 topics[0].partitions[0].offset: int64 9, 1+"}));
}

TEST(byte_walk, shows_tags_that_the_schema_knows_and_those_that_it_does_not) {
  const auto parts = walked("Fetch", message_kind::request, 12,
                            "00000000000000000000000000000000000000000000000000010101"
                            "0200020263ff0701aa");
  const lines tail(parts.end() - std::min<std::ptrdiff_t>(8, std::ssize(parts)), parts.end());
  EXPECT_EQ(tail, (lines{"28 02 _tags: uvarint 2 tagged fields, 12+", "29 00 clusterId: uvarint tag 0, 12+",
                         "30 02 clusterId: uvarint 2 bytes, 12+", "31 02 clusterId: uvarint (n+1) 1 byte, 12+",
                         "32 63 clusterId: string \"c\", 12+", "33 ff07 _tags[1023]: uvarint tag 1023, 12+",
                         "35 01 _tags[1023]: uvarint 1 byte, 12+", "36 aa _tags[1023]: bytes aa, 12+"}));
}

TEST(byte_walk, refuses_a_tag_whose_size_is_not_that_of_its_value) {
  const auto of = [](const std::string& tags) {
    return last("Fetch", message_kind::request, 12, "00000000000000000000000000000000000000000000000000010101" + tags);
  };
  EXPECT_EQ(of("0100030263ff"), "byte 33 (clusterId): the tagged field is 1 byte shorter than its size says");
  EXPECT_EQ(of("0100010263"), "byte 32 (clusterId): a string of 1 byte expected, none is left");
  EXPECT_EQ(of("0100090263"), "byte 31 (clusterId): a tagged field of 9 bytes expected, 2 are left");
}

TEST(byte_walk, keeps_the_client_id_in_the_old_encoding) {
  EXPECT_EQ(walked("RequestHeader", message_kind::header, 2, "0012000300000007ffff00"),
            (lines{"0 0012 requestApiKey: int16 18, 1+", "2 0003 requestApiVersion: int16 3, 1+",
                   "4 00000007 correlationId: int32 7, 1+", "8 ffff clientId: int16 null, 1+",
                   "10 00 _tags: uvarint 0 tagged fields, 2+"}));
}

TEST(byte_walk, says_where_the_bytes_end_and_what_was_expected) {
  const auto of = [](std::string_view hex) { return last("ApiVersions", message_kind::request, 3, hex); };
  EXPECT_EQ(of(""), "byte 0 (clientSoftwareName): the rest of a length (a varint) expected, no byte is left");
  EXPECT_EQ(of("066f74"), "byte 1 (clientSoftwareName): a string of 5 bytes expected, 2 are left");
  EXPECT_EQ(of("0101"), "byte 2 (_tags): the rest of the count of tagged fields (a varint) expected, no byte is left");
  EXPECT_EQ(of("01010000"), "byte 3: the message ends here, 1 byte is left over");
  EXPECT_EQ(last("Heartbeat", message_kind::request, 0, "00016700"),
            "byte 3 (generationId): an int32 of 4 bytes expected, 1 is left");
}

TEST(byte_walk, refuses_what_cannot_be) {
  const auto of = [](std::string_view hex) { return last("ApiVersions", message_kind::request, 3, hex); };
  EXPECT_EQ(of("00"), "byte 0 (clientSoftwareName): null where version 3 allows none");
  EXPECT_EQ(of("808002"), "byte 3 (clientSoftwareName): a string of 32767 bytes expected, none is left");
  EXPECT_EQ(of("818002"), "byte 3 (clientSoftwareName): a string of 32768 bytes is above 32767");
  EXPECT_EQ(of("ffffffff10"), "byte 0 (clientSoftwareName): a length is a varint of more than 32 bits");
  EXPECT_EQ(of("ffffffff8f00"), "byte 0 (clientSoftwareName): a length is a varint of more than 32 bits");
  EXPECT_EQ(of("01010205000500"), "byte 5 (_tags): tag 5 after tag 5: tags have to ascend");
  EXPECT_EQ(of("010103"), "byte 2 (_tags): 3 tagged fields cannot fit into 0 bytes");
  EXPECT_EQ(last("Metadata", message_kind::request, 1, "7fffffff00"),
            "byte 0 (topics): an array of 2147483647 elements cannot fit into 1 byte");
  EXPECT_EQ(last("Metadata", message_kind::request, 1, "fffffffe"), "byte 0 (topics): an array's count is -2");
  EXPECT_EQ(last("Metadata", message_kind::request, 14, "00"), "byte 0: there is no version 14 of MetadataRequest");
}

TEST(byte_walk, cuts_values_off_at_a_character) {
  std::string hex = "24";
  for (int i = 0; i < 7; ++i) hex += "e282ac2020";
  protocol::arena memory;
  const auto bytes = parse_hex(hex + "0100", memory);
  std::string shown;
  (void)walk_bytes(*find_message("ApiVersions", message_kind::request), 3, *bytes, [&](const message_part& part) {
    if (part.kind == part_kind::value && shown.empty()) shown = value_text(part, 6);
  });
  EXPECT_EQ(shown, "\"\xe2\x82\xac  \xe2\x82\xac\"...");
}

}  // namespace
}  // namespace ottla
