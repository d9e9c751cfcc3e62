// Produce: what is accepted, what is refused and with which error, and what idempotent producers get.
#include "ottla/protocol/produce.hpp"

#include "ottla/protocol/init_producer_id.hpp"
#include "support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

class Produce : public testing::Test {
 protected:
  Produce() {
    EXPECT_EQ(kafka.create_topic("t", 2), "");
    EXPECT_EQ(kafka.create_topic("stamped", 1, -1, {{"message.timestamp.type", "LogAppendTime"}}), "");
    EXPECT_EQ(kafka.create_topic("small", 1, -1, {{"max.message.bytes", "200"}}), "");
    EXPECT_EQ(kafka.create_topic("compacted", 1, -1, {{"cleanup.policy", "compact"}}), "");
  }
  mock::broker kafka;
  client_end client{kafka};
};

TEST_F(Produce, RecordsLandInOrderWithTheirOffsets) {
  EXPECT_EQ(produce(client, "t", 1, batch({.values = {"a", "b"}})).base_offset, 0);
  EXPECT_EQ(produce(client, "t", 1, batch({.values = {"c"}})).base_offset, 2);
  const auto records = kafka.records("t", 1);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[2].value, "c");
  EXPECT_EQ(records[2].offset, 2);
  EXPECT_EQ(records[1].timestamp, start_wall_ms + 1);
  EXPECT_TRUE(kafka.records("t", 0).empty());
}

TEST_F(Produce, ATopicCannotNeedMoreReplicasInSyncThanItHas) {
  ASSERT_EQ(kafka.create_topic("safe", 1, 1, {{"min.insync.replicas", "2"}}), "");
  EXPECT_EQ(produce(client, "safe", 0, batch({})).error, error_code::none);
}

TEST_F(Produce, EveryVersionIsServed) {
  for (std::int16_t version = 3; version <= 12; ++version)
    EXPECT_EQ(produce(client, "t", 0, batch({}), -1, version).base_offset, version - 3) << version;
}

TEST_F(Produce, TheNewestVersionNamesTopicsById) {
  const auto bytes = batch({});
  protocol::ProduceRequest::PartitionProduceData data;
  data.records = bytes;
  protocol::ProduceRequest::TopicProduceData of_topic;
  of_topic.partition_data = {&data, 1};
  protocol::ProduceRequest request;
  request.acks = -1;
  request.topic_data = {&of_topic, 1};
  for (const auto& t : kafka.topics())
    if (t.name == "t") of_topic.topic_id = t.id;
  EXPECT_EQ(client.ask(request, 13)->responses[0].partition_responses[0].error_code, error_code::none);
  of_topic.topic_id.bytes[3] ^= std::byte{1};
  EXPECT_EQ(client.ask(request, 13)->responses[0].partition_responses[0].error_code, error_code::unknown_topic_id);
}

TEST_F(Produce, EveryCodecIsAcceptedAndStoredAsItCame) {
  for (int codec = 0; codec <= 4; ++codec) {
    const auto bytes = batch({.values = {"one", "two", "three"}, .codec = codec});
    ASSERT_EQ(produce(client, "t", 0, bytes).error, error_code::none) << codec;
    EXPECT_EQ(kafka.batches("t", 0).back().size(), bytes.size());
    EXPECT_EQ(kafka.records("t", 0).back().value, "three");
  }
}

TEST_F(Produce, ZstdNeedsVersionSeven) {
  EXPECT_EQ(produce(client, "t", 0, batch({.codec = 4}), -1, 6).error, error_code::unsupported_compression_type);
}

TEST_F(Produce, AcksOfZeroIsNotAnswered) {
  send_produce(client, "t", 0, batch({}), 0);
  EXPECT_TRUE(kafka.output(client.id).empty());
  EXPECT_EQ(kafka.records("t", 0).size(), 1u);
  EXPECT_FALSE(client.closed());
  send_produce(client, "nowhere", 0, batch({}), 0);
  EXPECT_TRUE(client.closed()) << "with acks 0 the only way to tell of an error is to close";
}

TEST_F(Produce, OtherAcksAreRefused) {
  EXPECT_EQ(produce(client, "t", 0, batch({}), 2).error, error_code::invalid_required_acks);
  EXPECT_EQ(produce(client, "t", 0, batch({}), 1).error, error_code::none);
}

TEST_F(Produce, AnUnknownTopicOrPartitionIsSaidSo) {
  EXPECT_EQ(produce(client, "nowhere", 0, batch({})).error, error_code::unknown_topic_or_partition);
  EXPECT_EQ(produce(client, "t", 2, batch({})).error, error_code::unknown_topic_or_partition);
  EXPECT_EQ(produce(client, "t", -1, batch({})).error, error_code::unknown_topic_or_partition);
}

