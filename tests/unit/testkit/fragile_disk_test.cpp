// fragile_disk: what is left of the write in which a process dies, and of those before and behind it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "ottla/sim/fragile_disk.hpp"

namespace ottla::sim {
namespace {

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string text(fragile_disk& on, std::string_view name) {
  std::vector<std::byte> out;
  on.read(name, out);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

TEST(fragile_disk, keeps_what_was_written_before_and_nothing_that_comes_behind) {
  fragile_disk disk;
  disk.die_after(2, death::killed, 1);
  EXPECT_EQ(disk.append("a", bytes("first")), "");
  EXPECT_EQ(disk.replace("b", bytes("second")), "");
  EXPECT_NE(disk.append("a", bytes("third")), "");
  EXPECT_TRUE(disk.dead());
  EXPECT_NE(disk.append("c", bytes("fourth")), "");
  std::vector<std::string> names;
  EXPECT_NE(disk.list(names), "");
  disk.revive();
  EXPECT_EQ(disk.list(names), "");
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(text(disk, "a").starts_with("first"));
  EXPECT_EQ(text(disk, "b"), "second");
}

TEST(fragile_disk, leaves_any_beginning_of_the_last_append_of_one_that_was_killed) {
  std::set<std::string> seen;
  for (std::uint64_t draw = 0; draw < 100; ++draw) {
    fragile_disk disk;
    disk.die_after(0, death::killed, draw);
    EXPECT_NE(disk.append("a", bytes("abc")), "");
    disk.revive();
    seen.insert(text(disk, "a"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "a", "ab", "abc"}));
}

TEST(fragile_disk, leaves_any_sectors_of_the_last_append_when_the_power_fails_and_all_that_was_flushed) {
  const std::string before(700, 'a'), last(2000, 'b');
  bool has_a_hole = false;
  for (std::uint64_t draw = 0; draw < 100; ++draw) {
    fragile_disk disk;
    disk.append("f", bytes(before));
    disk.die_after(0, death::power_cut, draw);
    disk.append("f", bytes(last));
    disk.revive();
    const std::string left = text(disk, "f");
    ASSERT_TRUE(left.starts_with(before));
    ASSERT_LE(left.size(), before.size() + last.size());
    const std::size_t hole = left.find('\0');
    if (hole == std::string::npos) continue;
    EXPECT_TRUE(hole == before.size() || hole % 512 == 0);
    has_a_hole = has_a_hole || left.find('b', hole) != std::string::npos;
  }
  EXPECT_TRUE(has_a_hole) << "sectors were lost from the end only";
}

TEST(fragile_disk, does_the_last_replace_truncate_and_remove_whole_or_not_at_all) {
  std::set<std::string> replaced, cut, removed;
  for (std::uint64_t draw = 0; draw < 30; ++draw) {
    const auto last = [&](auto&& change) {
      fragile_disk disk;
      disk.append("f", bytes("old one"));
      disk.die_after(0, death::power_cut, draw);
      EXPECT_NE(change(disk), "");
      disk.revive();
      return text(disk, "f");
    };
    replaced.insert(last([](fragile_disk& on) { return on.replace("f", bytes("new")); }));
    cut.insert(last([](fragile_disk& on) { return on.truncate("f", 3); }));
    removed.insert(last([](fragile_disk& on) { return on.remove("f"); }));
  }
  EXPECT_EQ(replaced, (std::set<std::string>{"old one", "new"}));
  EXPECT_EQ(cut, (std::set<std::string>{"old one", "old"}));
  EXPECT_EQ(removed, (std::set<std::string>{"old one", ""}));
}

}  // namespace
}  // namespace ottla::sim
