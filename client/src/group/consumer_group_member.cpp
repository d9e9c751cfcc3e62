// consumer_group_member: from what the coordinator assigned to what the caller is asked to do, and what it has then.
#include "consumer_group_member.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

// We choose our id and keep it for as long as we live: a join whose answer was lost makes no second member (KIP-1082).
// In the form of Kafka's own uuids. The time is in it because programs may be given the same seed.
std::string new_member_id(random_stream rng, wall_ms now) {
  static constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
  random_stream mixed(rng.next() ^ static_cast<std::uint64_t>(now.time_since_epoch().count()));
  std::string out(1, letters[mixed.below(62)]);  // one that a command line does not take for an option
  while (out.size() < 22) out += letters[mixed.below(letters.size())];
  return out;
}

}  // namespace

consumer_group_member::consumer_group_member(const consumer_config& config, std::shared_ptr<group_seam> seam,
                                             std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader)
    : group_member(config, std::move(seam), std::move(queue), std::move(reader)) {
  who_.by_epoch = true;
}

void consumer_group_member::attached() {
  who_.member_id =
      new_member_id(core_->stream("member-id-" + config_.group, static_cast<std::uint64_t>(owner_)), now_.wall);
}

void consumer_group_member::step_membership(instant now) {
  next_ = std::min(next_, names_.step(*core_, weak_from_this(), [this] { reconcile_due_ = dirty_ = true; }));
  reconcile();
  step_heartbeat(now);
}

void consumer_group_member::life_over(bool) {
  who_.generation = -1;
  asked_in_ = false;
  known_.reset();
  said_ = {};
  target_.clear();
  names_.want(core_->meta(), {});
  ids_.clear();
  given_.clear();
  reconcile_due_ = acknowledge_ = beat_now_ = false;
  first_ = true;
  unreleased_until_ = never;
}

// The answer to a heartbeat tells which it is.
void consumer_group_member::epoch_is_stale() { beat_now_ = dirty_ = true; }

void consumer_group_member::rejoin(std::string reason) {
  core_->log(log_level::warning, "group",
             config_.group + ": not joined anew (" + reason +
                 "): in a group of the consumer protocol the coordinator sees to it that all is shared out");
}

std::optional<consumer_group_member::subscription> consumer_group_member::wanted() const {
  if (!matches_here()) return subscription{{}, *pattern_->for_brokers()};
  if (pattern_ && !pattern_known_) return std::nullopt;
  return subscription{{topics_.begin(), topics_.end()}, {}};
}

// Partitions of topics whose names are not known yet are neither taken nor dropped: the rest is done, and they follow.
void consumer_group_member::reconcile() {
  if (state_ != state::stable || !reconcile_due_) return;
  if (!seam_->withdraw()) return;  // the caller works on an older one: when that is done
  reconcile_due_ = false;
  given_.clear();
  std::vector<protocol::uuid> ids;
  for (const target_partition& one : target_) {
    if (ids.empty() || ids.back() != one.topic) ids.push_back(one.topic);
  }
  names_.want(core_->meta(), ids);
  bool all_known = true;
  std::vector<topic_partition> target;
  for (const target_partition& one : target_) {
    const std::string& name = names_.of(one.topic);
    all_known = all_known && !name.empty();
    if (name.empty()) continue;
    ids_[name] = one.topic;
    target.push_back({name, one.partition});
  }
  std::sort(target.begin(), target.end());
  target.erase(std::unique(target.begin(), target.end()), target.end());
  std::erase_if(ids_, [&](const auto& known) {
    const auto of_it = [&](const topic_partition& one) { return one.topic == known.first; };
    return std::none_of(target.begin(), target.end(), of_it) && std::none_of(owned_.begin(), owned_.end(), of_it);
  });
  dirty_ = true;  // names that are missing are asked for
  if (first_ && target.empty() && !all_known) return;
  if (!first_ && target == owned_) {
    acknowledge_ = true;
    return;
  }
  first_ = false;
  tally_.rebalances.fetch_add(1, std::memory_order_relaxed);
  given_ = target;
  seam_->give(rebalance_task::kind::assign, std::move(target));
}

// What the caller is about to take counts as taken, whether or not it has begun. Else:
//   1. we are assigned p, and the caller's task to take it is in the seam;
//   2. the coordinator wants p back, its answer is on the way; a heartbeat of ours says that we do not have p;
//   3. the coordinator gives p to another member, the caller begins its task: two owners.
std::vector<consumer_group_member::target_partition> consumer_group_member::told_owned() const {
  std::vector<target_partition> out;
  for (const std::vector<topic_partition>* in : {&owned_, &given_}) {
    for (const topic_partition& one : *in) {
      if (const auto id = ids_.find(one.topic); id != ids_.end()) out.push_back({id->second, one.partition});
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void consumer_group_member::task_done(std::uint64_t number, std::vector<topic_partition> owned, bool) {
  if (!attached_) return;
  owned_ = std::move(owned);
  dirty_ = true;
  const bool current = seam_->outstanding() == number;
  seam_->done(number);
  if (!current) return;
  if (state_ == state::waiting) return move(state::joining);
  given_.clear();
  acknowledge_ = true;
}

}  // namespace v0
}  // namespace ottla
