// Fetch sessions (KIP-227, C-37), versions, and the errors of whole answers.
#include "scripted.hpp"

namespace ottla::test {
namespace {

class sessions_of_fetches : public scripted {
 protected:
  sessions_of_fetches() : scripted(1) { append(orders_0, 30); }
  consumer_config from_start() { return {.partitions = {{"orders", 0, at_offset(0)}}}; }
};

TEST_F(sessions_of_fetches, C_37_a_session_begins_with_a_full_request_and_goes_on_with_changes_only) {
  add_topic("orders", 2);
  cluster on = open();
  consumer in(on, {.partitions = {{"orders", 0, at_offset(0)}, {"orders", 1, at_offset(0)}}});
  EXPECT_EQ(read(in), texts(0, 30));
  ASSERT_GE(fetches.size(), 3u);
  EXPECT_EQ(fetches[0].session_epoch, 0);
  EXPECT_EQ(fetches[0].parts.size(), 2u);
  EXPECT_EQ(fetches[1].session_id, 77);
  EXPECT_EQ(fetches[1].session_epoch, 1);
  ASSERT_EQ(fetches[1].parts.size(), 1u) << "only the partition that moved";
  EXPECT_EQ(fetches[1].parts[0].offset, 30);
  EXPECT_EQ(fetches[2].session_epoch, 2);
  EXPECT_TRUE(fetches[2].parts.empty());
}

TEST_F(sessions_of_fetches, C_37_what_is_no_longer_read_is_forgotten) {
  add_topic("orders", 2);
  cluster on = open();
  consumer in(on, {.partitions = {{"orders", 0, at_offset(0)}, {"orders", 1, at_offset(0)}}});
  read(in, 1s);
  const std::vector<topic_partition> one{{"orders", 1}};
  ASSERT_TRUE(in.pause(one).has_value());
  read(in, 1s);
  EXPECT_EQ(fetches.back().session_id, 77);
  bool forgotten = false;
  for (const seen_fetch& fetch : fetches) forgotten = forgotten || fetch.forgotten == one;
  EXPECT_TRUE(forgotten);
}

TEST_F(sessions_of_fetches, C_37_an_unknown_session_id_starts_a_new_session_at_once) {
  int answers = 0;
  on_fetch = [&](const FetchRequest&, FetchResponse& out, call&) {
    if (++answers != 2) return false;
    out.error_code = error_code::fetch_session_id_not_found;
    out.session_id = 0;
    return true;
  };
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  ASSERT_GE(fetches.size(), 3u);
  EXPECT_EQ(fetches[2].session_id, 0);
  EXPECT_EQ(fetches[2].session_epoch, 0);
  EXPECT_LT(fetches[2].at - fetches[1].at, 50ms);
}

TEST_F(sessions_of_fetches, C_37_a_wrong_epoch_resets_the_session_and_ends_the_old_one) {
  int answers = 0;
  on_fetch = [&](const FetchRequest&, FetchResponse& out, call&) {
    if (++answers != 2) return false;
    out.error_code = error_code::invalid_fetch_session_epoch;
    return true;
  };
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  ASSERT_GE(fetches.size(), 3u);
  EXPECT_EQ(fetches[2].session_id, 77);
  EXPECT_EQ(fetches[2].session_epoch, 0);
}

TEST_F(sessions_of_fetches, C_37_a_broker_that_refuses_new_sessions_is_read_without_them) {
  on_fetch = [&](const FetchRequest& in, FetchResponse& out, call&) {
    if (in.session_epoch != 0) return false;
    out.error_code = error_code::fetch_session_id_not_found;
    return true;
  };
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  EXPECT_EQ(fetches.back().session_epoch, -1);
  EXPECT_EQ(fetches.back().parts.size(), 1u);
}

TEST_F(sessions_of_fetches, C_37_a_session_dies_with_its_connection) {
  int answers = 0;
  on_fetch = [&](const FetchRequest&, FetchResponse&, call& from) { return from.hang_up = ++answers == 2; };
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  ASSERT_GE(fetches.size(), 3u);
  EXPECT_EQ(fetches[1].session_epoch, 1);
  EXPECT_EQ(fetches[2].session_epoch, 0);
}

TEST_F(sessions_of_fetches, close_ends_the_session_with_epoch_minus_one) {
  cluster on = open();
  consumer in(on, from_start());
  read(in, 1s);
  EXPECT_TRUE(in.close(1s).has_value());
  EXPECT_EQ(fetches.back().session_id, 77);
  EXPECT_EQ(fetches.back().session_epoch, -1);
  const auto after = in.poll(0ms);
  ASSERT_FALSE(after.has_value());
  EXPECT_TRUE(after.error().is(client_code::closed));
}

TEST_F(sessions_of_fetches, old_brokers_are_asked_by_name_and_without_sessions) {
  acts->limit(FetchRequest::api_key, 6);
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  EXPECT_EQ(fetches.back().version, 6);
  EXPECT_EQ(fetches.back().parts.size(), 1u);
}

TEST_F(sessions_of_fetches, every_version_from_4_to_18_reads_the_same) {
  for (std::int16_t version = 4; version <= 18; ++version) {
    acts->limit(FetchRequest::api_key, version);
    cluster on = open();
    consumer in(on, from_start());
    EXPECT_EQ(read(in), texts(0, 30)) << version;
    EXPECT_EQ(fetches.back().version, version);
  }
}

TEST_F(sessions_of_fetches, topics_without_ids_go_by_name_on_new_brokers_too) {
  acts->topics["orders"].id = {};
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  EXPECT_EQ(fetches.back().version, 12);
}

TEST_F(sessions_of_fetches, C_52_a_throttled_broker_is_left_alone_for_so_long) {
  on_fetch = [&](const FetchRequest&, FetchResponse& out, call&) {
    out.throttle_time_ms = 400;
    return false;
  };
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  ASSERT_GE(fetches.size(), 2u);
  EXPECT_GE(fetches[1].at - fetches[0].at, 400ms);
}

TEST_F(sessions_of_fetches, C_60_partitions_that_were_not_asked_for_are_ignored_and_the_session_starts_over) {
  on_partition = [&](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    if (fetches.size() == 1) data.partition_index = 41;
  };
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  ASSERT_GE(fetches.size(), 2u);
  EXPECT_EQ(fetches[1].session_epoch, 0);
}

TEST_F(sessions_of_fetches, C_60_an_answer_that_does_not_decode_is_a_failure_and_not_the_end) {
  const auto good = acts->handlers[FetchRequest::api_key].answer;
  int answers = 0;
  acts->handlers[FetchRequest::api_key].answer = [&, good](protocol::reader& in, protocol::writer& out, call& from) {
    if (++answers > 1) return good(in, out, from);
    for (int i = 0; i < 20; ++i) out.int8(-1);
  };
  cluster on = open();
  consumer in(on, from_start());
  EXPECT_EQ(read(in), texts(0, 30));
  EXPECT_EQ(in.stats().fetch_failures, 1u);
}

}  // namespace
}  // namespace ottla::test
