// The stand-in for measuring clients: it must skim and serve exactly, or it measures nothing.
#include "peer/peer_service.hpp"
#include "peer/produce_skimmer.hpp"
#include "support.hpp"

#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/record_batch.hpp"

namespace ottla::test {
namespace {

using mock::produce_skimmer;
using protocol::ProduceRequest;

/// Two topics, three partitions, one of them without records.
std::vector<std::byte> produce_frame(std::int16_t version) {
  const std::vector<std::byte> records(1000, std::byte{7});
  std::array<ProduceRequest::PartitionProduceData, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i].index = static_cast<std::int32_t>(i);
  parts[0].records = records;
  parts[1].records = std::nullopt;
  parts[2].records = protocol::bytes_view(records).first(1);
  std::array<ProduceRequest::TopicProduceData, 2> topics;
  topics[0].name = "first";
  topics[0].topic_id.bytes[0] = std::byte{1};
  topics[0].partition_data = {parts.data(), 2};
  topics[1].name = "second";
  topics[1].partition_data = {parts.data() + 2, 1};
  ProduceRequest request;
  request.acks = -1;
  request.topic_data = topics;
  mock::broker nobody;
  return client_end(nobody).frame_of(request, version);
}

/// Feeds the frame in pieces, discarding what the skimmer wants discarded.
produce_skimmer::wants skim(produce_skimmer& skimmer, std::span<const std::byte> frame, std::size_t piece) {
  skimmer.begin(frame.size());
  std::vector<std::byte> there;
  std::size_t discard = 0;
  for (std::size_t at = 0; at <= frame.size(); at += piece) {
    const auto more = frame.subspan(at, std::min(piece, frame.size() - at));
    there.insert(there.end(), more.begin(), more.end());
    for (;;) {
      const std::size_t dropped = std::min(discard, there.size());
      there.erase(there.begin(), there.begin() + static_cast<std::ptrdiff_t>(dropped));
      discard -= dropped;
      if (discard != 0) break;
      std::span<const std::byte> in = there;
      const auto wants = skimmer.feed(in);
      there.erase(there.begin(), there.end() - static_cast<std::ptrdiff_t>(in.size()));
      if (wants == produce_skimmer::wants::done || wants == produce_skimmer::wants::broken) return wants;
      if (wants == produce_skimmer::wants::more_bytes) break;
      discard = skimmer.skip_bytes();
    }
  }
  return produce_skimmer::wants::more_bytes;
}

TEST(ProduceSkimmer, EveryVersionIsSkimmedHoweverItIsTorn) {
  for (std::int16_t version = 3; version <= 13; ++version) {
    const auto frame = produce_frame(version);
    const auto body = std::span<const std::byte>(frame).subspan(4);
    for (const std::size_t piece : {1u, 2u, 3u, 7u, 100u, 5000u}) {
      produce_skimmer skimmer;
      ASSERT_EQ(skim(skimmer, body, piece), produce_skimmer::wants::done) << version << " in pieces of " << piece;
      ASSERT_EQ(skimmer.topics().size(), 2u);
      EXPECT_EQ(skimmer.acks(), -1);
      EXPECT_EQ(skimmer.correlation_id(), 1);
      EXPECT_EQ(skimmer.topics()[0].partitions, (std::vector<std::int32_t>{0, 1}));
      EXPECT_EQ(skimmer.topics()[1].partitions, std::vector<std::int32_t>{2});
      EXPECT_EQ(skimmer.topics()[0].name, version < 13 ? "first" : "");
      EXPECT_EQ(skimmer.topics()[0].id.bytes[0], version < 13 ? std::byte{0} : std::byte{1});
    }
  }
}

TEST(ProduceSkimmer, AFrameThatEndsEarlyIsBroken) {
  const auto frame = produce_frame(9);
  const auto body = std::span<const std::byte>(frame).subspan(4);
  for (const std::size_t size : {std::size_t{9}, std::size_t{40}, body.size() - 1}) {
    produce_skimmer skimmer;
    EXPECT_EQ(skim(skimmer, body.first(size), 5000), produce_skimmer::wants::broken) << size;
  }
}

class Peer : public testing::Test {
 protected:
  static mock::run_peer_options options() {
    mock::run_peer_options out;
    out.partitions = 3;
    out.batch_bytes = 2000;
    out.max_fetch_version = 16;
    return out;
  }
  std::vector<std::byte> bytes_of(const mock::peer_answer& answer) {
    std::array<iovec, 1000> list;
    std::vector<std::byte> out;
    const std::size_t count = answer.fill(list);
    for (std::size_t i = 0; i < count; ++i) {
      const auto* at = static_cast<const std::byte*>(list[i].iov_base);
      out.insert(out.end(), at, at + list[i].iov_len);
    }
    return out;
  }
  template <class Request>
  answered<typename Request::response_type> ask(const Request& request, std::int16_t version) {
    using response_type = typename Request::response_type;
    answered<response_type> out;
    const auto frame = client.frame_of(request, version);
    const auto answer = service.answer(std::span<const std::byte>(frame).subspan(4));
    if (!answer) {
      ADD_FAILURE() << "not served";
      return out;
    }
    out.frame = bytes_of(*answer);
    protocol::reader in(out.frame, *out.memory);
    EXPECT_EQ(static_cast<std::size_t>(in.int32()), out.frame.size() - 4);
    protocol::ResponseHeader header;
    read(in, header, response_type::header_version(version));
    read(in, out.body, version);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.remaining(), 0u);
    return out;
  }
  mock::broker nobody;
  client_end client{nobody};
  mock::peer_service service{options(), "127.0.0.1", 9};
};

