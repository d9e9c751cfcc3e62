// service_history: what became of each message that services handle, and what of it breaks a promise.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

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

/// The messages of one topic. `retries`: of the policy that all services have.
class service_history {
 public:
  service_history(world& where, report& out, std::string topic, std::string dead_letters, std::string group,
                  std::uint64_t seed, int retries)
      : where_(where),
        out_(out),
        topic_(std::move(topic)),
        dead_(std::move(dead_letters)),
        group_(std::move(group)),
        seed_(seed),
        retries_(retries) {}

  message_fate fate(std::uint64_t number) const;
  /// What the handler says, and the first half of its record keeping. Time passes where the message is slow.
  verdict handle(const message& what);
  /// Compares what the group committed with what was handled: nothing may be skipped. Between two steps of anybody.
  void check_commits();
  /// Each message is done, or dead with the right headers. When all is settled.
  void check_all(std::int32_t partitions);
  /// Whether the group has committed everything that is stored.
  bool all_committed(std::int32_t partitions);
  /// One more than the last offset that was handled without a gap below, as far as anybody handled it.
  bool is_done(std::int32_t partition, std::int64_t offset) const { return done_.contains({partition, offset}); }
  std::int64_t committed(std::int32_t partition) const;
  std::size_t dead() const { return letters_.size(); }
  std::size_t done() const { return done_.size(); }
  void violate(std::string invariant, std::string detail);

 private:
  using place = std::pair<std::int32_t, std::int64_t>;
  void read_letters();
  void check_letter(const mock::stored_record& letter);

  world& where_;
  report& out_;
  const std::string topic_, dead_, group_;
  const std::uint64_t seed_;
  const int retries_;
  std::set<place> done_;
  std::map<place, int> letters_;                       // how many dead letters
  std::map<std::int32_t, std::int64_t> letters_read_;  // by partition of the dead letter topic
  std::map<std::int32_t, std::int64_t> checked_;       // committed, and found in order up to there
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