TEST_F(Produce, ASpoiledBatchIsRefusedByItsCrc) {
  auto bytes = batch({.values = {"hello"}});
  bytes.back() ^= std::byte{1};
  EXPECT_EQ(produce(client, "t", 0, bytes).error, error_code::corrupt_message);
  EXPECT_EQ(kafka.partition("t", 0)->high_watermark, 0);
}

TEST_F(Produce, ABatchWhoseRecordsDoNotAddUpIsRefused) {
  auto wrong_count = batch({.values = {"a", "b"}});
  wrong_count[60] = std::byte{3};
  wrong_count[26] = std::byte{2};
  reseal(wrong_count);
  EXPECT_EQ(produce(client, "t", 0, wrong_count).error, error_code::invalid_record);
  auto wrong_delta = batch({.values = {"a", "b"}});
  wrong_delta[26] = std::byte{7};
  reseal(wrong_delta);
  EXPECT_EQ(produce(client, "t", 0, wrong_delta).error, error_code::invalid_record);
  EXPECT_EQ(produce(client, "t", 0, batch({.base_offset = 5})).error, error_code::invalid_record);
  EXPECT_EQ(produce(client, "t", 0, batch({.more_attributes = 0x20})).error, error_code::invalid_record);
}

TEST_F(Produce, APartitionBringsExactlyOneWholeBatch) {
  auto two = batch({});
  const auto second = batch({});
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(produce(client, "t", 0, two).error, error_code::invalid_record);
  auto cut = batch({});
  cut.pop_back();
  EXPECT_EQ(produce(client, "t", 0, cut).error, error_code::invalid_record);
  EXPECT_EQ(produce(client, "t", 0, {}).error, error_code::invalid_record);
}

TEST_F(Produce, RecordsThatDoNotDecompressAreRefused) {
  EXPECT_EQ(produce(client, "t", 0, batch({.more_attributes = 3})).error, error_code::unknown_server_error);
  EXPECT_EQ(produce(client, "t", 0, batch({.more_attributes = 5})).error, error_code::unknown_server_error);
}

TEST_F(Produce, OldMessageFormatsAreRefused) {
  auto bytes = batch({});
  bytes[16] = std::byte{1};
  EXPECT_EQ(produce(client, "t", 0, bytes).error, error_code::invalid_record);
}

TEST_F(Produce, TheTopicsLimitIsOnTheWholeBatch) {
  const auto fits = batch({.values = {std::string(120, 'x')}});
  ASSERT_LE(fits.size(), 200u);
  EXPECT_EQ(produce(client, "small", 0, fits).error, error_code::none);
  EXPECT_EQ(produce(client, "small", 0, batch({.values = {std::string(140, 'x')}})).error,
            error_code::message_too_large);
}

TEST_F(Produce, LogAppendTimeIsTheBrokersAndTheCrcStillFits) {
  const auto told = produce(client, "stamped", 0, batch({.values = {"a", "b"}, .timestamp = 5}));
  EXPECT_EQ(told.log_append_time, start_wall_ms);
  const auto records = kafka.records("stamped", 0);
  EXPECT_EQ(records[0].timestamp, start_wall_ms);
  EXPECT_EQ(records[1].timestamp, start_wall_ms);
  EXPECT_EQ(values_in(kafka.batches("stamped", 0)[0]), (std::vector<std::string>{"a", "b"}));
}

TEST_F(Produce, TimestampsFarInTheFutureAreRefusedByName) {
  const auto told = produce(client, "t", 0, batch({.values = {"a", "b"}, .timestamp = start_wall_ms + 3'600'000}));
  EXPECT_EQ(told.error, error_code::invalid_timestamp);
  EXPECT_EQ(told.refused_records, std::vector<std::int32_t>{1});
}

TEST_F(Produce, ACompactedTopicWantsKeys) {
  const auto told = produce(client, "compacted", 0, batch({.values = {"a", "b"}, .key = std::nullopt}));
  EXPECT_EQ(told.error, error_code::invalid_record);
  EXPECT_EQ(told.refused_records, (std::vector<std::int32_t>{0, 1}));
}

TEST_F(Produce, TransactionalBatchesNeedATransactionalId) {
  EXPECT_EQ(
      produce(client, "t", 0, batch({.producer_id = 1, .producer_epoch = 0, .sequence = 0, .more_attributes = 0x10}))
          .error,
      error_code::transactional_id_authorization_failed);
}

