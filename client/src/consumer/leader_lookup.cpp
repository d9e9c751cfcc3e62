// leader_lookup: the fan-out, the merge and the second tries.
#include "leader_lookup.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

// How often in a row the cluster may say that a topic does not exist before we believe it (C-14).
constexpr int believed_unknown = 5;

bool stale_metadata(protocol::error_code code) {
  using protocol::error_code;
  return code == error_code::not_leader_or_follower || code == error_code::leader_not_available ||
         code == error_code::fenced_leader_epoch || code == error_code::unknown_topic_or_partition ||
         code == error_code::replica_not_available || code == error_code::kafka_storage_error;
}

}  // namespace

leader_lookup::leader_lookup(std::string asked, std::vector<item> items, steady_ns deadline, on_answer answered)
    : asked_(std::move(asked)),
      items_(std::move(items)),
      progress_(items_.size()),
      deadline_(deadline),
      answered_(std::move(answered)),
      left_(items_.size()) {
  for (std::size_t i = 0; i < items_.size(); ++i) sorted_.push_back(i);
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [this](std::size_t a, std::size_t b) { return items_[a].where < items_[b].where; });
}

steady_ns leader_lookup::step(core& on) {
  if (finished()) return never;
  const instant now = on.now();
  if (!wanting_) {
    wanting_ = true;
    started_ = now.mono;
    wait_.emplace(on.config().retry_backoff, on.config().retry_backoff_max, on.stream("leader-lookup", sorted_.size()));
    for (const item& one : items_) on.meta().want_topic(one.where.topic, now.mono);
  }
  steady_ns next = deadline_;
  std::map<broker_id, std::vector<std::size_t>> by_leader;
  for (const std::size_t i : sorted_) {
    progress& state = progress_[i];
    if (state.done) continue;
    if (now.mono >= deadline_) {
      settle(i, {.failure = describe(i, state.last)});
      continue;
    }
    const partition_metadata* told = told_of(on.meta(), i);
    // The one before may be silent for long, and speaks of a log that counts no more.
    if (state.asked && told != nullptr && told->leader != no_broker &&
        (told->leader != state.leader || told->leader_epoch > state.epoch))
      state.asked = false;
    if (state.asked) continue;
    if (auto why = hopeless(on.meta(), items_[i])) {
      settle(i, {.failure = *why});
      continue;
    }
    if (now.mono < state.not_before) {
      next = std::min(next, state.not_before);
      continue;
    }
    if (told == nullptr) continue;  // the next metadata steps us
    const broker_id leader = told->leader;
    if (leader == no_broker) {
      on.meta().request_refresh();
    } else if (on.reachable(leader, lane::control, owner_id::shared)) {
      std::vector<std::size_t>& batch = by_leader[leader];
      // Brokers refuse a partition that is named twice: the second question waits for the first answer.
      if (batch.empty() || items_[batch.back()].where != items_[i].where) batch.push_back(i);
    } else {
      next = std::min(next, on.reachable_at(leader, lane::control, owner_id::shared));
      on.meta().request_refresh();
    }
  }
  for (auto& [leader, which] : by_leader) {
    std::vector<std::int32_t> epochs;
    for (const std::size_t i : which) {
      progress& state = progress_[i];
      state.asked = true;
      state.round = rounds_ + 1;
      state.leader = leader;
      state.epoch = told_of(on.meta(), i)->leader_epoch;
      ++state.tries;
      epochs.push_back(state.epoch);
    }
    request ask = make(which, epochs);
    ask.deadline = deadline_;
    ask.done = [self = shared_from_this(), &on, round = ++rounds_, from = leader, asked = which](response&& answer) {
      self->answered(on, round, from, answer, asked);
    };
    on.send(route{route::target::broker, leader, lane::control, owner_id::shared}, std::move(ask));
  }
  if (finished()) release(on);
  return finished() ? never : next;
}

const partition_metadata* leader_lookup::told_of(const metadata& known, std::size_t index) const {
  const topic_partition& where = items_[index].where;
  const topic_metadata* topic = known.find(where.topic);
  const auto partition = static_cast<std::size_t>(where.partition);
  return topic == nullptr || partition >= topic->partitions.size() ? nullptr : &topic->partitions[partition];
}

