// Everything the nodes of one dev cluster share, and the few operations that change it.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/fetch_sessions.hpp"
#include "cluster/topic_catalog.hpp"
#include "durable/journal.hpp"
#include "groups/group_catalog.hpp"
#include "ottla/mock/broker_options.hpp"
#include "ottla/mock/instant.hpp"
#include "ottla/protocol/error_code.hpp"
#include "quotas/client_quotas.hpp"
#include "quotas/quota_meters.hpp"
#include "security/authorizer.hpp"
#include "storage/batch_check.hpp"
#include "storage/compaction.hpp"
#include "transactions/transaction_catalog.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

struct node_state {
  node_options about;
  bool up = true;
  bool paused = false;
  quota_meters meters = {};  // each node counts for itself, as in Kafka
  fetch_session_cache sessions;
};

/// Of a topic.
inline constexpr std::int32_t most_partitions = 10'000;

/// Node ids by partition.
using replica_lists = std::vector<std::vector<std::int32_t>>;

/// What a topic shall be; -1 stands for the cluster's default.
struct topic_plan {
  std::string name;
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  replica_lists assignments;  // if not empty the two numbers are -1
  topic_settings settings;
};

struct plan_error {
  protocol::error_code error = protocol::error_code::none;
  std::string why;
};

class cluster_state {
 public:
  explicit cluster_state(broker_options options);

  broker_options options;
  journal book;
  std::vector<node_state> nodes;
  topic_catalog topics;
  batch_checker checker;
  group_catalog groups;
  transaction_catalog transactions;
  authorizer rights;
  client_quotas quotas;
  producer_ids new_producers;

  /// Rises with every change that a waiting request could want to know of: an append, a deletion, a moved leader, a
  /// group, the end of a transaction.
  std::uint64_t changes = 0;

  /// Everything is kept on this disk from now on, after what lies there has been taken up; the cluster must be as new.
  /// "" when done; else nothing more may be done with it.
  std::string open(disk& on, std::vector<std::string>& notes);
  /// What time it is: before anything of what happens then.
  void at(instant now);
  /// Whether all that has happened so far is on the disk, if there is one: else it must not be acknowledged, and
  /// nothing may be done that builds on it.
  bool persist();
  /// Why the last append() was refused.
  std::string_view refusal = {};

  node_state* node_by_id(std::int32_t id);
  /// The node that clients are told is the controller: the first that is up.
  std::int32_t controller_id() const;
  /// The node that coordinates the group, by its index: the same for everybody as long as the same nodes run.
  std::optional<std::size_t> coordinator_of(std::string_view group_id) const;
  /// This node coordinates the group from now on, whenever it runs.
  void coordinate(std::string_view group_id, std::size_t node);
  /// The same for a transactional id.
  std::optional<std::size_t> transaction_coordinator_of(std::string_view transactional_id) const;
  void coordinate_transactions(std::string_view transactional_id, std::size_t node);
  /// After nodes have come or gone: groups and transactions move to the nodes that coordinate them now.
  void rehome();
  /// After anything that has changed a group.
  void touched(group& changed);

  /// Nothing if the topic can be made as planned; fills in the defaults.
  std::optional<plan_error> check_plan(topic_plan& plan);
  /// Makes a topic whose plan has been checked.
  topic& create(const topic_plan& plan);
  void remove(topic& which);
  void cut_front(partition& of, std::int64_t offset);

  /// Makes this all that is set of the topic. Empty when done, else why it cannot be.
  std::string alter(topic& which, setting_values given);
  /// What was set of a node while it ran, by its id as text, or of all nodes: "". A topic that says nothing itself goes
  /// by what is said of all nodes; where there is but one node, by what is said of that.
  const setting_values& set_of_broker(std::string_view node) const;
  /// Makes this all that is set of the node. The values must have been checked.
  void alter_broker(std::string_view node, setting_values given);
  /// Nothing if the topic can be made to have `count` partitions. `assignments`: the nodes of the new ones, or nothing.
  std::optional<plan_error> check_growth(const topic& which, std::int32_t count, const replica_lists* assignments);
  /// What has been checked is done.
  void grow(topic& which, std::int32_t count, const replica_lists* assignments);
  /// Nothing if a partition can have these `wanted` replicas.
  std::optional<plan_error> check_replicas(const std::vector<std::int32_t>& replicas, std::size_t wanted);
  /// Gives the partition replicas that have been checked; a leader that is among them stays.
  void reassign(topic& of, partition& p, std::vector<std::int32_t> replicas);
  /// The partition's first replica leads again (KIP-183), with a new epoch; or why not.
  protocol::error_code elect_preferred(partition& p);
  /// Any replica that runs leads, in sync or not, if none does (KIP-460); or why not.
  protocol::error_code elect_unclean(partition& p);

  /// Appends the batch that `checker` has just accepted and gives its base offset. Nothing if the memory bound leaves
  /// no room.
  std::optional<std::int64_t> append(topic& to, partition& where, std::span<const std::byte> batch, instant now);
  /// Ends the producer's transaction in this partition. Nothing if the memory bound leaves no room now.
  std::optional<error_code> append(topic& to, partition& where, const end_marker& marker, instant now);
  /// Aborts transactions that have timed out, and writes the markers of those that are decided.
  void advance_transactions(instant now);
  /// Of records, in all logs.
  std::size_t log_bytes() const { return log_bytes_; }
  /// Drops what the topics' retention no longer keeps, and forgets producers that have been silent for a day and
  /// transactional ids that have been idle for a week.
  void apply_retention(instant now);

