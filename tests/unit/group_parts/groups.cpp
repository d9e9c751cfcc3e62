// Groups for tests of assignors.
#include "groups.hpp"

#include <gtest/gtest.h>

namespace ottla_test {

std::string text(const assignment& of) {
  std::string out;
  for (const member_assignment& one : of) {
    out += (out.empty() ? "" : "; ") + one.member_id + ":";
    for (const topic_partition& where : one.partitions)
      out += " " + where.topic + "-" + std::to_string(where.partition);
  }
  return out;
}

std::map<topic_partition, std::string> holders_of(const assignment& of) {
  std::map<topic_partition, std::string> out;
  for (const member_assignment& one : of) {
    for (const topic_partition& where : one.partitions) {
      const auto [at, fresh] = out.emplace(where, one.member_id);
      EXPECT_TRUE(fresh) << where.topic << "-" << where.partition << " is with " << at->second << " and "
                         << one.member_id;
    }
  }
  return out;
}

std::size_t imbalance(const assignment& of) {
  std::size_t sum = 0;
  for (const member_assignment& one : of) sum += one.partitions.size() * one.partitions.size();
  return sum;
}

std::size_t moved(const assignment& before, const assignment& after) {
  std::map<std::string, bool> there;
  for (const member_assignment& one : after) there[one.member_id] = true;
  const auto now = holders_of(after);
  std::size_t count = 0;
  for (const auto& [where, id] : holders_of(before)) {
    const auto at = now.find(where);
    if (there.contains(id) && at != now.end() && at->second != id) ++count;
  }
  return count;
}

members with_owned(members those, const assignment& of, std::int32_t generation) {
  for (subscription_of_member& one : those) {
    one.owned.clear();
    one.generation = generation;
    for (const member_assignment& got : of) {
      if (got.member_id == one.member_id) one.owned = got.partitions;
    }
  }
  return those;
}

random_group make_group(std::mt19937_64& rng, std::size_t max_members, std::size_t max_topics,
                        std::size_t max_partitions, bool mixed) {
  random_group out;
  const std::size_t topic_count = 1 + below(rng, max_topics), member_count = 1 + below(rng, max_members);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < topic_count; ++i) {
    all.push_back("t" + std::to_string(i));
    out.topics.push_back({all.back(), static_cast<std::int32_t>(below(rng, max_partitions + 1))});
  }
  for (std::size_t i = 0; i < member_count; ++i) {
    std::vector<std::string> wanted;
    for (const std::string& topic : all) {
      if (!mixed || below(rng, 2) == 0) wanted.push_back(topic);
    }
    out.those.push_back(member("m" + std::to_string(i), std::move(wanted)));
  }
  return out;
}

}  // namespace ottla_test
