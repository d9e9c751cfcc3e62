// fetcher_positions: finding where a partition's reading begins, and whether it may go on under a new leader.
#include <algorithm>
#include <utility>

#include "fetcher.hpp"
#include "topic_places.hpp"

namespace ottla {
inline namespace v0 {

steady_ns fetcher::lookup_deadline() const { return after(now_.mono, core_->config().request_timeout); }

void fetcher::seek(partition_slot& slot, std::uint64_t version, start_position to) {
  fetch_partition* one = find(*slot.where);
  if (one == nullptr || one->slot.get() != &slot) return;
  one->version = version;
  one->not_before = {};
  one->retry.reset();
  if (to.from == start_position::kind::offset) {
    one->move_to(to.value, -1);
  } else {
    one->locate(to);
  }
  dirty_ = true;
}

void fetcher::begin(partition_slot& slot, std::uint64_t version, const start_position& start,
                    std::int32_t leader_epoch) {
  fetch_partition* one = find(*slot.where);
  if (one == nullptr || one->slot.get() != &slot || one->version != version) return;
  if (start.from == start_position::kind::offset) {
    settle_position(*one, start.value, leader_epoch);
    // Committed under an older leader: does the log of this one reach there? (C-33)
    if (leader_epoch >= 0 && one->leader_epoch > leader_epoch) one->enter(fetch_phase::validating);
    return;
  }
  one->locate(start);
  dirty_ = true;
}

void fetcher::refetch(partition_slot& slot, std::uint64_t version, const partition_position& from) {
  fetch_partition* one = find(*slot.where);
  if (one == nullptr || one->slot.get() != &slot) return;
  one->version = version;
  one->move_to(from.offset, from.leader_epoch);
  one->back_off(core_->now().mono);
  dirty_ = true;
}

void fetcher::locate_all() {
  std::vector<leader_lookup::item> items;
  std::vector<std::uint64_t> questions;
  for (auto& [where, held] : partitions_) {
    fetch_partition& one = *held;
    if (one.phase != fetch_phase::locating || one.question != 0 || one.leader == no_broker) continue;
    if (now_.mono < one.not_before) {
      next_ = std::min(next_, one.not_before);
      continue;
    }
    leader_lookup::item item{where, latest_timestamp};
    if (one.start.from == start_position::kind::earliest || one.tail_end >= 0) item.timestamp = earliest_timestamp;
    if (one.start.from == start_position::kind::timestamp) item.timestamp = one.start.value;
    items.push_back(item);
    questions.push_back(one.question = ++questions_);
  }
  if (items.empty()) return;
  std::vector<leader_lookup::item> asked = items;
  lookups_.push_back(
      make_offset_lookup(std::move(items), config_.isolation, lookup_deadline(),
                         [self = weak_from_this(), asked = std::move(asked), questions = std::move(questions)](
                             std::size_t i, const lookup_answer_of_partition& answer) {
                           if (auto me = self.lock())
                             me->on_located(asked[i].where, questions[i], asked[i].timestamp, answer);
                         }));
}

void fetcher::on_located(const topic_partition& where, std::uint64_t question, std::int64_t timestamp,
                         const lookup_answer_of_partition& answer) {
  fetch_partition* one = attached_ ? find(where) : nullptr;
  if (one == nullptr || one->question != question) return;  // C-30
  now_ = core_->now();
  dirty_ = true;
  one->question = 0;
  if (answer.failure) {
    one->back_off(now_.mono);
    if (!answer.failure.retriable()) report(where, answer.failure);
    return;
  }
  if (timestamp >= 0 && answer.offset < 0) {  // nothing is that young
    one->locate(latest);
    return;
  }
  if (answer.offset < 0) {
    one->back_off(now_.mono);
    return;
  }
  if (one->start.from == start_position::kind::tail) {
    if (one->tail_end < 0) {
      one->tail_end = answer.offset;  // and where does it begin?
      return;
    }
    const std::int64_t wanted = one->tail_end - std::min(one->tail_end, std::max<std::int64_t>(one->start.value, 0));
    return settle_position(*one, std::max(wanted, answer.offset), -1);
  }
  settle_position(*one, answer.offset, -1);
}

void fetcher::settle_position(fetch_partition& one, std::int64_t offset, std::int32_t epoch) {
  const bool jumps = std::exchange(one.jumps, false);
  one.retry.reset();
  one.move_to(offset, epoch);
  dirty_ = true;
  if (jumps) {
    queue_->jump(one.slot, one.version, offset);
  } else {
    queue_->located(*one.slot, one.version, {*one.where, offset, epoch});
  }
}

void fetcher::validate_all() {
  std::vector<leader_lookup::item> items;
  std::vector<std::uint64_t> questions;
  for (auto& [where, held] : partitions_) {
    fetch_partition& one = *held;
    if (one.phase != fetch_phase::validating || one.question != 0 || one.leader == no_broker) continue;
    if (now_.mono < one.not_before) {
      next_ = std::min(next_, one.not_before);
      continue;
    }
    items.push_back({where, 0, one.offset_epoch});
    questions.push_back(one.question = ++questions_);
  }
  if (items.empty()) return;
  std::vector<leader_lookup::item> asked = items;
  lookups_.push_back(
      make_epoch_lookup(std::move(items), lookup_deadline(),
                        [self = weak_from_this(), asked = std::move(asked), questions = std::move(questions)](
                            std::size_t i, const lookup_answer_of_partition& answer) {
                          if (auto me = self.lock()) me->on_validated(asked[i].where, questions[i], answer);
                        }));
}

//     our log     ... epoch 3 ........ | position (offset_epoch 3)
//     the leader  ... epoch 3 .. | epoch 4 ...      its end of epoch 3 lies below the position: what we read behind it
//     is gone
void fetcher::on_validated(const topic_partition& where, std::uint64_t question,
                           const lookup_answer_of_partition& answer) {
  fetch_partition* one = attached_ ? find(where) : nullptr;
  if (one == nullptr || one->question != question) return;
  now_ = core_->now();
  dirty_ = true;
  one->question = 0;
  if (answer.failure && answer.failure.retriable()) {
    one->back_off(now_.mono);
    return;
  }
  one->enter(fetch_phase::fetching);
  if (answer.failure) {  // not allowed, or not known to this broker: the fetch itself will tell
    core_->log(log_level::info, "consumer", answer.failure.message());
    return;
  }
  const bool undefined = answer.offset < 0 || answer.leader_epoch < 0;
  if (!undefined && answer.offset < one->offset) {
    core_->log(log_level::warning, "consumer",
               "the log of " + where.topic + "-" + std::to_string(where.partition) + " was truncated at " +
                   std::to_string(answer.offset) + " by a change of leaders; " + std::to_string(one->offset) +
                   " was reached before");
    if (reset_of(config_, where.topic) == offset_reset::none)
      return reset_by_policy(*one, "the log was truncated at " + std::to_string(answer.offset));
    // Also what is prefetched behind that point is no longer part of the log.
    const auto next =
        queue_->restart_if(*one->slot, one->version, partition_position{where, answer.offset, answer.leader_epoch});
    one->version = next.value_or(one->version);
    one->move_to(answer.offset, answer.leader_epoch);
    return;
  }
  if (std::exchange(one->out_of_range, false)) reset_by_policy(*one, "the leader's log does not reach there");
}

void fetcher::reset_by_policy(fetch_partition& one, std::string why) {
  dirty_ = true;
  const offset_reset policy = reset_of(config_, one.where->topic);
  if (policy != offset_reset::none) {
    const start_position to = policy == offset_reset::earliest ? earliest : latest;
    core_->log(log_level::warning, "consumer",
               one.where->topic + "-" + std::to_string(one.where->partition) + " is reset to its " +
                   (policy == offset_reset::earliest ? "beginning" : "end") + ": offset " + std::to_string(one.offset) +
                   " is not in the log: " + why);
    one.locate(to);
    one.jumps = true;  // what was fetched before is good
    return;
  }
  one.enter(fetch_phase::halted);
  error_context context;
  context.asked = "Fetch of " + one.where->topic + "-" + std::to_string(one.where->partition);
  context.detail = "offset " + std::to_string(one.offset) + " is not in the log: " + why;
  context.advice = "seek to where reading should go on, or set a reset policy";
  report(*one.where, error(client_code::offset_out_of_range, std::move(context)));
}

}  // namespace v0
}  // namespace ottla
