// Incremental fetch sessions (KIP-227): what is told once, what is told again, and when a session ends.
#include "fetch_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

class FetchSession : public testing::Test {
 protected:
  FetchSession() {
    EXPECT_EQ(kafka.create_topic("t", 3), "");
    for (std::int32_t p = 0; p < 3; ++p) produce(writer, "t", p, batch({.values = {"old"}}));
    const auto told = fetch(reader, {.partitions = {{"t", 0, 0}, {"t", 1, 0}, {"t", 2, 0}}, .session_epoch = 0});
    EXPECT_EQ(told.parts.size(), 3u);
    session = told.session_id;
  }
  told_fetch next(std::vector<wanted_partition> changed, std::vector<wanted_partition> forgotten = {}) {
    return fetch(reader, {.partitions = std::move(changed),
                          .forgotten = std::move(forgotten),
                          .max_wait = 0,
                          .session_id = session,
                          .session_epoch = ++epoch});
  }
  mock::broker kafka;
  client_end writer{kafka};
  client_end reader{kafka};
  std::int32_t session = 0;
  std::int32_t epoch = 0;
};

TEST_F(FetchSession, AFullFetchWithEpochZeroOpensOne) { EXPECT_GT(session, 0); }

TEST_F(FetchSession, WithoutOneTheAnswerSaysZero) {
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 0}}, .session_epoch = -1}).session_id, 0);
}

TEST_F(FetchSession, PartitionsWithoutNewsAreLeftOut) {
  EXPECT_TRUE(next({{"t", 0, 1}, {"t", 1, 1}, {"t", 2, 1}}).parts.empty());
  produce(writer, "t", 1, batch({.values = {"new"}}));
  const auto told = next({});
  ASSERT_EQ(told.parts.size(), 1u);
  EXPECT_EQ(told.parts[0].partition, 1);
  EXPECT_EQ(told.parts[0].values, std::vector<std::string>{"new"});
  EXPECT_EQ(told.session_id, session);
}

TEST_F(FetchSession, PartitionsStayWithTheirOffsetsUntilTheClientChangesThem) {
  const auto told = next({{"t", 0, 1}});
  EXPECT_EQ(told.parts.size(), 2u) << "1 and 2 still stand at offset 0 and have a record to give";
}

TEST_F(FetchSession, AMovedLogStartIsNews) {
  next({{"t", 0, 1}, {"t", 1, 1}, {"t", 2, 1}});
  kafka.cut_front("t", 2, 1, start);
  const auto told = next({});
  ASSERT_EQ(told.parts.size(), 1u);
  EXPECT_EQ(told.parts[0].log_start_offset, 1);
}

TEST_F(FetchSession, ForgottenPartitionsAreNotReadAnyMore) {
  const auto told = next({{"t", 0, 1}}, {{"t", 1, 0}, {"t", 2, 0}});
  EXPECT_TRUE(told.parts.empty());
  produce(writer, "t", 1, batch({}));
  EXPECT_TRUE(next({}).parts.empty());
}

TEST_F(FetchSession, AnErrorIsToldEveryTimeUntilItIsGone) {
  next({{"t", 0, 99}, {"t", 1, 1}, {"t", 2, 1}});
  EXPECT_EQ(next({}).parts.at(0).error, error_code::offset_out_of_range);
  EXPECT_EQ(next({}).parts.at(0).error, error_code::offset_out_of_range);
  EXPECT_EQ(next({{"t", 0, 1}}).parts.at(0).error, error_code::none) << "the high watermark is news again";
  EXPECT_TRUE(next({}).parts.empty());
}

TEST_F(FetchSession, WhoWasServedGoesBehindTheOthers) {
  next({{"t", 0, 1}, {"t", 1, 1}, {"t", 2, 1}});
  for (std::int32_t p = 0; p < 3; ++p) produce(writer, "t", p, batch({.values = {std::string(1000, 'x')}}));
  const auto ask = [&] {
    const auto told = fetch(
        reader, {.partitions = {}, .max_wait = 0, .max_bytes = 10, .session_id = session, .session_epoch = ++epoch});
    for (const auto& part : told.parts)
      if (!part.values.empty()) return part.partition;
    return -1;
  };
  EXPECT_EQ(ask(), 0);
  EXPECT_EQ(ask(), 1);
  EXPECT_EQ(ask(), 2);
  EXPECT_EQ(ask(), 0);
}

TEST_F(FetchSession, AWrongEpochIsRefusedAndTheSessionStays) {
  EXPECT_EQ(fetch(reader, {.partitions = {}, .session_id = session, .session_epoch = 5}).error,
            error_code::invalid_fetch_session_epoch);
  EXPECT_EQ(next({{"t", 0, 1}, {"t", 1, 1}, {"t", 2, 1}}).error, error_code::none);
}

TEST_F(FetchSession, AnUnknownIdIsRefused) {
  EXPECT_EQ(fetch(reader, {.partitions = {}, .session_id = session + 1, .session_epoch = 1}).error,
            error_code::fetch_session_id_not_found);
}

TEST_F(FetchSession, EpochMinusOneEndsIt) {
  EXPECT_EQ(fetch(reader, {.partitions = {}, .session_id = session, .session_epoch = -1}).session_id, 0);
  EXPECT_EQ(next({}).error, error_code::fetch_session_id_not_found);
}

TEST_F(FetchSession, ARestartEndsIt) {
  kafka.restart(0);
  client_end again(kafka);
  EXPECT_EQ(fetch(again, {.partitions = {}, .session_id = session, .session_epoch = 1}).error,
            error_code::fetch_session_id_not_found);
}

TEST_F(FetchSession, NamesAndIdsDoNotMix) {
  EXPECT_EQ(fetch(reader, {.partitions = {}, .version = 13, .session_id = session, .session_epoch = 1}).error,
            error_code::fetch_session_topic_id_error);
}

TEST_F(FetchSession, AWaitingIncrementalFetchIsWokenByAnyOfItsPartitions) {
  next({{"t", 0, 1}, {"t", 1, 1}, {"t", 2, 1}});
  ask_fetch(reader, {.partitions = {}, .max_wait = 500, .session_id = session, .session_epoch = ++epoch});
  EXPECT_FALSE(take_fetch(reader));
  produce(writer, "t", 2, batch({}));
  const auto told = take_fetch(reader);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->parts.size(), 1u);
}

TEST(FetchSessionSlots, WhenAllAreTakenTheNewcomerGetsNoneUntilOneHasBeenIdleForTwoMinutes) {
  mock::broker kafka({.fetch_session_slots = 1});
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  client_end client(kafka);
  const fetch_plan open{.partitions = {{"t", 0, 0}}, .max_wait = 0, .session_epoch = 0};
  EXPECT_NE(fetch(client, open).session_id, 0);
  EXPECT_EQ(fetch(client, open).session_id, 0);
  client.now = later(start, 121s);
  EXPECT_NE(fetch(client, open).session_id, 0);
}

}  // namespace
}  // namespace ottla::test
