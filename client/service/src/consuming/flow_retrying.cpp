// flow: what retry topics add: partitions that wait until it is known what they must not overtake.
#include <utility>

#include "flow.hpp"

namespace ottla {
inline namespace v0 {

bool flow::gated(const flow_partition& of) const {
  if (of.held) return true;
  const retry_part& part = of.retrying;
  return part.keys && (!part.keys->known_above(part.level) || (part.level == 0 && !part.keys->has_room()));
}

void flow::recheck(const topic_partition& where) {
  if (const auto one = find(where); one && !one->parked.empty() && one->blocked == 0 && !gated(*one)) unpark(*one);
}

bool flow::recheck() {
  bool wait = false;
  for (const auto& [where, one] : partitions_) {
    if (one->parked.empty() || one->blocked > 0 || one->held) continue;
    gated(*one) ? void(wait = true) : unpark(*one);
  }
  return wait;
}

void flow::hold(const topic_partition& where, error why) {
  const auto one = find(where);
  if (!one) return;
  one->held = std::move(why);
  if (!one->held) return recheck(where);
  notes_.push_back({.what = flow_note::kind::stopped, .where = where, .failure = one->held});
}

std::shared_ptr<key_levels> flow::keys_of(const topic_partition& where) const {
  const auto one = find(where);
  return one ? one->retrying.keys : nullptr;
}

}  // namespace v0
}  // namespace ottla
