// How often the heap is asked while records are read: the budget is none per record as a view, one per owned record.
#include "counted_allocations.hpp"
#include "scripted.hpp"

namespace ottla::test {
namespace {

class allocations_of_reading : public scripted {
 protected:
  allocations_of_reading() : scripted(1) { append({"orders", 0}, 10'000, 100); }
};

TEST_F(allocations_of_reading, none_per_record_as_a_view_and_one_per_owned_record) {
  cluster on = open();
  consumer in(on, {.partitions = {{"orders", 0, at_offset(0)}}});
  host->run_for(100ms);  // all is prefetched: what follows is poll and iteration alone
  const std::size_t before = allocations();
  const auto got = in.poll(0ms);
  std::size_t bytes_seen = 0, headers = 0;
  for (const record_view& r : got->records()) {
    bytes_seen += r.value().size() + r.key().size() + r.topic().size() + static_cast<std::size_t>(r.partition());
    for (const auto& one : r.headers()) headers += one.name.size();
  }
  const std::size_t as_views = allocations() - before;
  ASSERT_EQ(got->count(), 10'000u);
  EXPECT_LT(as_views, 50u) << "for 100 batches in one response";
  EXPECT_GT(bytes_seen, 10'000u);
  EXPECT_EQ(headers, 0u);

  std::vector<record_owned> kept;
  kept.reserve(got->count());
  const std::size_t then = allocations();
  for (const record_view& r : got->records()) kept.push_back(r.to_owned());
  EXPECT_LE(allocations() - then, got->count());
}

}  // namespace
}  // namespace ottla::test
