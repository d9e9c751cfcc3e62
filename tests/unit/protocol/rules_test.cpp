// The rules of the design that other codecs got wrong, one by one.
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "hex.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/delete_topics.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/join_group.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
namespace {

using namespace protocol;
using test::bytes_of_hex;
using test::hex_of_bytes;

template <class M>
wire_error error_of_reading(std::string_view hex, std::int16_t version, std::size_t limit = arena::default_limit) {
  const auto wire = bytes_of_hex(hex);
  arena memory{limit};
  reader in{wire, memory};
  M message;
  read(in, message, version);
  return in.error();
}

template <class M>
writer put(const M& message, std::int16_t version) {
  writer out;
  write(out, message, version);
  return out;
}

// 1. Bounded before allocated.

TEST(codec_rules, an_array_cannot_claim_more_elements_than_bytes_are_left) {
  const auto wire = bytes_of_hex(
      "00000000"
      "0000"
      "00000000"
      "7fffffff"
      "00");
  arena memory;
  reader in{wire, memory};
  FetchResponse response;
  read(in, response, 11);
  EXPECT_EQ(in.error(), wire_error::too_many_elements);
  EXPECT_EQ(memory.used(), 0u) << "nothing was allocated for the claim";
}

TEST(codec_rules, the_claim_is_held_against_the_smallest_size_of_an_element) {
  // Two topics of version 12 need 3 bytes each: five bytes are left.
  EXPECT_EQ(error_of_reading<FetchResponse>("00000000"
                                            "0000"
                                            "00000000"
                                            "03"
                                            "0101000101",
                                            12),
            wire_error::too_many_elements);
}

TEST(codec_rules, what_a_frame_decodes_to_is_capped_by_the_arena) {
  std::string topics;
  for (int i = 0; i < 1000; ++i) topics += "010100";
  EXPECT_EQ(error_of_reading<FetchResponse>("00000000"
                                            "0000"
                                            "00000000"
                                            "e907" +
                                                topics + "00",
                                            12),
            wire_error::none);
  EXPECT_EQ(error_of_reading<FetchResponse>("00000000"
                                            "0000"
                                            "00000000"
                                            "e907" +
                                                topics + "00",
                                            12, 4096),
            wire_error::memory_limit);
}

TEST(codec_rules, half_a_message_is_not_handed_out) {
  const auto wire = bytes_of_hex(
      "00000005"
      "0006"
      "00000007"
      "02");
  arena memory;
  reader in{wire, memory};
  FetchResponse response;
  read(in, response, 12);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(response.throttle_time_ms, 0);
}

// 2. Tagged fields.

TEST(codec_rules, unknown_tagged_fields_are_kept_and_written_behind_the_known) {
  const std::string hex =
      "066f74746c6104302e31"
      "02"
      "0502abcd"
      "2001ff";
  const auto wire = bytes_of_hex(hex);
  arena memory;
  reader in{wire, memory};
  ApiVersionsRequest request;
  read(in, request, 3);
  ASSERT_TRUE(in.ok());
  ASSERT_EQ(request.unknown_tagged_fields.size(), 2u);
  EXPECT_EQ(request.unknown_tagged_fields[1].tag, 32u);
  EXPECT_EQ(hex_of_bytes(put(request, 3).view()), hex);
}

TEST(codec_rules, known_and_unknown_tags_ascend_together) {
  std::vector<std::byte> body{std::byte{7}};
  std::vector<tagged_field> unknown{{9, body}};
  FetchRequest request{.cluster_id = "c", .unknown_tagged_fields = unknown};
  const std::string hex = hex_of_bytes(put(request, 12).view());
  EXPECT_TRUE(
      hex.ends_with("02"
                    "00020263"
                    "090107"))
      << hex;
}

TEST(codec_rules, an_unknown_tag_with_a_known_number_or_out_of_order_is_refused) {
  std::vector<tagged_field> clash{{0, {}}}, descending{{9, {}}, {8, {}}};
  EXPECT_EQ(put(FetchRequest{.cluster_id = "c", .unknown_tagged_fields = clash}, 12).error(),
            wire_error::bad_tagged_fields);
  EXPECT_EQ(put(FetchRequest{.unknown_tagged_fields = descending}, 12).error(), wire_error::bad_tagged_fields);
}

TEST(codec_rules, tags_that_do_not_ascend_on_the_wire_are_an_error) {
  EXPECT_EQ(error_of_reading<ApiVersionsRequest>("0101"
                                                 "02"
                                                 "0600"
                                                 "0500",
                                                 3),
            wire_error::bad_tagged_fields);
  EXPECT_EQ(error_of_reading<ApiVersionsRequest>("0101"
                                                 "02"
                                                 "0500"
                                                 "0500",
                                                 3),
            wire_error::bad_tagged_fields);
}

TEST(codec_rules, a_known_tag_has_to_use_up_its_body_and_cannot_reach_beyond_it) {
  // ApiVersionsResponse 3, tag 1: the finalized features' epoch, eight bytes.
  const std::string front =
      "0000"
      "01"
      "00000000"
      "01"
      "01";
  EXPECT_EQ(error_of_reading<ApiVersionsResponse>(front + "08"
                                                          "0000000000000005",
                                                  3),
            wire_error::none);
  EXPECT_EQ(error_of_reading<ApiVersionsResponse>(front + "09"
                                                          "000000000000000500",
                                                  3),
            wire_error::bad_tagged_fields);
  EXPECT_EQ(error_of_reading<ApiVersionsResponse>(front + "07"
                                                          "0000000000000005",
                                                  3),
            wire_error::truncated);
}

TEST(codec_rules, a_tagged_body_above_127_bytes_gets_a_longer_size) {
  const std::string name(200, 'x');
  std::vector<ApiVersionsResponse::FinalizedFeatureKey> features{{.name = name}};
  const writer out = put(ApiVersionsResponse{.finalized_features = features}, 3);
  arena memory;
  reader in{out.view(), memory};
  ApiVersionsResponse back;
  read(in, back, 3);
  ASSERT_TRUE(in.ok()) << describe(in.error());
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(back.finalized_features[0].name, name);
}

TEST(codec_rules, a_tagged_field_at_its_default_is_not_written) {
  EXPECT_EQ(hex_of_bytes(put(ApiVersionsResponse{}, 3).view()),
            "0000"
            "01"
            "00000000"
            "00");
  EXPECT_EQ(hex_of_bytes(put(ApiVersionsResponse{.finalized_features_epoch = 0}, 3).view()),
            "0000"
            "01"
            "00000000"
            "01"
            "01080000000000000000");
}

// 3. No value is lost silently.

TEST(codec_rules, a_set_field_that_the_version_lacks_is_an_error_that_names_it) {
  const writer out = put(JoinGroupRequest{.group_instance_id = "i"}, 4);
  EXPECT_EQ(out.error(), wire_error::field_not_in_version);
  EXPECT_EQ(out.error_field(), "groupInstanceId");
  EXPECT_TRUE(put(JoinGroupRequest{.group_instance_id = "i"}, 5).ok());
}

TEST(codec_rules, an_ignorable_field_that_the_version_lacks_is_dropped) {
  EXPECT_TRUE(put(FetchRequest{.rack_id = "r"}, 4).ok());
}

TEST(codec_rules, unknown_tags_in_a_version_without_tags_are_an_error) {
  std::vector<tagged_field> unknown{{9, {}}};
  EXPECT_EQ(put(FetchRequest{.unknown_tagged_fields = unknown}, 11).error(), wire_error::field_not_in_version);
}

TEST(codec_rules, null_is_an_error_both_ways_where_the_version_does_not_allow_it) {
  const writer out = put(MetadataRequest{.topics = std::nullopt}, 0);
  EXPECT_EQ(out.error(), wire_error::unexpected_null);
  EXPECT_EQ(out.error_field(), "topics");
  EXPECT_EQ(error_of_reading<MetadataRequest>("ffffffff", 0), wire_error::unexpected_null);
  EXPECT_EQ(error_of_reading<MetadataRequest>("ffffffff", 1), wire_error::none);
}

TEST(codec_rules, a_string_above_32767_bytes_is_an_error_that_names_the_field) {
  const std::string text(32768, 'x');
  const writer out = put(ApiVersionsRequest{.client_software_name = text}, 3);
  EXPECT_EQ(out.error(), wire_error::too_large);
  EXPECT_EQ(out.error_field(), "clientSoftwareName");
}

// 4. Defaults.

TEST(codec_rules, a_nullable_field_is_empty_by_default_unless_the_schema_says_null) {
  EXPECT_TRUE(MetadataRequest{}.topics.has_value());
  EXPECT_TRUE(FetchResponse::PartitionData{}.records.has_value());
  EXPECT_FALSE(FetchRequest{}.cluster_id.has_value());
  EXPECT_FALSE(DeleteTopicsRequest::DeleteTopicState{}.name.has_value());
}

// 6. and 8. Types.

TEST(codec_rules, wire_types_own_nothing_and_ids_are_strong) {
  static_assert(std::is_trivially_destructible_v<FetchResponse>);
  static_assert(std::is_trivially_destructible_v<CreateTopicsRequest>);
  static_assert(std::is_aggregate_v<FetchResponse::PartitionData>);
  static_assert(std::is_same_v<decltype(FetchResponse::NodeEndpoint::node_id), broker_id>);
  static_assert(std::is_same_v<decltype(InitProducerIdResponse::producer_id), protocol::producer_id>);
  static_assert(std::is_same_v<decltype(MetadataResponse::MetadataResponsePartition::isr_nodes), array<broker_id>>);
  static_assert(std::is_same_v<FetchRequest::response_type, FetchResponse>);
  EXPECT_EQ(FetchRequest::api_key, api_key::fetch);
}

// 7. Ownership.

TEST(codec_rules, strings_stay_in_the_frame_and_arrays_in_the_arena) {
  const auto wire = bytes_of_hex("066f74746c6104302e3100");
  arena memory;
  reader in{wire, memory};
  ApiVersionsRequest request;
  read(in, request, 3);
  EXPECT_EQ(static_cast<const void*>(request.client_software_name.data()), wire.data() + 1);
  EXPECT_EQ(memory.used(), 0u);
}

// 9. Versions.

TEST(codec_rules, an_unstable_version_can_be_spoken_but_is_not_the_highest) {
  EXPECT_EQ(InitProducerIdRequest::max_version, 5);
  EXPECT_EQ(InitProducerIdRequest::max_unstable_version, 6);
  EXPECT_TRUE(put(InitProducerIdRequest{}, 6).ok());
}

TEST(codec_rules, a_version_that_does_not_exist_is_refused_both_ways) {
  EXPECT_EQ(put(FetchRequest{}, 3).error(), wire_error::unsupported_version);
  EXPECT_EQ(put(FetchRequest{}, 19).error(), wire_error::unsupported_version);
  EXPECT_EQ(error_of_reading<FetchRequest>("", 3), wire_error::unsupported_version);
}

// Batches are not copied.

TEST(codec_rules, gather_mode_leaves_batches_where_they_are) {
  const auto batch = bytes_of_hex("0102030405");
  std::vector<ProduceRequest::PartitionProduceData> partitions{{.index = 3, .records = bytes_view{batch}}};
  std::vector<ProduceRequest::TopicProduceData> topics{{.name = "t", .partition_data = partitions}};
  const ProduceRequest request{.acks = -1, .timeout_ms = 9, .topic_data = topics};
  const writer copied = put(request, 9);

  writer out;
  out.splice_records(true);
  write(out, request, 9);
  std::vector<bytes_view> segments;
  std::vector<std::byte> joined;
  out.for_each_segment([&](bytes_view segment) {
    segments.push_back(segment);
    joined.insert(joined.end(), segment.begin(), segment.end());
  });
  ASSERT_EQ(segments.size(), 3u);
  EXPECT_EQ(segments[1].data(), batch.data());
  EXPECT_EQ(hex_of_bytes(joined), hex_of_bytes(copied.view()));
  EXPECT_EQ(out.total_size(), joined.size());
  EXPECT_EQ(out.size(), joined.size() - batch.size());
}

}  // namespace
}  // namespace ottla
