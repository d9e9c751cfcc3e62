// A log that is cut back on its disk: what a later life finds, wherever the machine stopped.
#include "kept_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;
using texts = std::vector<std::string>;

mock::broker_options three_brokers() {
  return {.nodes = {{1, "a", 1, ""}, {2, "b", 2, ""}, {3, "c", 3, ""}}, .default_replication_factor = 3};
}

/// Four records that all have, six that only the first node has, in segments of two.
void write_ten(mock::broker& kafka) {
  ASSERT_EQ(kafka.create_topic("t", 1, 3, {{"segment.ms", "1"}}), "");
  client_end client(kafka, 0);
  for (int i = 0; i < 4; ++i)
    ASSERT_EQ(produce(client, "t", 0, one_record(std::to_string(i), 9, i, start_wall_ms + i), -1).error,
              error_code::none);
  for (const std::size_t node : {1u, 2u}) ASSERT_TRUE(kafka.lag("t", 0, node, std::nullopt, start));
  for (int i = 4; i < 10; ++i)
    ASSERT_EQ(produce(client, "t", 0, one_record(std::to_string(i), 9, i, start_wall_ms + i), 1).error,
              error_code::none);
}

void lose_them_and_write_one(mock::broker& kafka) {
  kafka.stop(0);
  ASSERT_EQ(kafka.partition("t", 0)->leader, 2);
  client_end client(kafka, 1);
  ASSERT_EQ(produce(client, "t", 0, one_record("new", 9, 4), 1).base_offset, 4);
}

TEST(KeptTruncation, WhatWasLostStaysLostAndWhatCameAfterItIsThere) {
  mock::memory_disk disk;
  {
    life first(disk, three_brokers());
    write_ten(first.kafka);
    lose_them_and_write_one(first.kafka);
  }
  life second(disk, three_brokers());
  EXPECT_EQ(second.error, "");
  EXPECT_TRUE(second.notes.empty());
  EXPECT_EQ(values(second.kafka, "t"), (texts{"0", "1", "2", "3", "new"}));
  EXPECT_EQ(second.kafka.records("t", 0)[3].leader_epoch, 0);
  EXPECT_EQ(second.kafka.records("t", 0)[4].leader_epoch, 1);
  const auto leader = static_cast<std::size_t>(second.kafka.partition("t", 0)->leader - 1);
  client_end client(second.kafka, leader);
  EXPECT_EQ(produce(client, "t", 0, one_record("new", 9, 4), 1).base_offset, 4) << "known";
  EXPECT_EQ(produce(client, "t", 0, one_record("next", 9, 5), 1).base_offset, 5);
}

TEST(KeptTruncation, WhereverTheMachineStopsTheLogIsOneThatWas) {
  remembering_disk disk;
  std::size_t written = 0, lost = 0;
  {
    life first(disk, three_brokers());
    write_ten(first.kafka);
    written = disk.steps();
    first.kafka.stop(0);
    lost = disk.steps();
    first.kafka.start(0);
    client_end client(first.kafka, 1);
    ASSERT_EQ(produce(client, "t", 0, one_record("new", 9, 4), 1).base_offset, 4);
  }
  ASSERT_GT(lost, written);
  const texts before{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  disk.at_each_step([&](std::size_t step, const mock::memory_disk& image) {
    if (step < written) return;
    mock::memory_disk copy = image;
    life second(copy, three_brokers());
    ASSERT_EQ(second.error, "") << step;
    texts found = values(second.kafka, "t");
    ASSERT_GE(found.size(), 4u) << step;
    if (step >= lost && found.size() == 5) {
      EXPECT_EQ(found.back(), "new") << step;
      found.pop_back();
    }
    EXPECT_TRUE(std::equal(found.begin(), found.end(), before.begin())) << step;
    if (step >= lost) {
      EXPECT_EQ(found.size(), 4u) << step;
    }
  });
}

TEST(KeptTruncation, WhatIsKnownOfProducersStaysWhenAllOfTheLogIsGone) {
  mock::memory_disk disk;
  {
    life first(disk, three_brokers());
    ASSERT_EQ(first.kafka.create_topic("t", 1, 3), "");
    client_end client(first.kafka, 0);
    for (int i = 0; i < 3; ++i) produce(client, "t", 0, one_record("v", 9, i), -1);
    first.kafka.cut_front("t", 0, 3, start);
    for (const std::size_t node : {1u, 2u}) ASSERT_TRUE(first.kafka.lag("t", 0, node, std::nullopt, start));
    produce(client, "t", 0, one_record("v", 9, 3), 1);
    first.kafka.stop(0);
    EXPECT_EQ(first.kafka.partition("t", 0)->log_end_offset, 3);
  }
  life second(disk, three_brokers());
  EXPECT_EQ(second.kafka.partition("t", 0)->log_end_offset, 3);
  client_end client(second.kafka, static_cast<std::size_t>(second.kafka.partition("t", 0)->leader - 1));
  EXPECT_EQ(produce(client, "t", 0, one_record("v", 9, 2), 1).base_offset, 2);
  EXPECT_EQ(produce(client, "t", 0, one_record("v", 9, 3), 1).base_offset, 3);
}

TEST(KeptTruncation, AsLongAsTheDiskRefusesNobodyLeads) {
  remembering_disk disk;
  life first(disk, three_brokers());
  write_ten(first.kafka);
  disk.now.stop_at(disk.now.work());
  first.kafka.stop(0);
  EXPECT_EQ(first.kafka.partition("t", 0)->leader, -1);
  EXPECT_EQ(values(first.kafka, "t").size(), 10u);
}

}  // namespace
}  // namespace ottla::test
