// Compaction: what stays of each key, of tombstones, of transactions and of producers; and that offsets stay as they
// were.
#include "kept_support.hpp"
#include "transaction_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;
using strings = std::vector<std::string>;

/// Every batch begins a new segment, so that all but the last are closed.
const std::map<std::string, std::string> each_batch_its_segment = {{"cleanup.policy", "compact"},
                                                                   {"segment.ms", "1"},
                                                                   {"min.cleanable.dirty.ratio", "0.01"},
                                                                   {"delete.retention.ms", "60000"}};

class Compaction : public testing::Test {
 protected:
  explicit Compaction(std::map<std::string, std::string> settings = each_batch_its_segment) {
    EXPECT_EQ(now.kafka.create_topic("t", 1, 1, settings), "");
  }

  std::int64_t put(const std::string& key, const std::string& value, int codec = 0) {
    batch_plan plan;
    plan.key = key;
    plan.values = {value};
    plan.codec = codec;
    return put(plan);
  }
  std::int64_t put(batch_plan plan) {
    wall += 10;
    plan.timestamp = wall;
    const produced at = produce(client, "t", 0, batch(plan));
    EXPECT_EQ(at.error, error_code::none) << at.message;
    return at.base_offset;
  }
  void pass(std::chrono::milliseconds time) {
    client.now = later(client.now, time);
    // As a host does: again at once as long as there is more to do.
    for (int i = 0; i < 1000 && now.kafka.step(client.now) <= client.now.mono; ++i) {
    }
  }
  /// As "key=value@offset".
  strings log() const {
    strings out;
    for (const auto& r : now.kafka.records("t", 0))
      out.push_back((r.control ? "marker" : r.key.value_or("null") + "=" + r.value.value_or("null")) + "@" +
                    std::to_string(r.offset));
    return out;
  }

  mock::memory_disk disk;
  life now{disk};
  client_end client{now.kafka};
  std::int64_t wall = start_wall_ms;
};

TEST_F(Compaction, KeepsTheNewestRecordOfEachKeyAtItsOffset) {
  put("a", "1");
  put("b", "1");
  put("a", "2");
  put("b", "2");
  put("c", "1");
  pass(16s);
  // b=2 is the newest of what is closed; c stands in the open segment.
  EXPECT_EQ(log(), (strings{"a=2@2", "b=2@3", "c=1@4"}));
  EXPECT_EQ(now.kafka.partition("t", 0)->log_start_offset, 0);
  EXPECT_EQ(now.kafka.partition("t", 0)->high_watermark, 5);
}

TEST_F(Compaction, LeavesTheOpenSegmentAlone) {
  put("a", "1");
  pass(16s);
  EXPECT_EQ(log(), strings{"a=1@0"});
  put("a", "2");
  pass(16s);
  EXPECT_EQ(log(), (strings{"a=1@0", "a=2@1"}));
}

TEST_F(Compaction, KeepsRecordsOfACompressedBatchByThemselves) {
  for (const int codec : {1, 2, 3, 4}) {
    batch_plan plan;
    plan.key = "k" + std::to_string(codec);
    plan.values = {"old", "new"};
    plan.codec = codec;
    put(plan);
  }
  put("end", "0");
  pass(16s);
  EXPECT_EQ(log(), (strings{"k1=new@1", "k2=new@3", "k3=new@5", "k4=new@7", "end=0@8"}));
  EXPECT_EQ(now.kafka.records("t", 0).front().timestamp, start_wall_ms + 11);
}

TEST_F(Compaction, LeavesNoMoreSegmentsThanItsRecordsNeed) {
  for (int i = 0; i < 50; ++i) put("a", std::to_string(i));
  put("end", "0");
  pass(16s);
  std::size_t segments = 0;
  for (const auto& [name, bytes] : disk.files) segments += name.ends_with(".log") ? 1 : 0;
  EXPECT_EQ(segments, 2u);
  EXPECT_EQ(log(), (strings{"a=49@49", "end=0@50"}));
}

