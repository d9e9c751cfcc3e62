// service_history: what became of each message that services handle, and what of it breaks a promise.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "ottla/service/message.hpp"
#include "ottla/service/verdict.hpp"
#include "ottla/sim/world.hpp"
#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// What a message does to its handler, decided by its number.
struct message_fate {
  enum class kind : std::uint8_t { fine, temporary, hopeless, poison, slow } what = kind::fine;
  int failures = 0;                    ///< temporary: tries that fail before one succeeds
  std::chrono::milliseconds lasts{0};  ///< slow: the handler's time
};

/// What all services of a run have in common.
struct service_rules {
  std::string topic{}, dead_letters{}, group{};
  int retries = 0;                   // of the policy: in place
  std::vector<std::string> tiers{};  // retry topics
  bool key_order = false;            // over them
};

/// The messages of one topic.
class service_history {
 public:
  service_history(world& where, report& out, service_rules rules, std::uint64_t seed)
      : where_(where), out_(out), rules_(std::move(rules)), seed_(seed) {}

  message_fate fate(std::uint64_t number) const;
  /// What the handler says, and the first half of its record keeping. Time passes where the message is slow.
  verdict handle(const message& what);
  /// Compares what the group committed with what was handled: nothing may be skipped, but what waits in a retry topic.
  /// Between two steps of anybody.
  void check_commits();
  /// Each message is done, or dead with the right headers. When all is settled.
  void check_all(std::int32_t partitions);
  /// Whether the group has committed everything that is stored.
  bool all_committed(std::int32_t partitions);
  /// One more than the last offset that was handled without a gap below, as far as anybody handled it.
  bool is_done(std::int32_t partition, std::int64_t offset) const { return done_.contains({partition, offset}); }
  std::int64_t committed(const std::string& topic, std::int32_t partition) const;
  std::size_t dead() const { return letters_.size(); }
  std::size_t done() const { return done_.size(); }
  void violate(std::string invariant, std::string detail);

 private:
  using place = std::pair<std::int32_t, std::int64_t>;
  void read_letters();
  void check_commit(const std::string& topic, std::int32_t partition, std::int64_t offset);
  bool settled(const place& which) const { return done_.contains(which) || letters_.contains(which); }
  void check_order(const message& what, const place& here);
  void read_retries();
  bool may_die(const message_fate& of) const;
  void check_letter(const mock::stored_record& letter);

  world& where_;
  report& out_;
  const service_rules rules_;
  const std::uint64_t seed_;
  std::set<place> done_;
  std::map<place, int> letters_;                                          // how many dead letters
  std::map<std::int32_t, std::int64_t> letters_read_;                     // by partition of the dead letter topic
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> checked_;  // committed, and found in order up to there
  using retry_place = std::tuple<std::size_t, std::int32_t, std::int64_t>;
  std::map<retry_place, place> retries_;  // what a record of a tier is
  std::map<std::pair<std::size_t, std::int32_t>, std::int64_t> retries_read_;
  std::map<place, std::set<std::size_t>> tiers_of_;                                // where a message went
  std::map<std::pair<std::int32_t, std::string>, std::set<std::int64_t>> of_key_;  // as they were stored, not settled
  std::map<std::int32_t, std::int64_t> stored_to_;                                 // so far of_key_ was read
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
