// The embedded consumer protocol against bytes that kafka-clients 4.3.1 wrote, and against bytes that nobody should.
#include "consumer_protocol.hpp"

#include <gtest/gtest.h>

#include <random>

#include "../protocol/hex.hpp"
#include "sticky_user_data.hpp"

namespace {

using ottla::assignor;
using ottla::decode_assignment;
using ottla::decode_subscription;
using ottla::encode_assignment;
using ottla::encode_subscription;
using ottla::subscription_of_member;
using ottla::topic_partition;
using ottla::test::bytes_of_hex;
using ottla::test::hex_of_bytes;

using partitions = std::vector<topic_partition>;

// A member that reads a and orders, got a-7, orders-0 and orders-2 in generation 5 and stands in rack r1: as
// ConsumerProtocol.serializeSubscription writes it, with each assignor's own subscriptionUserData.
constexpr std::string_view topics_in_java = "00030000000200016100066f7264657273";
constexpr std::string_view owned_in_java = "00000002000161000000010000000700066f7264657273000000020000000000000002";
const std::string range_in_java =
    std::string(topics_in_java) + "ffffffff" + std::string(owned_in_java) + "00000005" + "00027231";
const std::string cooperative_in_java =
    std::string(topics_in_java) + "0000000400000005" + std::string(owned_in_java) + "00000005" + "00027231";
const std::string sticky_in_java = std::string(topics_in_java) + "00000027" + std::string(owned_in_java) + "00000005" +
                                   "00000000" + "00000005" + "00027231";

subscription_of_member reader_of_two() {
  subscription_of_member out;
  out.topics = {"orders", "a"};
  out.owned = {{"orders", 2}, {"a", 7}, {"orders", 0}};
  out.generation = 5;
  out.rack = "r1";
  return out;
}

std::string encoded(assignor which, const subscription_of_member& said) {
  const auto bytes = encode_subscription(which, said);
  return bytes ? hex_of_bytes(*bytes) : bytes.error().message();
}

TEST(ConsumerProtocol, SubscriptionsAreByteForByteThoseOfTheJavaClient) {
  EXPECT_EQ(encoded(assignor::range, reader_of_two()), range_in_java);
  EXPECT_EQ(encoded(assignor::round_robin, reader_of_two()), range_in_java);
  EXPECT_EQ(encoded(assignor::cooperative_sticky, reader_of_two()), cooperative_in_java);
  EXPECT_EQ(encoded(assignor::sticky, reader_of_two()), sticky_in_java);
}

TEST(ConsumerProtocol, AMemberThatNeverHadAnythingSaysSoAsJavaDoes) {
  const subscription_of_member fresh = [] {
    subscription_of_member out;
    out.topics = {"a"};
    return out;
  }();
  const std::string head = "000300000001000161", tail = "00000000ffffffffffff";
  EXPECT_EQ(encoded(assignor::range, fresh), head + "ffffffff" + tail);
  EXPECT_EQ(encoded(assignor::sticky, fresh), head + "ffffffff" + tail);
  EXPECT_EQ(encoded(assignor::cooperative_sticky, fresh), head + "00000004ffffffff" + tail);
}

TEST(ConsumerProtocol, SubscriptionsOfTheJavaClientAreRead) {
  for (const auto& [which, hex] :
       {std::pair(assignor::range, range_in_java), std::pair(assignor::sticky, sticky_in_java),
        std::pair(assignor::cooperative_sticky, cooperative_in_java)}) {
    const auto said = decode_subscription(which, bytes_of_hex(hex));
    ASSERT_TRUE(said) << said.error().message();
    EXPECT_EQ(said->topics, (std::vector<std::string>{"a", "orders"}));
    EXPECT_EQ(said->owned, (partitions{{"a", 7}, {"orders", 0}, {"orders", 2}}));
    EXPECT_EQ(said->generation, 5);
    EXPECT_EQ(said->rack, "r1");
  }
}

TEST(ConsumerProtocol, OldVersionsOfTheJavaClientAreRead) {
  // Version 0 has topics and user data, version 1 owned partitions too; the generation comes from the user data then.
  const auto v0 = decode_subscription(assignor::range, bytes_of_hex("00000000000100066f7264657273ffffffff"));
  ASSERT_TRUE(v0);
  EXPECT_EQ(v0->topics, std::vector<std::string>{"orders"});
  EXPECT_TRUE(v0->owned.empty());
  EXPECT_EQ(v0->generation, -1);
  const std::string v1 = "00010000000100066f72646572730000000400000009" + std::string(owned_in_java);
  const auto said = decode_subscription(assignor::cooperative_sticky, bytes_of_hex(v1));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->owned.size(), 3u);
  EXPECT_EQ(said->generation, 9);
  EXPECT_EQ(decode_subscription(assignor::range, bytes_of_hex(v1))->generation, -1);
}

TEST(ConsumerProtocol, ANewerVersionIsReadAsTheNewestWeKnowAndTheRestPassedOver) {
  const std::string newer = "7fff" + cooperative_in_java.substr(4) + "00000001cafe";
  const auto said = decode_subscription(assignor::cooperative_sticky, bytes_of_hex(newer));
  ASSERT_TRUE(said) << said.error().message();
  EXPECT_EQ(said->owned.size(), 3u);
  EXPECT_EQ(said->rack, "r1");
  const auto got = decode_assignment(bytes_of_hex("0004000000010001610000000100000007ffffffffcafe"));
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, (partitions{{"a", 7}}));
}

