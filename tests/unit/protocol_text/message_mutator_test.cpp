// Damage by the schema: every kind is done, told, and done again the same from the same seed.
#include "ottla/protocol_text/message_mutator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ottla {
namespace {

using namespace protocol_text;

std::vector<std::byte> random_body(const message_type& message, std::int16_t version, std::uint64_t seed) {
  protocol::arena memory;
  protocol::writer out;
  seeded_random source{seed};
  EXPECT_FALSE(message.operations().random_bytes(source, version, memory, out));
  return {out.view().begin(), out.view().end()};
}

const message_type& fetch() { return *find_message("Fetch", message_kind::request); }

TEST(message_mutator, does_the_same_from_the_same_seed_and_something_else_from_another) {
  const auto body = random_body(fetch(), 16, 1);
  const message_mutator any{fetch(), 16, body};
  std::size_t differ = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    seeded_random one{seed}, same{seed}, other{seed + 1000};
    const auto first = any.next(one), second = any.next(same);
    EXPECT_EQ(first.bytes, second.bytes);
    EXPECT_EQ(first.what, second.what);
    differ += first.bytes != any.next(other).bytes;
  }
  EXPECT_GT(differ, 150u);
}

TEST(message_mutator, does_every_kind_of_damage_and_says_what_it_did) {
  const auto body = random_body(fetch(), 12, 3);
  const message_mutator any{fetch(), 12, body};
  std::map<damage, std::size_t> changed;
  for (std::size_t i = 1; i < damages; ++i) {
    const auto kind = static_cast<damage>(i);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      seeded_random source{seed};
      const auto done = any.next(kind, source);
      if (done.kind == damage::none) continue;
      EXPECT_EQ(done.kind, kind);
      EXPECT_NE(done.what, "nothing is damaged");
      changed[kind] += done.bytes != body;
    }
    EXPECT_GT(changed[kind], 0u) << name(kind);
  }
}

TEST(message_mutator, an_absurd_count_stands_where_the_right_one_stood) {
  const auto& delete_groups = *find_message("DeleteGroups", message_kind::request);
  const std::vector<std::byte> body{std::byte{0}, std::byte{0}, std::byte{0},  std::byte{1},
                                    std::byte{0}, std::byte{1}, std::byte{'g'}};
  seeded_random source{5};
  const auto done = message_mutator{delete_groups, 0, body}.next(damage::absurd_count, source);
  ASSERT_EQ(done.bytes.size(), body.size());
  EXPECT_TRUE(std::equal(body.begin() + 4, body.end(), done.bytes.begin() + 4));
  EXPECT_NE(done.bytes[0], body[0]);
  EXPECT_TRUE(done.what.starts_with("the count of groupsNames says ")) << done.what;
  EXPECT_TRUE(done.what.ends_with(" instead of 1")) << done.what;
}

TEST(message_mutator, a_message_without_parts_is_left_as_it_is) {
  const auto& list = *find_message("ApiVersions", message_kind::request);
  seeded_random source{1};
  EXPECT_EQ(message_mutator(list, 0, {}).next(source).kind, damage::none);
}

TEST(message_mutator, damaged_messages_of_every_kind_are_refused_or_read_but_never_trip_the_reader) {
  std::size_t refused = 0, taken = 0;
  for (const message_type& message : all_messages()) {
    const message_mutator any{message, message.max_unstable_version,
                              random_body(message, message.max_unstable_version, 7)};
    seeded_random source{message.name.size()};
    for (int round = 0; round < 30; ++round) {
      protocol::arena memory;
      protocol::writer out;
      const auto done = any.next(source);
      ++(message.operations().round_trip(done.bytes, message.max_unstable_version, memory, out) ? refused : taken);
    }
  }
  EXPECT_GT(refused, taken);
  EXPECT_GT(taken, 100u);
}

}  // namespace
}  // namespace ottla
