// fetcher_followers: reading from a follower in the client's own rack, for as long as the leader's word for it holds
// (KIP-392).
//
//     leader   <- Fetch, rack r2          -> no records, preferred_read_replica 7
//     node 7   <- Fetch, ...              -> records, for as long as metadata may be old (C-36)
//     leader   <- Fetch, rack r2          -> says it again, or has the records itself
//     node 7   <- Fetch                   -> an error, or nothing: the leader serves, asked without a rack for a while
#include <algorithm>
#include <string>

#include "fetcher.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A leader goes on naming a follower that has died until it notices (replica.lag.time.max.ms), and with its answers
// come no records.
constexpr std::chrono::seconds leader_only{30};

std::string text(broker_id broker) { return "broker " + std::to_string(static_cast<std::int32_t>(broker)); }
std::string text(const topic_partition& where) { return where.topic + "-" + std::to_string(where.partition); }

}  // namespace

/// False if it changes nothing: nobody is named, or nobody was asked for.
bool fetcher::follow(fetch_partition& one, broker_id follower) {
  const bool asked = !config_.rack.empty() && now_.mono >= one.leader_only_until;
  if (!asked || follower == no_broker || follower == one.leader) return false;
  dirty_ = regroup_ = true;
  if (!core_->meta().brokers().contains(follower)) {  // one that has come since (C-36)
    core_->meta().request_refresh();
    one.leader_only_until = after(now_.mono, leader_only);
    return true;
  }
  one.follower = follower;
  one.follower_until = after(now_.mono, core_->config().metadata_max_age);
  lease_end_ = std::min(lease_end_, one.follower_until);
  core_->log(log_level::info, "consumer",
             text(*one.where) + " is read from " + text(follower) + ", which its leader (" + text(one.leader) +
                 ") names for rack " + config_.rack);
  return true;
}

void fetcher::back_to_leader(fetch_partition& one, std::string_view why) {
  core_->log(log_level::info, "consumer",
             text(*one.where) + " is read from its leader, not from " + text(one.follower) + ": " + std::string(why));
  one.follower = no_broker;
  one.leader_only_until = after(now_.mono, leader_only);
  core_->meta().request_refresh();
  dirty_ = regroup_ = true;
}

/// True if any partition was read from it as a follower.
bool fetcher::leave_follower(broker_id follower, std::string_view why) {
  if (config_.rack.empty()) return false;
  bool any = false;
  for (auto& [where, one] : partitions_) {
    if (one->follower != follower) continue;
    back_to_leader(*one, why);
    any = true;
  }
  return any;
}

// Before requests are made, so that none goes out on a word that is too old (C-36).
void fetcher::end_leases() {
  if (now_.mono >= lease_end_) {
    lease_end_ = never;
    for (auto& [where, one] : partitions_) {
      if (one->follower == no_broker) continue;
      if (now_.mono >= one->follower_until) {
        one->follower = no_broker;
        regroup_ = true;
      } else {
        lease_end_ = std::min(lease_end_, one->follower_until);
      }
    }
  }
  next_ = std::min(next_, lease_end_);
}

}  // namespace v0
}  // namespace ottla
