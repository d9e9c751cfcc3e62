// coordinator_rounds: looking coordinators up, and what a failure means for the next round.
#include "coordinator_rounds.hpp"

#include <algorithm>

#include "ottla/net/coordinator_lookup.hpp"

namespace ottla {
inline namespace v0 {

using protocol::error_code;

bool passes(error_code code) {
  return code == error_code::not_coordinator || code == error_code::coordinator_not_available ||
         code == error_code::coordinator_load_in_progress || code == error_code::unstable_offset_commit;
}

coordinator_rounds::coordinator_rounds(cluster& on, std::vector<std::string> groups, std::chrono::nanoseconds timeout,
                                       bool repeatable)
    : cluster_(on),
      repeatable_(repeatable),
      started_(on.state()->runner().now().mono),
      deadline_(after(started_, timeout)),
      wait_(on.config().retry_backoff) {
  for (std::string& name : groups) {
    open_.insert(groups_.size());
    groups_.push_back({.name = std::move(name)});
  }
  want_metadata(on);
}

std::chrono::nanoseconds coordinator_rounds::left() const {
  return std::max<std::chrono::nanoseconds>(deadline_ - cluster_.state()->runner().now().mono,
                                            std::chrono::milliseconds(1));
}

error coordinator_rounds::failure(std::size_t i) const {
  const one_group& one = groups_[i];
  if (!one.failure || !open_.contains(i)) return one.failure;
  error_context context = one.failure.context();
  context.attempts = std::max(context.attempts, one.asked);
  context.elapsed = cluster_.state()->runner().now().mono - started_;
  return one.failure.client() != client_code::none ? error(one.failure.client(), std::move(context))
                                                   : error(one.failure.broker_code(), std::move(context));
}

broker_description coordinator_rounds::coordinator(std::size_t i) const {
  const one_group& one = groups_[i];
  return {static_cast<std::int32_t>(one.coordinator), one.address.host, one.address.port, {}};
}

void coordinator_rounds::reopen(const std::vector<std::size_t>& indexes) {
  for (const std::size_t i : indexes) groups_[i].failure = {};
  open_.insert(indexes.begin(), indexes.end());
  hasty_ = true;
}

bool coordinator_rounds::next_round() {
  for (;;) {
    if (open_.empty() || (!std::exchange(hasty_, true) && !wait_a_little())) return false;
    find_coordinators_of_open();
    batches_.clear();
    for (const std::size_t i : open_) {
      if (groups_[i].coordinator == no_broker) continue;
      batches_[groups_[i].coordinator].push_back(i);
      ++groups_[i].asked;
    }
    if (!batches_.empty()) return true;
  }
}

/// False: the time is over.
bool coordinator_rounds::wait_a_little() {
  host& runner = cluster_.state()->runner();
  const steady_ns next = after(runner.now().mono, wait_);
  wait_ = std::min<std::chrono::nanoseconds>(2 * wait_, cluster_.config().retry_backoff_max);
  if (next >= deadline_) return false;
  completion nothing;  // waits on the host, so that a manual one keeps stepping
  runner.wait(nothing, next);
  return true;
}

void coordinator_rounds::find_coordinators_of_open() {
  std::vector<std::size_t> lost;
  for (const std::size_t i : open_) {
    if (groups_[i].coordinator == no_broker) lost.push_back(i);
  }
  // An older broker takes one group at a time.
  while (!lost.empty()) {
    std::vector<std::string> names;
    for (const std::size_t i : lost) names.push_back(groups_[i].name);
    borrowed_request what;
    what.asked = "FindCoordinator";
    what.if_lost = unanswered(protocol::api_key::find_coordinator);
    what.forget = [] {};
    what.make = [names] { return find_coordinators(names); };
    std::vector<located_coordinator> found;
    const auto answer = call_blocking(*cluster_.state(), route{}, std::move(what), left(), true);
    error whole = answer ? error() : answer.error();
    if (answer) {
      auto read = read_coordinators(*answer, names);
      if (read) found = std::move(*read);
      if (!read) whole = read.error();
    }
    if (whole) {
      for (const std::size_t i : lost) {
        groups_[i].failure = whole;
        open_.erase(i);
      }
      return;
    }
    for (std::size_t n = 0; n < found.size(); ++n) {
      one_group& one = groups_[lost[n]];
      if (found[n].failure) {
        ++one.asked;
        settled(lost[n], found[n].failure);
        continue;
      }
      one.coordinator = found[n].broker;
      one.address = found[n].address;
      core& machine = cluster_.state()->machine();
      (void)cluster_.state()->post(
          [&machine, id = one.coordinator, address = one.address] { machine.meta().apply_broker_hint(id, address); });
    }
    lost.erase(lost.begin(), lost.begin() + static_cast<std::ptrdiff_t>(found.size()));
  }
}

void coordinator_rounds::settled(std::size_t i, const error& why) {
  one_group& one = groups_[i];
  one.failure = why;
  const bool certain = why.persisted() == persistence::no;
  const bool passing = why.client() == client_code::none ? passes(why.broker_code())
                                                         : why.retriable() || why.is(client_code::unknown_broker);
  if (!why || !passing || !(certain || repeatable_)) {
    open_.erase(i);
    return;
  }
  hasty_ = false;
  // Whoever answered with anything else is still the one to ask; it loads, or waits for a transaction.
  if (why.client() != client_code::none || why.is(error_code::not_coordinator) ||
      why.is(error_code::coordinator_not_available)) {
    one.coordinator = no_broker;
  }
}

result<void> each_once(std::span<const std::string> groups) {
  std::set<std::string_view> seen;
  for (const std::string& one : groups) {
    if (seen.insert(one).second) continue;
    error_context context;
    context.asked = "group " + one;
    context.detail = "it is named twice";
    return unexpected(error(client_code::invalid_argument, std::move(context)));
  }
  return {};
}

}  // namespace v0
}  // namespace ottla
