// partition_records::to_owned: a part that no longer keeps the response that it came in.
#include "simulated.hpp"

namespace ottla::test {
namespace {

class owned_parts : public simulated {
 protected:
  owned_parts() { where.cluster().create_topic("letters", 2); }
};

TEST_F(owned_parts, a_copy_has_the_same_records_and_lets_the_response_go) {
  for (const codec type : {codec::none, codec::zstd}) {
    fill("letters", 0, 20, 10, type);
    fill("letters", 1, 2'000, 100, type);
    cluster on = open();
    consumer in(on, {.partitions = {{"letters", 0, earliest}, {"letters", 1, earliest}}});
    where.run_for(2s);
    std::optional<partition_records> kept;
    {
      auto got = in.poll(5s);
      ASSERT_TRUE(got.has_value());
      for (partition_records& part : got->partitions()) {
        if (part.partition() == 0) kept = part;
      }
    }
    ASSERT_TRUE(kept.has_value());
    const std::size_t whole = in.stats().held_bytes;
    const partition_records copy = kept->to_owned();
    std::vector<std::pair<std::int64_t, std::string>> before, after;
    for (const record_view& r : *kept) before.emplace_back(r.offset(), r.value().text());
    kept.reset();
    for (const record_view& r : copy) after.emplace_back(r.offset(), r.value().text());
    EXPECT_EQ(before, after);
    EXPECT_FALSE(after.empty());
    EXPECT_EQ(copy.size(), after.size());
    EXPECT_GE(in.stats().held_bytes, copy.bytes());
    EXPECT_LT(in.stats().held_bytes, whole) << "nothing but the copy is kept";
    EXPECT_EQ(copy.end_position().offset, after.back().first + 1);
  }
}

}  // namespace
}  // namespace ottla::test