TEST_F(Produce, ADuplicateIsAnsweredAsTheOriginalWasAndNotAppended) {
  ASSERT_EQ(produce(client, "t", 0, batch_of(9, 0, 0, 3)).base_offset, 0);
  ASSERT_EQ(produce(client, "t", 0, batch_of(9, 0, 3, 2)).base_offset, 3);
  const auto again = produce(client, "t", 0, batch_of(9, 0, 0, 3));
  EXPECT_EQ(again.error, error_code::none);
  EXPECT_EQ(again.base_offset, 0);
  EXPECT_EQ(kafka.partition("t", 0)->high_watermark, 5);
}

TEST_F(Produce, GapsAndStaleEpochsAreRefused) {
  produce(client, "t", 0, batch_of(9, 1, 0, 3));
  EXPECT_EQ(produce(client, "t", 0, batch_of(9, 1, 4)).error, error_code::out_of_order_sequence_number);
  EXPECT_EQ(produce(client, "t", 0, batch_of(9, 0, 3)).error, error_code::invalid_producer_epoch);
  EXPECT_EQ(produce(client, "t", 1, batch_of(9, 0, 0)).error, error_code::none) << "partitions know producers apart";
}

TEST_F(Produce, ASequenceIsNeededWithAProducerId) {
  EXPECT_EQ(produce(client, "t", 0, batch_of(9, 0, -1)).error, error_code::invalid_record);
}

TEST_F(Produce, AnExpiredProducerMayGoOn) {
  produce(client, "t", 0, batch_of(9, 0, 0, 3));
  kafka.expire_producer(9);
  EXPECT_EQ(produce(client, "t", 0, batch_of(9, 0, 77)).error, error_code::none);
}

TEST_F(Produce, FullMemoryDropsTheOldestSegmentFirstAndRefusesWhenNoneIsLeft) {
  mock::broker tight({.max_log_bytes = std::size_t{3} << 20});
  ASSERT_EQ(tight.create_topic("t", 1, -1, {{"segment.bytes", "1048576"}}), "");
  client_end writer(tight);
  const auto half = batch({.values = {std::string(600'000, 'x')}});
  for (int i = 0; i < 20; ++i) ASSERT_EQ(produce(writer, "t", 0, half).base_offset, i);
  EXPECT_LE(tight.partition("t", 0)->size_bytes, std::size_t{3} << 20);
  EXPECT_GT(tight.partition("t", 0)->log_start_offset, 0);

  mock::broker tiny({.max_log_bytes = 1000});
  ASSERT_EQ(tiny.create_topic("t", 1), "");
  client_end other(tiny);
  EXPECT_EQ(produce(other, "t", 0, half).error, error_code::kafka_storage_error);
}

TEST_F(Produce, RetentionBySizeMovesTheLogsStart) {
  ASSERT_EQ(kafka.create_topic("short", 1, -1, {{"segment.bytes", "1048576"}, {"retention.bytes", "1000000"}}), "");
  for (int i = 0; i < 10; ++i) produce(client, "short", 0, batch({.values = {std::string(600'000, 'x')}}));
  EXPECT_EQ(kafka.partition("short", 0)->log_start_offset, 8);
}

TEST_F(Produce, RetentionByTimeEmptiesALog) {
  produce(client, "t", 0, batch({}));
  kafka.step(later(start, std::chrono::hours(24 * 8)));
  EXPECT_EQ(kafka.partition("t", 0)->log_start_offset, 1);
  EXPECT_EQ(kafka.partition("t", 0)->size_bytes, 0u);
}

TEST(InitProducerId, GivesFreshIdsEvenToWhoNamesOne) {
  mock::broker kafka;
  client_end client(kafka);
  protocol::InitProducerIdRequest request;
  request.transactional_id = std::nullopt;
  const auto first = client.ask(request, 5);
  request.producer_id = first->producer_id;
  request.producer_epoch = 3;
  const auto second = client.ask(request, 5);
  EXPECT_EQ(second->error_code, error_code::none);
  EXPECT_NE(second->producer_id, first->producer_id);
  EXPECT_EQ(second->producer_epoch, 0);
  request.producer_epoch = -1;
  EXPECT_EQ(client.ask(request, 5)->error_code, error_code::invalid_request);
  for (std::int16_t version = 0; version <= 5; ++version) {
    protocol::InitProducerIdRequest plain;
    plain.transactional_id = std::nullopt;
    EXPECT_EQ(client.ask(plain, version)->error_code, error_code::none) << version;
  }
}

}  // namespace
}  // namespace ottla::test
