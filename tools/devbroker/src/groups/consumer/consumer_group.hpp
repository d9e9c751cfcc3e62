// A group of the consumer protocol: the broker assigns, and members follow by heartbeats (KIP-848).
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "cluster/seeded.hpp"
#include "groups/consumer/consumer_member.hpp"
#include "groups/consumer/topic_index.hpp"
#include "ottla/mock/group_options.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// What is not there has not changed since the member's last heartbeat.
struct consumer_heartbeat {
  std::string member_id = {};
  std::int32_t epoch = joining_epoch;
  std::optional<std::string> instance_id = {};
  std::optional<std::string> rack_id = {};
  std::optional<std::chrono::milliseconds> rebalance_timeout = {};
  std::optional<std::set<std::string, std::less<>>> topics = {};
  std::optional<std::string> pattern = {};
  std::optional<std::string> assignor = {};
  std::optional<assignment> owned = {};
  std::string client_id = {};
};

struct heartbeat_result {
  error_code error = error_code::none;
  std::string why = {};
  std::string member_id = {};
  std::int32_t epoch = 0;
  std::optional<assignment> assigned = {};  // where it is news, or was asked for
};

/// It knows neither the wire nor the clock: every call says what time it is (on instant::mono), and expire() is to be
/// called at deadline(). Three epochs follow each other:
///
///     group epoch        rises with every change of members, subscriptions and topics
///     assignment epoch   the group epoch for which the target was computed: by the next heartbeat of anybody
///     member epoch       the assignment epoch that the member has come to: when it has given back what it shall not
///     keep
///
/// A partition is given to a member when nobody has it: its former owner has said that it has let go, or was given up.
class consumer_group {
 public:
  consumer_group(const group_options& options, seeded random) : options_(options), random_(random) {}

  heartbeat_result heartbeat(const consumer_heartbeat& request, const topic_index& topics,
                             std::chrono::nanoseconds now);
  /// A member goes: epoch leaving_epoch or static_leaving_epoch.
  heartbeat_result leave(const consumer_heartbeat& request);
  /// By LeaveGroup, as an administrator does it: a static member may be named by its instance alone.
  error_code remove(std::string_view member_id, const std::optional<std::string_view>& instance_id);

  /// Whether the sender may commit. If that hangs on the partition: check_commit() of each.
  struct commit_permission {
    error_code error = error_code::none;
    const consumer_member* each = nullptr;
  };
  commit_permission check_commit(std::string_view member_id, bool has_instance, std::int32_t epoch,
                                 bool in_transaction) const;
  static error_code check_commit(const consumer_member& by, std::int32_t epoch, const protocol::uuid& topic,
                                 std::int32_t partition);
  error_code check_fetch(const std::optional<std::string_view>& member_id, std::int32_t epoch) const;

  bool expire(std::chrono::nanoseconds now);
  std::chrono::nanoseconds deadline() const;
  /// Another node is the coordinator: it knows all of the group and gives everybody a whole session.
  void restart_sessions() { sessions_restart_ = !members_.empty(); }

  std::string_view state() const;
  std::int32_t epoch() const { return epoch_; }
  std::int32_t assignment_epoch() const { return assignment_epoch_; }
  std::string_view preferred_assignor() const;
  const std::map<std::string, consumer_member, std::less<>>& members() const { return members_; }
  bool is_subscribed(std::string_view topic) const;

  std::size_t size_bytes() const;
  std::uint64_t changes() const { return changes_; }
  void draw_from(seeded random) { random_ = random; }
  void save(entry_writer& out) const;
  bool load(entry_reader& in);

 private:
  using time_point = std::chrono::nanoseconds;
  using topics_by_name = std::map<std::string, std::pair<protocol::uuid, std::int32_t>, std::less<>>;
  struct refusal {
    error_code error = error_code::none;
    std::string why = {};
  };

  refusal why_refused(const consumer_heartbeat& request, const topic_index& topics) const;
  consumer_member& admit(const consumer_heartbeat& request);
  bool update(consumer_member& m, const consumer_heartbeat& request);
  const consumer_member* static_member(std::string_view instance_id) const;
  std::string fresh_id();
  void fence(const std::string& member_id);
  void bump() {
    ++epoch_;
    ++changes_;
  }

  // target_assignment.cpp
  void look_at_topics(const topic_index& topics, bool subscriptions_changed);
  void assign(time_point now);
  std::set<std::string, std::less<>> topics_of(const consumer_member& m) const;
  std::set<protocol::uuid> topic_ids_of(const consumer_member& m) const;

  // reconciliation.cpp
  void reconcile(consumer_member& m, const consumer_heartbeat& request, bool subscription_changed, time_point now);
  void next_assignment(consumer_member& m, const consumer_heartbeat& request);
  void drop_unsubscribed(consumer_member& m, const consumer_heartbeat& request);
  bool is_held(const protocol::uuid& topic, std::int32_t partition) const;
  void hold(const consumer_member& m);
  void release(const consumer_member& m);

  const group_options& options_;
  seeded random_;
  std::int32_t epoch_ = 1;  // of a new group; its first member makes it 2, as in Kafka
  std::int32_t assignment_epoch_ = 0;
  std::optional<time_point> assigned_at_;
  std::map<std::string, consumer_member, std::less<>> members_;
  std::set<std::pair<protocol::uuid, std::int32_t>> held_;  // what some member has, or has yet to give back
  topics_by_name topics_;                                   // that members read and that are there
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> matched_;  // by pattern
  std::optional<std::uint64_t> topics_version_;                                     // when the two were looked up
  std::uint64_t changes_ = 0;
  bool sessions_restart_ = false;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