TEST_F(Compaction, ReadersPassOverTheGaps) {
  for (int i = 0; i < 5; ++i) put("a", std::to_string(i));
  put("end", "0");
  pass(16s);
  EXPECT_EQ(now.kafka.batches("t", 0).size(), 2u);
  EXPECT_EQ(put("a", "next"), 6);
}

TEST_F(Compaction, AnIdempotentProducersLastBatchStaysEmpty) {
  put({.values = {"1"}, .key = "a", .producer_id = 5, .producer_epoch = 0, .sequence = 0});
  put({.values = {"2"}, .key = "a", .producer_id = 5, .producer_epoch = 0, .sequence = 1});
  put("a", "3");
  put("end", "0");
  pass(16s);
  EXPECT_EQ(log(), (strings{"a=3@2", "end=0@3"}));
  EXPECT_EQ(now.kafka.batches("t", 0).size(), 3u);
  life next(disk);
  EXPECT_TRUE(next.notes.empty());
  client_end again(next.kafka);
  const auto more = [&](std::int32_t sequence) {
    return produce(again, "t", 0, batch({.key = "z", .producer_id = 5, .producer_epoch = 0, .sequence = sequence}));
  };
  EXPECT_EQ(more(1).base_offset, 1);
  EXPECT_EQ(more(3).error, error_code::out_of_order_sequence_number);
  EXPECT_EQ(more(2).base_offset, 4);
}

TEST_F(Compaction, RecordsOfAnAbortedTransactionGoAndTheirMarkerStays) {
  transactional p(now.kafka);
  ASSERT_EQ(p.init(), error_code::none);
  put("k", "old");
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);  // k=v
  ASSERT_EQ(p.end(false), error_code::none);
  wall += 100;
  put("end", "0");
  put("end", "1");
  pass(16s);
  EXPECT_EQ(log(), (strings{"k=old@0", "marker@2", "end=0@3", "end=1@4"}));
}

TEST_F(Compaction, AnOpenTransactionIsNotTouched) {
  transactional p(now.kafka);
  ASSERT_EQ(p.init(), error_code::none);
  put("a", "1");
  put("a", "2");
  put("a", "3");
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);  // k=v, in the segment of a=3
  wall += 100;
  put("a", "4");
  put("a", "5");
  pass(16s);
  EXPECT_EQ(log(), (strings{"a=2@1", "a=3@2", "k=v@3", "a=4@4", "a=5@5"}));
}

TEST_F(Compaction, WhatIsLeftIsFoundAfterARestartAndTheOffsetsGoOn) {
  for (int i = 0; i < 9; ++i) put(i % 2 == 0 ? "a" : "b", std::to_string(i));
  put("end", "0");
  pass(16s);
  const strings before = log();
  EXPECT_EQ(before, (strings{"b=7@7", "a=8@8", "end=0@9"}));
  life next(disk);
  EXPECT_TRUE(next.notes.empty());
  EXPECT_EQ(next.kafka.partition("t", 0)->log_start_offset, 0);
  EXPECT_EQ(next.kafka.partition("t", 0)->high_watermark, 10);
  EXPECT_EQ(values(next.kafka, "t"), (strings{"7", "8", "0"}));
}

TEST_F(Compaction, ADiskThatRefusesLosesNothing) {
  put("a", "1");
  put("a", "2");
  put("end", "0");
  disk.full = true;
  pass(16s);
  EXPECT_EQ(values(now.kafka, "t"), (strings{"1", "2", "0"}));
  disk.full = false;
  pass(16s);
  EXPECT_EQ(log(), (strings{"a=2@1", "end=0@2"}));
}

class YoungRecords : public Compaction {
 protected:
  YoungRecords() : Compaction(settings()) {}
  static std::map<std::string, std::string> settings() {
    auto out = each_batch_its_segment;
    out["min.compaction.lag.ms"] = "30000";
    return out;
  }
};

TEST_F(YoungRecords, WaitForMinCompactionLag) {
  put("a", "1");
  put("a", "2");
  put("end", "0");
  pass(16s);
  EXPECT_EQ(log().size(), 3u);
  pass(31s);
  EXPECT_EQ(log(), (strings{"a=2@1", "end=0@2"}));
}

}  // namespace
}  // namespace ottla::test
