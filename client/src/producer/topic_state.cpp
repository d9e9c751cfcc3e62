// The choice of the next sticky partition.
#include "topic_state.hpp"

#include <algorithm>
#include <vector>

namespace ottla {
inline namespace v0 {

std::uint32_t topic_state::next_sticky(std::uint32_t from) {
  std::lock_guard lock(sticky_mutex_);
  const std::uint32_t now = sticky_.load(std::memory_order_relaxed);
  const std::uint32_t total = count();
  if (now != from && now < total) return now;  // another caller moved on already
  // A partition's weight falls with the batches that wait for it: one look at each, since callers and core change them
  // meanwhile.
  struct look {
    std::uint64_t waiting;
    bool led;
  };
  std::vector<look> seen(total);
  std::uint64_t longest = 0;
  bool any_led = false, other_led = false;
  for (std::uint32_t i = 0; i < total; ++i) {
    const partition_queue& one = partition(i);
    seen[i] = {one.closed_count.load(std::memory_order_relaxed), one.has_leader.load(std::memory_order_relaxed)};
    longest = std::max(longest, seen[i].waiting);
    any_led = any_led || seen[i].led;
    other_led = other_led || (seen[i].led && i != from);
  }
  const auto weight = [&](std::uint32_t i) -> std::uint64_t {
    const bool fits = other_led ? seen[i].led && i != from : any_led ? seen[i].led : i != from || total == 1;
    return fits ? longest + 1 - seen[i].waiting : 0;
  };
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < total; ++i) sum += weight(i);
  std::uint64_t draw = rng_.below(sum);
  std::uint32_t chosen = 0;
  while (chosen + 1 < total && draw >= weight(chosen)) draw -= weight(chosen++);
  sticky_.store(chosen, std::memory_order_relaxed);
  return chosen;
}

}  // namespace v0
}  // namespace ottla