  /// Compacts a slice of one log: to be called again at once as long as it is true, then after a while.
  bool compact(instant now);

  // replication.cpp

  /// Makes the node the partition's leader, with a new epoch; no_node leaves it without one. What the node's replica
  /// has not is gone. False if the disk refuses that: nobody leads then.
  bool lead(partition& p, std::int32_t node);
  /// Gives each partition that has lost its leader one that runs and is in sync, with a new epoch, and updates who is
  /// in sync. After nodes have come or gone, and after any change of how replicas follow.
  void elect_leaders();
  /// The power of the node fails: what its replicas have not flushed is gone. Before it is no longer up.
  void lose_tails(std::int32_t node);
  /// How this replica, which does not lead, follows from now on. `delay` is for what is delayed.
  void follow(partition& p, std::int32_t node, following way, std::chrono::nanoseconds delay = {});
  /// Takes these replicas out of the in-sync set and holds them where they are, and lets go of others that were.
  void hold_out(partition& p, const std::vector<std::int32_t>& ids);
  /// Lets followers take what is due, and those that lag too long leave the in-sync sets.
  void advance_followers(std::chrono::nanoseconds now);
  /// When to call that next.
  std::chrono::nanoseconds next_follower_due() const { return next_follower_due_; }

  void log(std::string_view line) const {
    if (options.log) options.log(line);
  }
  void alarm(std::string_view line) const {
    if (options.alarm) return options.alarm(line);
    log(line);
  }

 private:
  std::optional<std::size_t> highest_draw(std::string_view id, std::uint64_t seed) const;
  std::optional<std::int64_t> append(topic& to, partition& where, std::span<const std::byte> batch, batch_stamp stamp,
                                     instant now);
  bool write(const end_marker& marker, const partition_ref& to, instant now);
  bool make_room(std::size_t bytes);
  enum class retained : std::uint8_t { all_but_newest, any };
  void retain(topic& of, partition& p, retained what, instant now);
  partition& add_partition(topic& to, std::vector<std::int32_t> replicas);
  std::vector<std::int32_t> next_replicas(std::size_t count);
  error_code elect_unclean_into(partition& p, std::int32_t node);
  void inherit_anew();

  // replication.cpp
  bool is_up(std::int32_t node);
  void elect_leader(partition& p);
  void followed(partition& p, std::chrono::nanoseconds now);
  void catch_up(partition& p, std::chrono::nanoseconds now);
  bool leave_or_join(partition& p, std::chrono::nanoseconds now);
  bool is_late(const trailing_replica& t, std::chrono::nanoseconds now) const;
  bool raise_high_watermark(partition& p, std::chrono::nanoseconds now);
  bool cut_back(partition& p, std::int64_t offset);
  std::int64_t flushed_to(const partition& p, std::int64_t end_offset) const;

  // compact_cluster.cpp
  struct compacting {
    protocol::uuid topic_id;
    std::int32_t index = -1;
    compaction work;
  };
  void choose_compaction(instant now);
  bool put(partition& p, compacted_segment ready);

  // kept_cluster.cpp
  void keep(const topic& t);
  void keep(const partition& p);
  void keep_all();
  bool keep_producers(const partition& p, std::int64_t base_offset);
  bool told(const std::string& why) const;
  void drop_files(std::string_view folder, const std::vector<std::int64_t>& bases);
  partition* find_folder(std::string_view folder) const;
  bool load(entry_kind kind, entry_reader& in);
  void keep_broker(std::string_view node);
  bool load_topic(entry_reader& in);
  bool load_broker(entry_reader& in);
  bool load_partition(entry_reader& in);
  std::string load_journal(disk& from, bool& is_whole, std::vector<std::string>& notes);
  std::string load_logs(disk& from, const std::vector<std::string>& names, bool remove_strangers,
                        std::vector<std::string>& notes);
  std::string why_other_nodes();
  void begin_anew();
  void draw_from(const seeded& random);

  // By group and by transactional id, where a test has said so.
  std::map<std::string, std::size_t, std::less<>> told_coordinators_, told_transaction_coordinators_;
  std::map<std::string, setting_values, std::less<>> set_of_brokers_;  // by node id, "": of all
  std::shared_ptr<const setting_values> inherited_;                    // by topics, under their names
  std::size_t log_bytes_ = 0;
  std::size_t next_leader_ = 0;
  std::optional<compacting> compacting_;
  std::chrono::nanoseconds next_offsets_check_{};
  std::chrono::nanoseconds next_follower_due_ = std::chrono::nanoseconds::max();
  instant now_{};     // what at() was told
  seeded losses_{0};  // how much of its logs a node loses
  disk* disk_ = nullptr;
  std::uint64_t boots_ = 0;  // how often the same data has been taken up
  bool is_resumed_ = true;   // whether what depends on time has been told what time it is, after that
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
