// range and roundrobin: the two assignors that know no history, only an order in which members are served.
#include <algorithm>

#include "group_plan.hpp"

namespace ottla {
inline namespace v0 {
namespace {

/// By member: its place in the serving order.
std::vector<plan_index> places_of(const std::vector<plan_index>& order) {
  std::vector<plan_index> places(order.size());
  for (plan_index place = 0; place < order.size(); ++place) places[order[place]] = place;
  return places;
}

/// The places of a topic's subscribers, ascending.
std::vector<plan_index> subscribed_places(const plan_topic& topic, const std::vector<plan_index>& places) {
  std::vector<plan_index> found;
  found.reserve(topic.subscribers.size());
  for (const plan_index member : topic.subscribers) found.push_back(places[member]);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

// Each topic by itself, in runs of neighbours; the first members get one more. As the order is the same for every
// topic, topics with equal counts and equal subscribers are co-partitioned: partition 7 of both goes to the same
// member.
holders assign_range(const group_plan& plan) {
  const std::vector<plan_index> order = serving_order(plan), places = places_of(order);
  holders out(plan.partition_count(), nobody);
  for (const plan_topic& topic : plan.topics) {
    const std::vector<plan_index> served = subscribed_places(topic, places);
    const auto among = static_cast<plan_index>(served.size());
    plan_index partition = topic.first;
    for (plan_index i = 0; i < among; ++i) {
      const plan_index share = topic.count / among + (i < topic.count % among ? 1 : 0);
      std::fill_n(out.begin() + partition, share, order[served[i]]);
      partition += share;
    }
  }
  return out;
}

// One circle of members for all topics: each partition goes to the next one that subscribes to its topic.
holders assign_round_robin(const group_plan& plan) {
  const std::vector<plan_index> order = serving_order(plan), places = places_of(order);
  holders out(plan.partition_count(), nobody);
  plan_index next = 0;
  for (const plan_topic& topic : plan.topics) {
    const std::vector<plan_index> served = subscribed_places(topic, places);
    for (plan_index i = 0; i < topic.count; ++i) {
      auto at = std::lower_bound(served.begin(), served.end(), next);
      if (at == served.end()) at = served.begin();
      out[topic.first + i] = order[*at];
      next = *at + 1;
    }
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