TEST_F(Peer, AnyTopicExists) {
  protocol::MetadataRequest::MetadataRequestTopic topic{{}, "whatever", {}};
  protocol::MetadataRequest request;
  request.topics = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>(&topic, 1);
  const auto told = ask(request, 13);
  EXPECT_EQ(told->topics[0].partitions.size(), 3u);
  topic = {told->topics[0].topic_id, std::nullopt, {}};
  EXPECT_EQ(ask(request, 13)->topics[0].name, "whatever");
}

TEST_F(Peer, VersionsAreOfferedAsAskedFor) {
  protocol::ApiVersionsRequest request;
  const auto told = ask(request, 4);
  EXPECT_EQ(told->api_keys[1].max_version, 16);
}

TEST_F(Peer, FetchedBatchesAreWholeAndBeginWhereTheyWereAskedFor) {
  std::array<protocol::FetchRequest::FetchPartition, 2> parts;
  parts[0].partition = 0;
  parts[0].fetch_offset = 1'000'000;
  parts[0].partition_max_bytes = 7000;
  parts[1].partition = 1;
  parts[1].partition_max_bytes = 7000;
  protocol::FetchRequest::FetchTopic topic;
  topic.topic = "t";
  topic.partitions = parts;
  protocol::FetchRequest request;
  request.max_bytes = 9000;
  request.topics = {&topic, 1};
  for (const std::int16_t version : {std::int16_t{4}, std::int16_t{12}}) {
    const auto told = ask(request, version);
    const auto& answers = told->responses[0].partitions;
    const auto per_batch = static_cast<std::size_t>(protocol::parse_batch_header(*answers[0].records).record_count);
    ASSERT_GT(per_batch, 10u);
    EXPECT_EQ(values_in(*answers[0].records).size() + values_in(*answers[1].records).size(), 4 * per_batch)
        << "four batches of two thousand bytes fit into nine thousand";
    const auto base = protocol::parse_batch_header(*answers[0].records).base_offset;
    EXPECT_LE(base, 1'000'000);
    EXPECT_GT(base + static_cast<std::int64_t>(per_batch), 1'000'000)
        << "the first batch holds the offset that was asked for";
    EXPECT_EQ(protocol::parse_batch_header(*answers[1].records).base_offset, 0);
  }
}

TEST_F(Peer, ATooSmallLimitStillGetsOneBatch) {
  protocol::FetchRequest::FetchPartition part;
  part.partition_max_bytes = 1;
  protocol::FetchRequest::FetchTopic topic;
  topic.topic = "t";
  topic.partitions = {&part, 1};
  protocol::FetchRequest request;
  request.max_bytes = 1;
  request.topics = {&topic, 1};
  EXPECT_FALSE(values_in(*ask(request, 12)->responses[0].partitions[0].records).empty());
}

TEST_F(Peer, ProduceIsAcknowledgedPartitionByPartition) {
  for (std::int16_t version = 3; version <= 13; ++version) {
    const auto frame = produce_frame(version);
    produce_skimmer skimmer;
    ASSERT_EQ(skim(skimmer, std::span<const std::byte>(frame).subspan(4), 5000), produce_skimmer::wants::done);
    const auto bytes = bytes_of(service.acknowledge(skimmer));
    protocol::arena memory;
    protocol::reader in(bytes, memory);
    in.int32();
    protocol::ResponseHeader header;
    read(in, header, protocol::ProduceResponse::header_version(version));
    protocol::ProduceResponse response;
    read(in, response, version);
    ASSERT_TRUE(in.ok()) << version;
    ASSERT_EQ(response.responses.size(), 2u);
    EXPECT_EQ(response.responses[0].partition_responses[1].index, 1);
    EXPECT_EQ(response.responses[1].partition_responses[0].error_code, protocol::error_code::none);
  }
}

}  // namespace
}  // namespace ottla::test