TEST(ConsumerProtocol, AssignmentsAreThoseOfTheJavaClient) {
  const auto bytes = encode_assignment(partitions{{"orders", 2}, {"orders", 0}});
  ASSERT_TRUE(bytes);
  EXPECT_EQ(hex_of_bytes(*bytes), "00030000000100066f7264657273000000020000000000000002ffffffff");
  for (const std::string_view version : {"0000", "0003"}) {  // Java's topics come in no order
    const std::string body = "0000000200066f72646572730000000200000002000000000001610000000100000007ffffffff";
    const auto got = decode_assignment(bytes_of_hex(std::string(version) + body));
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, (partitions{{"a", 7}, {"orders", 0}, {"orders", 2}}));
  }
}

TEST(ConsumerProtocol, NoBytesAssignNothingAndANegativePartitionIsRefused) {
  EXPECT_TRUE(decode_assignment({})->empty());
  const auto bad = decode_assignment(bytes_of_hex("00030000000100016100000001ffffffffffffffff"));
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().is(ottla::client_code::malformed_response));
}

TEST(ConsumerProtocol, StickyUserDataOfVersion0HasNoGeneration) {
  ottla::partition_copier room(1000);
  const auto had = ottla::decode_sticky_history(bytes_of_hex(owned_in_java), room);
  ASSERT_TRUE(had);
  EXPECT_EQ(had->owned.size(), 3u);
  EXPECT_EQ(had->generation, -1);
}

TEST(ConsumerProtocol, UserDataThatCannotBeReadCountsAsNone) {
  const std::string head = "000300000001000161";
  for (const std::string user_data : {"00000001ff", "000000037fffff", "00000004ffffffff", "0000000400000001"}) {
    const auto said =
        decode_subscription(assignor::sticky, bytes_of_hex(head + user_data + "00000000" + "00000005" + "ffff"));
    ASSERT_TRUE(said) << said.error().message();
    EXPECT_TRUE(said->owned.empty());
    EXPECT_EQ(said->generation, -1);
  }
}

TEST(ConsumerProtocol, AGenerationBelowZeroIsNoneWhereverItStands) {
  const std::string head = "000300000001000161";
  for (const auto& [which, user_data] :
       {std::pair(assignor::sticky, "0000000800000000fffffff0"),
        std::pair(assignor::cooperative_sticky, "00000004fffffff0"), std::pair(assignor::range, "ffffffff")}) {
    const auto said = decode_subscription(which, bytes_of_hex(head + user_data + "00000000" + "fffffff0" + "ffff"));
    ASSERT_TRUE(said) << said.error().message();
    EXPECT_EQ(said->generation, -1);
  }
}

TEST(ConsumerProtocol, NoPrefixOfASubscriptionIsOne) {
  const auto whole = bytes_of_hex(cooperative_in_java);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto said = decode_subscription(assignor::cooperative_sticky, std::span(whole).first(size));
    ASSERT_FALSE(said) << size;
    EXPECT_TRUE(said.error().is(ottla::client_code::malformed_response));
  }
  EXPECT_FALSE(decode_subscription(assignor::range, bytes_of_hex("ffff" + range_in_java.substr(4))));
}

TEST(ConsumerProtocol, CountsThatLieAndNamesThatRepeatTakeNoMemory) {
  EXPECT_FALSE(decode_subscription(assignor::range, bytes_of_hex("00037fffffff")));
  EXPECT_FALSE(decode_assignment(bytes_of_hex("0003000000010001617fffffff00000000")));
  // 40 KB that would be 320 MB: one name of 32,767 bytes with 10,000 partitions.
  std::vector<std::byte> bomb = bytes_of_hex("0003000000017fff");
  bomb.insert(bomb.end(), 32'767, std::byte{'x'});
  for (const std::byte b : bytes_of_hex("00002710")) bomb.push_back(b);
  bomb.insert(bomb.end(), 40'000 + 4, std::byte{0});
  const auto got = decode_assignment(bomb);
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("too many partitions"), std::string::npos) << got.error().message();
}

TEST(ConsumerProtocol, DamagedBytesGiveAValueOrAnError) {
  std::mt19937_64 rng(1);
  for (const std::string& hex : {range_in_java, cooperative_in_java, sticky_in_java}) {
    for (int i = 0; i < 3000; ++i) {
      auto bytes = bytes_of_hex(hex);
      for (int flips = 1 + static_cast<int>(rng() % 3); flips > 0; --flips) {
        const std::size_t at = rng() % bytes.size();
        bytes[at] = static_cast<std::byte>(rng());
      }
      for (const assignor which : {assignor::range, assignor::sticky, assignor::cooperative_sticky}) {
        const auto said = decode_subscription(which, bytes);
        if (said) {
          EXPECT_TRUE(encode_subscription(which, *said));
        } else {
          EXPECT_TRUE(said.error().is(ottla::client_code::malformed_response));
        }
      }
      (void)decode_assignment(bytes).has_value();
    }
  }
}

TEST(ConsumerProtocol, AnOverlongTopicNameIsAnErrorAndNotCut) {
  subscription_of_member said;
  said.topics = {std::string(40'000, 'x')};
  const auto bytes = encode_subscription(assignor::range, said);
  ASSERT_FALSE(bytes);
  EXPECT_TRUE(bytes.error().is(ottla::client_code::invalid_argument));
}

}  // namespace
