// A broker on a disk that stops at any byte, loses the end of a file, or has a bit wrong.
#include <map>

#include "group_support.hpp"
#include "kept_support.hpp"
#include "transaction_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

/// How the transactions of this producer ended here, by the epochs of their markers: a marker may stand twice.
std::map<std::int16_t, bool> commits(const mock::broker& kafka, std::int32_t partition, std::int64_t producer_id) {
  std::map<std::int16_t, bool> out;
  for (const auto& r : kafka.records("t", partition)) {
    if (!r.control || r.producer_id != producer_id) continue;
    const bool is_commit = r.key->at(3) == 1;
    EXPECT_EQ(out.try_emplace(r.producer_epoch, is_commit).first->second, is_commit);
  }
  return out;
}

/// Two partitions, an idempotent producer, a group, two transactions that end and one that does not, a topic that comes
/// and goes; and what must hold ever after, once it was acknowledged.
class Script {
 public:
  struct fact {
    std::size_t since;
    std::function<void(mock::broker&)> holds;
  };

  Script() {
    life now(disk);
    mock::broker& kafka = now.kafka;
    EXPECT_EQ(kafka.create_topic("t", 2), "");
    acknowledged([](mock::broker& k) { EXPECT_EQ(k.topics().empty() ? 0 : k.topics().front().partitions, 2); });
    client_end client(kafka);
    for (int i = 0; i < 3; ++i) record(client, 0, "v" + std::to_string(i), i);
    record(client, 1, "w0", 0);
    member m(kafka);
    EXPECT_EQ(m.commit(2), error_code::none);
    acknowledged([](mock::broker& k) { EXPECT_GE(committed(k, "g"), 2); });

    transactional p(kafka);
    EXPECT_EQ(p.init(60'000), error_code::none);
    producer = p.id;
    in_transaction(p, 3, true);
    in_transaction(p, 5, false);
    EXPECT_EQ(kafka.create_topic("u", 1), "");
    produce(client, "u", 0, one_record("gone"));
    kafka.delete_topic("u");
    acknowledged([](mock::broker& k) { EXPECT_EQ(k.topics().size(), 1u); });
    EXPECT_EQ(p.produce("t", 0, 0), error_code::none);
    EXPECT_EQ(p.produce("t", 1, 0), error_code::none);
    record(client, 0, "v3", 3);
  }

  remembering_disk disk;
  std::vector<fact> facts;
  std::int64_t producer = -1;
  std::map<std::pair<std::int32_t, std::int64_t>, std::string> written;  // by partition and offset

 private:
  void acknowledged(std::function<void(mock::broker&)> holds) { facts.push_back({disk.steps(), std::move(holds)}); }

  void record(client_end& client, std::int32_t partition, const std::string& value, std::int32_t sequence) {
    const produced at = produce(client, "t", partition, one_record(value, 77, sequence));
    EXPECT_EQ(at.error, error_code::none);
    written[{partition, at.base_offset}] = value;
    acknowledged([partition, value](mock::broker& k) {
      const auto there = values(k, "t", partition);
      EXPECT_EQ(std::count(there.begin(), there.end(), value), 1);
    });
  }

  void in_transaction(transactional& p, std::int64_t offset, bool commit) {
    EXPECT_EQ(p.produce("t", 0, 0), error_code::none);
    EXPECT_EQ(p.produce("t", 1, 0), error_code::none);
    EXPECT_EQ(p.commit_offset("g", offset), error_code::none);
    const std::int16_t epoch = p.epoch;
    EXPECT_EQ(p.end(commit), error_code::none);
    acknowledged([this, offset, commit, epoch](mock::broker& k) {
      EXPECT_EQ(committed(k, "g") >= offset, commit);
      EXPECT_GT(k.transaction("x")->producer_epoch, epoch);
    });
  }
};

/// Whatever the disk lost: no gap, nothing altered, nothing hangs, and life goes on.
void expect_sound(mock::broker& kafka, const Script& script) {
  for (std::int32_t partition = 0; kafka.partition("t", partition); ++partition) {
    std::int64_t next = kafka.partition("t", partition)->log_start_offset;
    for (const auto& r : kafka.records("t", partition)) {
      EXPECT_EQ(r.offset, next++);
      const auto known = script.written.find({partition, r.offset});
      EXPECT_TRUE(known == script.written.end() || r.value == known->second) << *r.value;
    }
    EXPECT_EQ(next, kafka.partition("t", partition)->high_watermark);
  }
}

TEST(Kept, WhereverItsEndComesABrokerFindsWhatItHadAcknowledged) {
  const Script script;
  std::size_t cuts = 0;
  script.disk.at_each_step([&](std::size_t step, const mock::memory_disk& image) {
    if (testing::Test::HasFailure()) return;
    SCOPED_TRACE("stopped after step " + std::to_string(step) + " of " + std::to_string(script.disk.steps()));
    mock::memory_disk disk = image;
    life after(disk);
    ASSERT_EQ(after.error, "");
    ++cuts;
    for (const Script::fact& f : script.facts)
      if (f.since <= step) f.holds(after.kafka);
    expect_sound(after.kafka, script);
    if (!after.kafka.partition("t", 1)) return;
    // The transaction that was under way is resolved, everywhere in the same way.
    after.kafka.step(later(start, 61s));
    for (std::int32_t p = 0; p < 2; ++p) {
      const auto info = *after.kafka.partition("t", p);
      EXPECT_EQ(info.last_stable_offset, info.high_watermark) << "partition " << p;
      EXPECT_TRUE(after.kafka.open_transactions("t", p).empty());
    }
    const auto in_1 = commits(after.kafka, 1, script.producer);
    for (const auto& [epoch, is_commit] : commits(after.kafka, 0, script.producer)) {
      // The last one had perhaps not got as far as partition 1.
      const auto there = in_1.find(epoch);
      EXPECT_EQ(there == in_1.end() ? false : there->second, is_commit) << "epoch " << epoch;
    }
    client_end client(after.kafka, 0, later(start, 61s));
    EXPECT_EQ(produce(client, "t", 0, one_record("later")).error, error_code::none);
    life again(disk);
    EXPECT_EQ(again.error, "");
    EXPECT_TRUE(again.notes.empty()) << again.notes.front();
    EXPECT_EQ(values(again.kafka, "t").back(), "later");
  });
  EXPECT_GT(cuts, 1000u);
}

TEST(Kept, AFileThatLostItsEndIsUsedUpToThere) {
  const Script script;
  for (const auto& [name, bytes] : script.disk.now.files) {
    if (name == "format") continue;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      SCOPED_TRACE(name + " cut to " + std::to_string(size));
      mock::memory_disk disk = script.disk.now;
      disk.truncate(name, size);
      life after(disk);
      ASSERT_EQ(after.error, "");
      expect_sound(after.kafka, script);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Kept, AFlippedBitIsFoundAndNothingBehindItUsed) {
  const Script script;
  for (const auto& [name, bytes] : script.disk.now.files) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      SCOPED_TRACE(name + " byte " + std::to_string(at));
      mock::memory_disk disk = script.disk.now;
      disk.files[name][at] ^= static_cast<std::byte>(1u << (at % 8));
      life after(disk);
      if (name == "format") {
        EXPECT_NE(after.error, "");
        continue;
      }
      ASSERT_EQ(after.error, "");
      // A leader epoch stands outside the CRC, as in Kafka: a wrong one is believed.
      EXPECT_TRUE(name.ends_with(".log") || !after.notes.empty());
      expect_sound(after.kafka, script);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace ottla::test
