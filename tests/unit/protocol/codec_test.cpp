// The codec on examples whose bytes were worked out by hand or by the official classes.
#include <gtest/gtest.h>

#include "hex.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
namespace {

using namespace protocol;
using test::bytes_of_hex;
using test::hex_of_bytes;

template <class M>
std::string written(const M& message, std::int16_t version) {
  writer out;
  write(out, message, version);
  EXPECT_TRUE(out.ok()) << describe(out.error()) << " " << out.error_field();
  return hex_of_bytes(out.view());
}

TEST(codec, reads_and_writes_an_api_versions_request) {
  const auto wire = bytes_of_hex("066f74746c6104302e3100");
  arena memory;
  reader in{wire, memory};
  ApiVersionsRequest request;
  read(in, request, 3);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(request.client_software_name, "ottla");
  EXPECT_EQ(request.client_software_version, "0.1");
  EXPECT_EQ(written(request, 3), "066f74746c6104302e3100");
}

TEST(codec, reads_and_writes_a_fetch_response_with_a_leader_hint) {
  const std::string hex =
      "000000000000000000000202740200000000000600000000000000090000000000000009000000000000000000ffffffff04000102010109"
      "0000000300000007000000";
  const auto wire = bytes_of_hex(hex);
  arena memory;
  reader in{wire, memory};
  FetchResponse response;
  read(in, response, 12);
  ASSERT_TRUE(in.ok()) << describe(in.error());
  EXPECT_EQ(in.remaining(), 0u);
  ASSERT_EQ(response.responses.size(), 1u);
  const auto& partition = response.responses[0].partitions[0];
  EXPECT_EQ(partition.error_code, error_code::not_leader_or_follower);
  EXPECT_EQ(partition.current_leader.leader_id, broker_id{3});
  EXPECT_EQ(partition.current_leader.leader_epoch, 7);
  EXPECT_FALSE(partition.aborted_transactions);
  ASSERT_TRUE(partition.records);
  EXPECT_EQ(hex_of_bytes(*partition.records), "000102");
  EXPECT_EQ(written(response, 12), hex);
}

TEST(codec, writes_a_client_id_in_the_old_encoding_even_in_a_flexible_header) {
  EXPECT_EQ(
      written(RequestHeader{.request_api_key = 18, .request_api_version = 3, .correlation_id = 1, .client_id = "x"}, 2),
      "0012000300000001"
      "000178"
      "00");
}

TEST(codec, gives_the_api_versions_response_header_version_zero) {
  EXPECT_EQ(ApiVersionsResponse::header_version(3), 0);
  EXPECT_EQ(ApiVersionsRequest::header_version(3), 2);
  EXPECT_EQ(FetchResponse::header_version(12), 1);
  EXPECT_EQ(FetchResponse::header_version(11), 0);
}

}  // namespace
}  // namespace ottla
