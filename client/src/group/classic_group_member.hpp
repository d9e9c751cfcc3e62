// classic_group_member: membership in a group of the classic protocol: join, synchronise, heartbeat, rejoin, leave. The
// members agree among themselves, and one of them assigns.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assignor.hpp"
#include "group_member.hpp"
#include "ottla/protocol/join_group.hpp"

namespace ottla {
inline namespace v0 {

class classic_group_member final : public group_member {
 public:
  classic_group_member(const consumer_config& config, std::shared_ptr<group_seam> seam,
                       std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader);

  void task_done(std::uint64_t number, std::vector<topic_partition> owned, bool gave_up_some) override;
  void rejoin(std::string reason) override;

 private:
  // classic_group_member.cpp
  void step_membership(instant now) override;
  void subscription_changed() override;
  void topics_changed() override;
  void question_dropped() override;
  void life_over(bool unknown) override;
  void describe(group_metadata& out) const override;
  void closed() override;
  void begin_rejoin();
  std::weak_ptr<classic_group_member> weak() {
    return std::static_pointer_cast<classic_group_member>(shared_from_this());
  }

  // classic_join.cpp
  void step_join(instant now);
  void send_join();
  void on_join(std::uint64_t attempt, broker_id from, const response& answer);
  void joined(const protocol::JoinGroupResponse& told, const response& answer);
  std::optional<std::vector<topic_size>> sizes_of(const std::set<std::string>& names, bool late) const;
  void step_assign(instant now);
  void send_sync();
  void on_sync(std::uint64_t attempt, broker_id from, const response& answer);
  void synchronised(std::vector<topic_partition> assignment);
  void again_later(group_verdict verdict, broker_id from, const error& why);

  // classic_heartbeat.cpp
  void step_heartbeat(instant now);
  void on_heartbeat(broker_id from, const group_identity& as, const response& answer);
  bool has_to_leave() const override;
  void leave(steady_ns deadline, std::string reason, unique_function<void()> done) override;

  const bool cooperative_;
  std::vector<topic_partition> claims_;  // what the caller had last: what the sticky assignors are told
  std::int32_t claims_generation_ = -1;
  std::set<std::string> joined_topics_;  // as told with the last join
  bool rejoin_wanted_ = false;

  // While we lead.
  bool leader_ = false;
  std::string protocol_;
  std::vector<subscription_of_member> members_;
  std::set<std::string> group_topics_;
  std::vector<topic_size> assigned_sizes_;  // what the assignment was made from
  steady_ns sizes_deadline_ = never;
  std::vector<member_assignment> assignments_;

  bool beat_under_way_ = false;
  steady_ns beat_due_{};
};

}  // namespace v0
}  // namespace ottla
