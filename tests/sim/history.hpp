// history: what was sent, what was promised, what the logs and consumers show, and the judgement over it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/delivery.hpp"
#include "ottla/mock/broker.hpp"
#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// One record that a scenario sent. Its value begins with its number, so that it can be told apart wherever it turns
/// up.
struct sent_record {
  int producer = 0;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  int outcomes = 0;
  bool acked = false;
  bool maybe = false;  // failed, possibly persisted
  std::int32_t partition = -1;
  std::int64_t offset = unknown_offset;
  int seen_in_log = 0;
};

class history {
 public:
  /// The number of the record that is about to be sent.
  std::size_t add(sent_record one) {
    records_.push_back(std::move(one));
    return records_.size() - 1;
  }
  /// What this producer sends may be acknowledged and lost, be there twice, and out of order.
  void may_lose(int producer) { careless_.insert(producer); }
  void refused(std::size_t number) { records_[number].outcomes = -1; }
  void outcome(std::size_t number, const delivery& told);
  const std::deque<sent_record>& records() const { return records_; }

  /// Invariants over the logs: acknowledged exactly once and unaltered, in order per producer and partition, "not
  /// persisted" no lie.
  void check_logs(const mock::broker& cluster, std::string_view topic, report& into);
  /// What a consumer saw of one partition, in its order, against the log: each record once, in order, whole.
  void check_consumed(const mock::broker& cluster, std::string_view topic, std::int32_t partition,
                      const std::vector<mock::stored_record>& seen, report& into) const;

 private:
  std::deque<sent_record> records_;  // whoever sends looks at one while handlers add others
  std::set<int> careless_;
};

/// The number that a value begins with.
std::optional<std::size_t> number_of(const std::optional<std::string>& value);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
