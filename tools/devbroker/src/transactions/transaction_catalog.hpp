// All transactional ids of the cluster: which node coordinates each, which is due next, how much they may take.
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

#include "ottla/mock/transaction_options.hpp"
#include "transactions/transaction.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class transaction_catalog {
 public:
  static constexpr std::chrono::nanoseconds no_deadline = std::chrono::nanoseconds::max();
  /// Writes a marker into a partition; false if it cannot be written now. What no longer exists counts as written.
  using marker_writer = std::function<bool(const end_marker& marker, const partition_ref& partition)>;

  transaction_catalog(const transaction_options& options, journal& book) : options_(options), book_(book) {}

  transaction* find(std::string_view id);
  /// The transaction of this id, made if need be; null if there may be no more.
  transaction* find_or_make(std::string_view id, std::size_t home, producer_ids& ids);
  /// After anything that has changed one: its size and its next deadline are taken in.
  void touched(const transaction& changed, instant now);
  bool has_room(std::size_t bytes) const { return bytes_ + bytes <= options_.max_bytes; }

  /// Aborts what has timed out and completes what is decided, where the coordinator's node does not stand still. Says
  /// whether anything was done.
  bool advance(instant now, const std::function<bool(std::size_t node)>& stands_still, const marker_writer& write);
  std::chrono::nanoseconds deadline(const std::function<bool(std::size_t node)>& stands_still) const;

  /// Asks for each id who coordinates it now. What was stored moves with it; the coordinator's epoch rises.
  void rehome(const std::function<std::optional<std::size_t>(std::string_view id)>& coordinator_of);
  /// Forgets ids that have been idle since (wall time).
  void expire_before(std::chrono::milliseconds wall);

  /// An entry for each.
  void save() const;
  /// An entry of the journal; false if it makes no sense. Whoever was loaded has no coordinator until rehome(), and
  /// goes on with resume().
  bool load(entry_reader& in);
  bool load_removed(entry_reader& in);
  void resume(instant now);

  /// The transactions that a node coordinates, in order of their ids.
  template <class F>
  void for_each_on(std::size_t node, F&& f) const {
    for (const auto& [id, e] : entries_)
      if (e.home == node) f(e.state);
  }

 private:
  struct entry {
    entry(std::string id, std::int64_t producer_id, std::optional<std::size_t> home_in)
        : state(std::move(id), producer_id), home(home_in) {}
    transaction state;
    std::optional<std::size_t> home;
    std::int32_t coordinator_epoch = 0;
    std::chrono::nanoseconds due = no_deadline;
    bool is_ending = false;  // it is known when the markers are due: whoever asks meanwhile does not put them off
    std::size_t counted = 0;
  };
  using by_id = std::map<std::string, entry, std::less<>>;

  by_id::iterator remove(by_id::iterator at);
  void save(const entry& e) const;
  bool make_room();
  bool complete(entry& e, instant now, const marker_writer& write);
  void due_at(entry& e, std::chrono::nanoseconds when);
  void count(entry& e);

  const transaction_options& options_;
  journal& book_;
  by_id entries_;
  std::set<std::pair<std::chrono::nanoseconds, std::string_view>> due_;  // views into the keys of entries_
  std::size_t bytes_ = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
