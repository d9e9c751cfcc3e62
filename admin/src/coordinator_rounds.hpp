// coordinator_rounds: a question about groups on its way to their coordinators, in rounds while these move or load
// (C-39).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ask.hpp"
#include "ottla/admin/cluster.hpp"

namespace ottla {
inline namespace v0 {

/// Answers of a coordinator that will be others in a moment. Narrower than protocol::retriable, which also counts on
/// topics that may yet be made.
bool passes(protocol::error_code code);

/// Groups are named by their index. Open: not answered for good yet.
class coordinator_rounds {
 public:
  /// `repeatable`: asking again after a lost answer does no harm.
  coordinator_rounds(cluster& on, std::vector<std::string> groups, std::chrono::nanoseconds timeout, bool repeatable);

  /// Until each group has its answer or the time is over: asks all coordinators at once, each for all its open groups.
  /// `make(indexes)` gives the request; `settle(index, answer)` reads one group's part of an `answered<Response>`: no
  /// error for done, else why not; nothing if the request could not name that group and it has to be asked again.
  template <class Request, class Make, class Settle>
  void run(Make make, Settle settle) {
    using response_type = typename Request::response_type;
    while (next_round()) {
      std::vector<blocking_call> calls;
      for (const auto& [broker, indexes] : batches_)
        calls.push_back({.to = route{.to = route::target::broker, .broker = broker},
                         .ask = make(indexes),
                         .repeatable = repeatable_,
                         .once = true});
      const auto answers = call_blocking(*cluster_.state(), std::move(calls), left());
      std::size_t nth = 0;
      for (const auto& [broker, indexes] : batches_) {
        const auto answer = decoded_answer<response_type>(answers[nth++]);
        for (const std::size_t i : indexes) {
          if (!answer) {
            settled(i, answer.error());
          } else if (std::optional<error> why = settle(i, *answer)) {
            settled(i, *why);
          }
        }
      }
    }
  }

  const std::string& group(std::size_t i) const { return groups_[i].name; }
  /// After a run. What was still open when the time was over keeps its last failure.
  error failure(std::size_t i) const;
  broker_description coordinator(std::size_t i) const;
  /// Asks for these once more, with the next run.
  void reopen(const std::vector<std::size_t>& indexes);
  std::chrono::nanoseconds left() const;

 private:
  struct one_group {
    std::string name;
    broker_id coordinator = no_broker;
    host_port address{};
    error failure{};
    int asked = 0;
  };

  bool next_round();
  void find_coordinators_of_open();
  void settled(std::size_t i, const error& why);
  bool wait_a_little();

  cluster& cluster_;
  bool repeatable_;
  steady_ns started_;
  steady_ns deadline_;
  std::chrono::nanoseconds wait_;
  std::vector<one_group> groups_;
  std::set<std::size_t> open_;
  bool hasty_ = true;  // nothing has failed since the last round
  std::map<broker_id, std::vector<std::size_t>> batches_;
};

/// invalid_argument for a group that is named twice.
result<void> each_once(std::span<const std::string> groups);

}  // namespace v0
}  // namespace ottla
