// consumer_group_member: membership in a group of the consumer protocol (KIP-848): one request says all that is new on
// our side, and its answer what we are to read.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "group_member.hpp"
#include "ottla/protocol/consumer_group_heartbeat.hpp"
#include "topic_names.hpp"

namespace ottla {
inline namespace v0 {

///     joining ── epoch 0, everything said ──► stable ◄── heartbeats at the coordinator's interval ──┐
///        ▲                                      │ an assignment: the caller gives up and takes      │
///        │                                      └── and at once a heartbeat with what it has ───────┘
///        └── waiting: the caller hears that all is lost ◄── fenced, or unknown to the coordinator
///
/// `who_.generation` is the member's epoch.
class consumer_group_member final : public group_member {
 public:
  consumer_group_member(const consumer_config& config, std::shared_ptr<group_seam> seam,
                        std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader);

  void task_done(std::uint64_t number, std::vector<topic_partition> owned, bool gave_up_some) override;
  void rejoin(std::string reason) override;

 private:
  struct target_partition {
    protocol::uuid topic{};
    std::int32_t partition = -1;
    friend auto operator<=>(const target_partition&, const target_partition&) = default;
  };
  struct subscription {
    std::vector<std::string> topics{};
    std::string pattern{};  // for the coordinator to match; empty: none
    friend bool operator==(const subscription&, const subscription&) = default;
  };

  // consumer_group_member.cpp
  void attached() override;
  void step_membership(instant now) override;
  void subscription_changed() override { dirty_ = true; }
  bool matches_here() const override { return !pattern_ || !pattern_->for_brokers(); }
  void life_over(bool unknown) override;
  void epoch_is_stale() override;
  void reconcile();
  std::vector<target_partition> told_owned() const;
  std::optional<subscription> wanted() const;
  std::weak_ptr<consumer_group_member> weak() {
    return std::static_pointer_cast<consumer_group_member>(shared_from_this());
  }

  // consumer_group_heartbeat.cpp
  void step_heartbeat(instant now);
  void send_heartbeat();
  void on_heartbeat(std::uint64_t attempt, broker_id from, const response& answer);
  void heard_epoch(const protocol::ConsumerGroupHeartbeatResponse& told, const response& answer);
  void take_target(const protocol::ConsumerGroupHeartbeatResponse::Assignment& told);
  void heartbeat_failed(broker_id from, const error& why);
  void still_in_use(const error& why);
  bool has_to_leave() const override { return asked_in_; }
  void leave(steady_ns deadline, std::string reason, unique_function<void()> done) override;

  bool asked_in_ = false;              // the coordinator may know us
  subscription said_;                  // last
  std::optional<subscription> known_;  // to the coordinator for certain; if nothing is, all is said again

  std::vector<target_partition> target_;  // what we are to have
  bool reconcile_due_ = false;
  bool first_ = true;  // the caller was given nothing yet in this life
  topic_names names_;
  std::map<std::string, protocol::uuid> ids_;  // of what the caller has or is given
  std::vector<topic_partition> given_;         // what the outstanding task has it take
  bool acknowledge_ = false;                   // it did so: say what it has

  bool beat_now_ = false;
  steady_ns beat_due_{};
  std::chrono::nanoseconds interval_ = std::chrono::seconds(5);
  steady_ns unreleased_until_ = never;  // our instance id belongs to a member that has not left
};

}  // namespace v0
}  // namespace ottla
