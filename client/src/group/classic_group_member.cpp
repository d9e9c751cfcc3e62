// classic_group_member: when it joins again, and what it is told when its life in the group is over.
#include "classic_group_member.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

bool all_cooperative(const std::vector<assignor>& all) {
  return std::all_of(all.begin(), all.end(), [](assignor one) { return one == assignor::cooperative_sticky; });
}

}  // namespace

classic_group_member::classic_group_member(const consumer_config& config, std::shared_ptr<group_seam> seam,
                                           std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader)
    : group_member(config, std::move(seam), std::move(queue), std::move(reader)),
      cooperative_(all_cooperative(config.assignors)) {}

void classic_group_member::step_membership(instant now) {
  if (rejoin_wanted_ && (state_ == state::stable || state_ == state::waiting)) begin_rejoin();
  step_join(now);
  step_assign(now);
  step_heartbeat(now);
}

// Whoever joins again must know what the caller holds. A task that the caller works on at this moment decides that, so
// it is waited for:
//   1. generation 5 gives us p, which nobody had; the caller begins to take it;
//   2. generation 6 begins, and we join with what the caller had before: p is nobody's, and goes to another member;
//   3. the caller has p now: two owners.
void classic_group_member::begin_rejoin() {
  if (!seam_->withdraw()) return move(state::waiting);
  rejoin_wanted_ = false;
  ++attempt_;
  if (cooperative_ || owned_.empty()) return move(state::joining);
  seam_->give(rebalance_task::kind::revoke);
  move(state::waiting);
}

void classic_group_member::task_done(std::uint64_t number, std::vector<topic_partition> owned, bool gave_up_some) {
  if (!attached_) return;
  owned_ = std::move(owned);
  dirty_ = true;
  const bool current = seam_->outstanding() == number;
  seam_->done(number);
  if (!current || state_ != state::waiting) {
    // What was given up is for others now, in the round that begins with our joining again (KIP-429).
    if (current && state_ == state::stable && gave_up_some) rejoin("gave up partitions for other members");
    return;
  }
  if (rejoin_wanted_) return;  // the step goes on from here
  move(state::joining);
}

// Who is no member, and has not asked to be one, joins in any case, once the caller has let go of what was lost: that
// task must not be taken back for the sake of this.
void classic_group_member::rejoin(std::string reason) {
  if (!is_member() && !under_way_) return;
  dirty_ = true;
  if (!rejoin_wanted_) reason_ = std::move(reason);
  rejoin_wanted_ = true;
}

void classic_group_member::subscription_changed() { rejoin("the subscription changed"); }

// What the last assignment was made from may not be true any more: new partitions want an owner.
void classic_group_member::topics_changed() {
  if (state_ != state::stable || !leader_ || assigned_sizes_.empty()) return;
  const auto now = sizes_of(group_topics_, true);
  const auto same = [](const topic_size& a, const topic_size& b) {
    return a.topic == b.topic && a.partitions == b.partitions;
  };
  if (now && !std::equal(now->begin(), now->end(), assigned_sizes_.begin(), assigned_sizes_.end(), same))
    rejoin("topics of the group have other partitions than they had");
}

// A JoinGroup that waits at the coordinator would hold up the next one.
void classic_group_member::question_dropped() { core_->close_connections(owner_, lane::group); }

void classic_group_member::life_over(bool unknown) {
  who_.generation = -1;
  if (unknown) who_.member_id.clear();
  rejoin_wanted_ = false;
}

void classic_group_member::describe(group_metadata& out) const {
  out.assignor = protocol_;
  out.leader = leader_ && is_member();
}

void classic_group_member::closed() { want(group_topics_, {}); }

}  // namespace v0
}  // namespace ottla
