// Compares how Ottla divides groups with how Apache Kafka's classes, which wrote their members' metadata, divide them.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../../unit/protocol/hex.hpp"
#include "assignor.hpp"
#include "consumer_protocol.hpp"

namespace ottla::test {
namespace {

using json = nlohmann::json;
using holders_by_partition = std::map<std::string, std::string>;  // "topic-3" -> member

struct golden_group {
  std::vector<topic_size> topics;
  std::map<assignor, std::vector<subscription_of_member>> members;
  std::map<std::string, holders_by_partition> theirs;
};

std::string lines_of(const char* path) {
  std::string text;
  gzFile file = gzopen(path, "rb");
  if (file == nullptr) return text;
  std::vector<char> block(1 << 16);
  for (int size; (size = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  gzclose(file);
  return text;
}

subscription_of_member read_member(assignor which, const json& from) {
  const std::string name(which == assignor::round_robin ? "range" : name_of(which));  // neither has user data
  auto said = decode_subscription(which, bytes_of_hex(from[name].get<std::string>()));
  EXPECT_TRUE(said.has_value()) << from;
  if (!said) return {};
  said->member_id = from["id"];
  if (from.contains("instance")) said->instance_id = from["instance"].get<std::string>();
  return *said;
}

golden_group read_group(const json& from) {
  golden_group out;
  for (const auto& [topic, size] : from["topics"].items()) out.topics.push_back({topic, size.get<std::int32_t>()});
  for (const assignor which :
       {assignor::range, assignor::round_robin, assignor::sticky, assignor::cooperative_sticky}) {
    for (const json& member : from["members"]) out.members[which].push_back(read_member(which, member));
  }
  for (const auto& [name, assigned] : from["assigned"].items()) {
    for (const auto& [id, partitions] : assigned.items()) {
      std::istringstream words(partitions.get<std::string>());
      for (std::string word; words >> word;) EXPECT_TRUE(out.theirs[name].emplace(word, id).second) << word;
    }
  }
  return out;
}

// The environment's OTTLA_GOLDEN_GROUPS names another file.
const std::vector<golden_group>& golden_groups() {
  static const std::vector<golden_group> groups = [] {
    const char* elsewhere = std::getenv("OTTLA_GOLDEN_GROUPS");
    std::istringstream lines(lines_of(elsewhere != nullptr ? elsewhere : OTTLA_GOLDEN_GROUPS));
    std::vector<golden_group> out;
    for (std::string line; std::getline(lines, line);) out.push_back(read_group(json::parse(line)));
    return out;
  }();
  return groups;
}

std::string text(const topic_partition& where) { return where.topic + "-" + std::to_string(where.partition); }

holders_by_partition holders_of(const std::vector<member_assignment>& assigned) {
  holders_by_partition out;
  for (const member_assignment& one : assigned) {
    for (const topic_partition& where : one.partitions) EXPECT_TRUE(out.emplace(text(where), one.member_id).second);
  }
  return out;
}

std::vector<std::string> partitions_of(const holders_by_partition& from) {
  std::vector<std::string> out;
  for (const auto& [where, id] : from) out.push_back(where);
  return out;
}

/// Sum of squares of what members have: of the same partitions, less is more balanced.
std::size_t imbalance(const holders_by_partition& of) {
  std::map<std::string, std::size_t> load;
  for (const auto& [where, id] : of) ++load[id];
  std::size_t sum = 0;
  for (const auto& [id, count] : load) sum += count * count;
  return sum;
}

/// Partitions that are with the only member that claims them in the newest generation of those who do.
std::size_t kept(const std::vector<subscription_of_member>& members, const holders_by_partition& after) {
  std::map<std::string, std::map<std::int32_t, std::vector<std::string>>> claims;
  for (const subscription_of_member& one : members) {
    for (const topic_partition& where : one.owned) claims[text(where)][one.generation].push_back(one.member_id);
  }
  std::size_t count = 0;
  for (const auto& [where, id] : after) {
    const auto of = claims.find(where);
    if (of == claims.end()) continue;
    const std::vector<std::string>& newest = of->second.rbegin()->second;
    count += newest.size() == 1 && newest[0] == id ? 1 : 0;
  }
  return count;
}

/// Java's sticky assignors know two ways to give a member what it does not read: back to an owner of an older
/// generation that has unsubscribed meanwhile, and when the member that it looks at first subscribes to nothing at all.
bool gives_what_is_not_read(const std::vector<subscription_of_member>& members, const holders_by_partition& theirs) {
  return std::any_of(theirs.begin(), theirs.end(), [&](const auto& given) {
    const std::string topic = given.first.substr(0, given.first.rfind('-'));
    return std::any_of(members.begin(), members.end(), [&](const subscription_of_member& one) {
      return one.member_id == given.second && std::count(one.topics.begin(), one.topics.end(), topic) == 0;
    });
  });
}

struct tally {
  int alike = 0, more_balanced = 0, fewer_moves = 0, java_wrong = 0;
};

void expect_not_worse(const std::vector<subscription_of_member>& members, const holders_by_partition& ours,
                      const holders_by_partition& theirs, tally& count) {
  EXPECT_EQ(partitions_of(ours), partitions_of(theirs));
  EXPECT_FALSE(gives_what_is_not_read(members, ours));
  if (gives_what_is_not_read(members, theirs)) {
    ++count.java_wrong;
    return;
  }
  EXPECT_LE(imbalance(ours), imbalance(theirs));
  if (imbalance(ours) < imbalance(theirs)) {
    ++count.more_balanced;
    return;
  }
  EXPECT_GE(kept(members, ours), kept(members, theirs));
  ++(kept(members, ours) > kept(members, theirs) ? count.fewer_moves : count.alike);
}

void show(const tally& count) {
  std::cout << count.alike << " groups as good as Java's, " << count.more_balanced << " more balanced, "
            << count.fewer_moves << " with fewer moves, " << count.java_wrong
            << " where Java gives somebody what it does not read\n";
  EXPECT_GT(count.alike, 300) << "the comparison has lost its sense";
}

std::vector<subscription_of_member> after_round(std::vector<subscription_of_member> members,
                                                const std::vector<member_assignment>& got, std::int32_t generation) {
  for (subscription_of_member& one : members) {
    one.generation = generation;
    for (const member_assignment& his : got) {
      if (his.member_id == one.member_id) one.owned = his.partitions;
    }
  }
  return members;
}

TEST(GoldenAssignors, RangeGivesEachPartitionToWhomJavaGivesIt) {
  ASSERT_GT(golden_groups().size(), 400u);
  for (const golden_group& group : golden_groups()) {
    const auto ours = assign_partitions(assignor::range, group.members.at(assignor::range), group.topics);
    const auto theirs = group.theirs.find("range");
    ASSERT_EQ(holders_of(ours), theirs == group.theirs.end() ? holders_by_partition() : theirs->second);
  }
}

TEST(GoldenAssignors, RoundRobinGivesEachPartitionToWhomJavaGivesIt) {
  for (const golden_group& group : golden_groups()) {
    const auto ours = assign_partitions(assignor::round_robin, group.members.at(assignor::round_robin), group.topics);
    const auto theirs = group.theirs.find("roundrobin");
    ASSERT_EQ(holders_of(ours), theirs == group.theirs.end() ? holders_by_partition() : theirs->second);
  }
}

TEST(GoldenAssignors, StickyIsAsBalancedAsJavaAndMovesNoMore) {
  tally count;
  for (const golden_group& group : golden_groups()) {
    const auto& members = group.members.at(assignor::sticky);
    const auto theirs = group.theirs.find("sticky");
    expect_not_worse(members, holders_of(assign_partitions(assignor::sticky, members, group.topics)),
                     theirs == group.theirs.end() ? holders_by_partition() : theirs->second, count);
    if (HasFailure()) FAIL() << "in the group of " << members.front().member_id;
  }
  show(count);
}

TEST(GoldenAssignors, CooperativeStickySettlesAsBalancedAsJavaAndMovesNoMore) {
  tally count;
  for (const golden_group& group : golden_groups()) {
    const auto& members = group.members.at(assignor::cooperative_sticky);
    const auto theirs = group.theirs.find("settled");
    const auto first = assign_partitions(assignor::cooperative_sticky, members, group.topics);
    const auto second = assign_partitions(assignor::cooperative_sticky, after_round(members, first, 50), group.topics);
    expect_not_worse(members, holders_of(second),
                     theirs == group.theirs.end() ? holders_by_partition() : theirs->second, count);
    const auto third = assign_partitions(assignor::cooperative_sticky, after_round(members, second, 51), group.topics);
    EXPECT_EQ(holders_of(third), holders_of(second)) << "two rounds settle it";
    if (HasFailure()) FAIL() << "in the group of " << members.front().member_id;
  }
  show(count);
}

TEST(GoldenAssignors, ACooperativeRoundGivesNobodyWhatAnotherMayStillRead) {
  for (const golden_group& group : golden_groups()) {
    const auto& members = group.members.at(assignor::cooperative_sticky);
    const auto ours = holders_of(assign_partitions(assignor::cooperative_sticky, members, group.topics));
    for (const subscription_of_member& one : members) {
      for (const topic_partition& where : one.owned) {
        const auto got = ours.find(text(where));
        if (got == ours.end() || got->second == one.member_id) continue;
        const bool newer = std::any_of(members.begin(), members.end(), [&](const subscription_of_member& other) {
          return other.member_id == got->second && other.generation > one.generation &&
                 std::count(other.owned.begin(), other.owned.end(), where) != 0;
        });
        ASSERT_TRUE(newer) << text(where) << " of " << one.member_id << " went to " << got->second;
      }
    }
  }
}

}  // namespace
}  // namespace ottla::test