void leader_lookup::answered(core& on, std::uint64_t round, broker_id, const response& answer,
                             const std::vector<std::size_t>& which) {
  error why = answer.failure;
  reading_on_ = &on;
  reading_round_ = round;
  reading_broker_ = answer.broker;
  if (!why) why = read(answer);
  const bool omitted = !why;
  if (omitted) {
    error_context context;
    context.broker = answer.broker;
    context.detail = "the answer leaves out a partition that was asked for";
    why = error(client_code::malformed_response, std::move(context));
  }
  for (const std::size_t i : which) {
    progress& state = progress_[i];
    if (state.done || !state.asked || state.round != round) continue;
    const bool again = omitted || why.retriable() || why.is(client_code::unknown_broker);
    if (again && !on.is_shut_down()) {
      retry(i, why);
    } else {
      settle(i, {.failure = describe(i, why)});
    }
  }
  if (why && !omitted) on.meta().request_refresh();
  reading_on_ = nullptr;
  if (finished()) release(on);
  on.nudge(on.now().mono);
}

void leader_lookup::heard(std::string_view topic, std::int32_t partition, protocol::error_code code,
                          const lookup_answer_of_partition& answer) {
  const auto order = [&](std::size_t index, std::int32_t wanted) {
    const topic_partition& where = items_[index].where;
    const int by_name = std::string_view(where.topic).compare(topic);
    return by_name < 0 || (by_name == 0 && where.partition < wanted);
  };
  for (auto it = std::lower_bound(sorted_.begin(), sorted_.end(), partition, order); it != sorted_.end(); ++it) {
    const item& one = items_[*it];
    if (one.where.partition != partition || one.where.topic != topic) return;
    progress& state = progress_[*it];
    // Only what this request asked for, and only once, however often the answer says it (C-58, C-60).
    if (state.done || !state.asked || state.round != reading_round_) continue;
    if (code == protocol::error_code::none) {
      settle(*it, answer);
      continue;
    }
    error_context context;
    context.broker = reading_broker_;
    error why(code, std::move(context));
    if (stale_metadata(code)) reading_on_->meta().request_refresh();
    if (why.retriable()) {
      retry(*it, std::move(why));
    } else {
      settle(*it, {.failure = describe(*it, why)});
    }
  }
}

void leader_lookup::settle(std::size_t index, const lookup_answer_of_partition& answer) {
  progress_[index].done = true;
  --left_;
  answered_(index, answer);
}

void leader_lookup::retry(std::size_t index, error why) {
  progress& state = progress_[index];
  state.asked = false;
  state.last = std::move(why);
  state.not_before = after(reading_on_->now().mono, wait_->next());
}

std::optional<error> leader_lookup::hopeless(const metadata& known, const item& one) const {
  const topic_metadata* topic = known.find(one.where.topic);
  if (topic == nullptr) return std::nullopt;
  error_context context;
  context.asked = asked_ + " of " + one.where.topic + "-" + std::to_string(one.where.partition);
  if (topic->error == protocol::error_code::unknown_topic_or_partition && topic->unknown_answers >= believed_unknown) {
    context.detail = "the cluster has no topic " + one.where.topic;
    context.advice = "check the name, or create it";
    context.attempts = topic->unknown_answers;
    return error(client_code::unknown_topic, std::move(context));
  }
  if (topic->error == protocol::error_code::topic_authorization_failed ||
      topic->error == protocol::error_code::invalid_topic_exception) {
    return error(topic->error, std::move(context));
  }
  if (!topic->partitions.empty() &&
      (one.where.partition < 0 || static_cast<std::size_t>(one.where.partition) >= topic->partitions.size())) {
    context.detail = one.where.topic + " has partitions 0 to " + std::to_string(topic->partitions.size() - 1);
    return error(client_code::unknown_partition, std::move(context));
  }
  return std::nullopt;
}

error leader_lookup::describe(std::size_t index, const error& last) const {
  const item& one = items_[index];
  error_context context = last.context();
  context.asked = asked_ + " of " + one.where.topic + "-" + std::to_string(one.where.partition);
  context.attempts = progress_[index].tries;
  if (!last) {
    context.detail = "no leader of the partition could be asked before the deadline";
    return error(client_code::timed_out, std::move(context));
  }
  return last.client() != client_code::none ? error(last.client(), std::move(context))
                                            : error(last.broker_code(), std::move(context));
}

void leader_lookup::close(core& on, const error& why) {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!progress_[i].done) settle(i, {.failure = why});
  }
  release(on);
}

void leader_lookup::release(core& on) {
  if (!std::exchange(wanting_, false)) return;
  for (const item& one : items_) on.meta().release_topic(one.where.topic);
}

}  // namespace v0
}  // namespace ottla
