// All groups of the cluster: which node coordinates each, which is due next, how much they may take.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "durable/journal.hpp"
#include "groups/group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class group_catalog {
 public:
  group_catalog(const group_options& options, seeded random, journal& book)
      : options_(options), random_(random), book_(book) {}

  group* find(std::string_view id);
  /// The group of this id, made if need be; null if there may be no more.
  group* find_or_make(std::string_view id, std::size_t home);
  void remove(std::string_view id);
  /// After anything that has changed a group: its size and its next deadline are taken in.
  void touched(group& changed);
  bool has_room(std::size_t bytes) const { return bytes_ + bytes <= options_.max_group_bytes; }

  /// Does what is due in the groups whose node does not stand still; says whether anything was.
  bool advance(std::chrono::nanoseconds now, const std::function<bool(std::size_t node)>& stands_still);
  std::chrono::nanoseconds deadline(const std::function<bool(std::size_t node)>& stands_still) const;

  /// Asks for each group who coordinates it now, and has those move whose node has changed.
  void rehome(const std::function<std::optional<std::size_t>(std::string_view id)>& coordinator_of);
  /// The topic is gone, and what was committed for it.
  void forget_topic(std::string_view topic);

  /// What the calls below put down as the time, until the next call of this.
  void at(std::chrono::milliseconds wall) { wall_ = wall.count(); }
  /// Forgets offsets that nobody has used since (wall time), and then groups with nothing in them. Says whether any.
  bool expire_offsets(std::chrono::milliseconds since);
  void commit(group& into, std::string_view topic, std::int32_t partition, committed_offset value);
  /// What the group has committed for the partition, or is about to.
  void forget(group& from, std::string_view topic, std::int32_t partition);
  /// Whether the producer in this epoch has a transaction open in this partition of the offsets: if not, the
  /// transaction's coordinator has to be asked.
  bool is_open(std::int32_t offsets_partition, std::int64_t producer_id, std::int16_t epoch) const;
  /// An offset of an open transaction.
  void hold(group& into, std::int64_t producer_id, std::int16_t epoch, std::string_view topic, std::int32_t partition,
            committed_offset value);
  /// The marker of a transaction has come to this partition of the offsets.
  void decide(std::int32_t offsets_partition, std::int64_t producer_id, bool commit);

  /// An entry for each thing there is to be stored.
  void save() const;
  /// An entry of the journal; false if it is none of groups, or makes no sense. Groups that were loaded have no
  /// coordinator until rehome().
  bool load(entry_kind kind, entry_reader& in);
  /// From here on new members get ids that nobody had before the restart.
  void draw_from(seeded random);

  /// The groups that a node coordinates, in order of their ids.
  template <class F>
  void for_each_on(std::size_t node, F&& f) const {
    for (const auto& [id, e] : groups_)
      if (e.home == node) f(e.state);
  }

 private:
  struct entry {
    entry(std::string id, const group_options& options, seeded random, std::optional<std::size_t> home_in)
        : state(std::move(id), options, random), home(home_in) {}
    group state;
    std::optional<std::size_t> home;
    std::chrono::nanoseconds due = no_deadline;
    std::size_t counted = 0;
    std::uint64_t saved_changes = 0;
    std::int64_t stored_at = -1;  // wall time of the last change of what is stored
  };
  using by_id = std::map<std::string, entry, std::less<>>;

  by_id::iterator remove(by_id::iterator at);
  static bool is_expired(const entry& e, std::string_view topic, const committed_offset& value, std::int64_t since);
  bool make_room();
  void take_in(entry& e);
  entry& find_or_load(const std::string& id);
  void save(const entry& e) const;
  void save_offset(const group& of, std::string_view topic, std::int32_t partition, const committed_offset& v) const;
  void save_held(const group& of, std::int64_t producer_id, std::int16_t epoch, std::string_view topic,
                 std::int32_t partition, const committed_offset& v) const;
  bool load_group(entry_reader& in, bool is_consumer);
  bool load_offset(entry_reader& in);
  bool load_held(entry_reader& in);

  const group_options& options_;
  seeded random_;
  journal& book_;
  std::int64_t wall_ = -1;
  std::uint64_t made_ = 0;
  by_id groups_;
  std::set<std::pair<std::chrono::nanoseconds, std::string_view>> due_;  // views into the keys of groups_
  std::size_t bytes_ = 0;

  struct open_transaction {
    std::int16_t epoch = -1;
    std::set<std::string, std::less<>> groups;
  };
  std::map<std::pair<std::int32_t, std::int64_t>, open_transaction> open_;  // by partition of the offsets, and producer
  std::uint64_t commits_ = 0;
};

/// In Kafka offsets lie in a topic of their own, and a transaction names its partition, not the group.
inline constexpr std::string_view offsets_topic = "__consumer_offsets";
inline constexpr std::int32_t offsets_partitions = 50;
std::int32_t offsets_partition_of(std::string_view group_id);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
