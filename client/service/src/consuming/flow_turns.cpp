// flow: turns and what follows from their verdicts: tries, timers, dead letters.
#include <algorithm>
#include <utility>

#include "flow.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error blocked_by(const topic_partition& where, std::int64_t offset, const std::string& to, const error& cause) {
  error_context context = cause.context();
  context.asked = "writing the dead letter of " + where.topic + "-" + std::to_string(where.partition) + "@" +
                  std::to_string(offset) + " to " + to;
  context.detail = cause.message();
  context.advice = "the partition waits, and goes on when it can be written";
  return cause.client() != client_code::none ? error(cause.client(), std::move(context))
                                             : error(cause.broker_code(), std::move(context));
}

error nowhere_to_write(const flow_lane& of) {
  error_context context;
  context.asked = "giving up " + of.of->where().topic + "-" + std::to_string(of.of->where().partition) + "@" +
                  std::to_string(of.runs.front().front().offset());
  context.detail = "no dead letter topic is configured, so the partition stops there: " + of.why;
  context.advice = "set dead_letter, or otherwise = skip, and start again";
  return error(client_code::invalid_config, std::move(context));
}

}  // namespace

std::optional<lane_turn> flow::take() {
  while (!ready_.empty()) {
    const std::shared_ptr<flow_lane> one = std::move(ready_.front());
    ready_.pop_front();
    if (one->of->blocked > 0) {
      one->of->parked.push_back(one);
      continue;
    }
    one->now = flow_lane::state::running;
    ++one->of->running;
    ++totals_.running;
    lane_turn out{one, std::move(one->runs.front()), one->tries, std::move(one->why)};
    one->runs.pop_front();
    return out;
  }
  return std::nullopt;
}

bool flow::report(lane_turn turn, turn_report end, instant now) {
  const std::shared_ptr<flow_lane>& one = turn.from;
  flow_partition& of = *one->of;
  --of.running;
  --totals_.running;
  totals_.handled += end.handled;
  if (of.removed) return true;
  if (end.handled > 0) of.finished_to = std::max(of.finished_to, end.last + 1);
  finish(of, turn.run.account(), end.handled);
  one->tries = end.handled > 0 ? 0 : turn.tries;
  one->why = end.handled > 0 ? std::string() : std::move(turn.why);
  if (!turn.run.ended()) one->runs.push_front(std::move(turn.run));
  bool news = of.abandoned;
  switch (end.how) {
    case turn_report::outcome::over:
      settle(one);
      break;
    case turn_report::outcome::failed:
      failed(one, end, now);
      news = true;
      break;
    case turn_report::outcome::held:
      wait(one, flow_lane::state::waiting, end.until);
      news = true;
      break;
  }
  if (of.abandoned) drain(of);
  return update_bounds(of) || news;
}

void flow::settle(const std::shared_ptr<flow_lane>& of) {
  if (!of->runs.empty() && !of->of->abandoned) return line_up(of);
  of->now = flow_lane::state::idle;
  if (!of->runs.empty()) return;
  if (options_.order == message_order::none) of->of->lanes.erase(of->number);
}

// What a part's memory costs is counted until its last record is finished.
void flow::finish(flow_partition& of, part_account& account, std::size_t records) {
  account.left -= records;
  if (of.abandoned) return;
  of.records -= records;
  records_ -= records;
  if (account.left > 0 || records == 0) return;
  of.bytes -= account.bytes;
  bytes_ -= account.bytes;
}

void flow::failed(const std::shared_ptr<flow_lane>& of, const turn_report& end, instant now) {
  std::shared_ptr<flow_lane> one = of;
  // Nobody waits for it where nothing has an order: it goes alone.
  if (options_.order == message_order::none && (of->runs.size() > 1 || of->runs.front().left() > 1)) {
    one = lane_of(of->of, of->of->next_lane++);
    one->tries = std::exchange(of->tries, 0);
    of->why.clear();
    one->runs.push_back(of->runs.front().take_front());
    if (of->runs.front().ended()) of->runs.pop_front();
    settle(of);
  }
  ++one->tries;
  one->why = end.said.why();
  one->type = end.said.type();
  one->took = end.took;
  one->failed_at = now.wall;
  if (!end.said.is_retry() || !options_.retry.allows(one->tries)) return give_up(one);
  const std::chrono::nanoseconds pause =
      end.said.delay() ? std::chrono::nanoseconds(*end.said.delay()) : options_.retry.delay(one->tries, rng_);
  if (one->of->abandoned) {
    if (counts_ != nullptr) counts_->processed(one->of->label, message_status::error, end.took);
    return drop(one);
  }
  ++totals_.retried;
  if (counts_ != nullptr) {
    counts_->processed(one->of->label, message_status::error, end.took);
    counts_->retried(one->of->label);
  }
  flow_note said = note(flow_note::kind::retry, *one);
  said.pause = pause;
  notes_.push_back(std::move(said));
  wait(one, flow_lane::state::waiting, after(now.mono, pause));
}

void flow::wait(const std::shared_ptr<flow_lane>& one, flow_lane::state as, steady_ns until) {
  if (one->of->abandoned) return drop(one);
  one->now = as;
  timers_.emplace(timer_key{until, ++last_timer_}, one);
}

void flow::fire(steady_ns now) {
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const std::shared_ptr<flow_lane> one = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    if (one->now == flow_lane::state::unwritten) {
      one->now = flow_lane::state::writing;
      unsent_.push_back(one);
    } else {
      line_up(one);
    }
  }
}

// --- Given up --------------------------------------------------------------------------------------------------------

void flow::give_up(const std::shared_ptr<flow_lane>& of) {
  if (!options_.dead_letter.empty()) {
    of->now = flow_lane::state::writing;
    unsent_.push_back(of);
    return;
  }
  if (counts_ != nullptr) counts_->processed(of->of->label, message_status::error, of->took);
  if (options_.otherwise == without_dead_letter::skip) {
    ++totals_.skipped;
    const std::int64_t offset = of->runs.front().front().offset();
    (void)of->of->tracked->finished(offset);
    of->of->finished_to = std::max(of->of->finished_to, offset + 1);
    notes_.push_back(note(flow_note::kind::skipped, *of));
    return front_finished(of);
  }
  if (of->of->abandoned) return drop(of);
  of->now = flow_lane::state::stuck;
  block(*of, nowhere_to_write(*of));
}

std::vector<letter> flow::take_letters() {
  std::vector<letter> out;
  for (const std::shared_ptr<flow_lane>& one : std::exchange(unsent_, {})) {
    under_way_[++last_letter_] = {one, one->runs.front().front().offset()};
    ++one->of->letters;
    out.push_back({last_letter_, one->runs.front(), one->tries, one->why, one->type, one->failed_at});
  }
  return out;
}

bool flow::letter_outcome(std::uint64_t number, const error& why, steady_ns now) {
  const auto at = under_way_.find(number);
  if (at == under_way_.end()) return false;
  const sent_letter sent = std::move(at->second);
  under_way_.erase(at);
  const std::shared_ptr<flow_lane>& one = sent.from;
  flow_partition& of = *one->of;
  --of.letters;
  if (why) {
    ++totals_.letter_failures;
  } else {
    ++totals_.dead_lettered;
    (void)of.tracked->finished(sent.offset);
    of.finished_to = std::max(of.finished_to, sent.offset + 1);
    if (counts_ != nullptr) {
      counts_->processed(of.label, message_status::dead_letter, one->took);
      counts_->dead_lettered(of.label);
    }
  }
  if (of.removed) return true;
  if (!why) {
    notes_.push_back(note(flow_note::kind::dead_lettered, *one));
    if (one->letter_tries > 0 && !of.abandoned) unblock(of);
    front_finished(one);
    of.abandoned ? drain(of) : void(update_bounds(of));
    return true;
  }
  if (of.abandoned) {
    drop(one);
    drain(of);
    return true;
  }
  error blocked = blocked_by(of.where(), sent.offset, options_.dead_letter, why);
  if (++one->letter_tries == 1) {
    block(*one, std::move(blocked));
  } else {
    of.why_blocked = std::move(blocked);
  }
  wait(one, flow_lane::state::unwritten, after(now, letter_pause(one->letter_tries)));
  return true;
}

void flow::front_finished(const std::shared_ptr<flow_lane>& of) {
  finish(*of->of, of->runs.front().account(), 1);
  of->runs.front().next();
  if (of->runs.front().ended()) of->runs.pop_front();
  of->tries = of->letter_tries = 0;
  of->why.clear();
  settle(of);
}

void flow::block(const flow_lane& of, error why) {
  ++of.of->blocked;
  of.of->why_blocked = why;
  flow_note said = note(flow_note::kind::stopped, of);
  said.failure = std::move(why);
  notes_.push_back(std::move(said));
}

void flow::unblock(flow_partition& of) {
  if (--of.blocked > 0) return;
  of.why_blocked = {};
  notes_.push_back({.what = flow_note::kind::goes_on, .where = of.where()});
  while (!of.parked.empty()) {
    ready_.push_back(std::move(of.parked.front()));
    of.parked.pop_front();
  }
}

std::chrono::nanoseconds flow::letter_pause(int tries) const {
  std::chrono::milliseconds pause = options_.dead_letter_backoff;
  for (int i = 1; i < tries && pause < options_.dead_letter_max_backoff; ++i) pause *= 2;
  return std::min(pause, options_.dead_letter_max_backoff);
}

flow_note flow::note(flow_note::kind what, const flow_lane& of) const {
  return {.what = what,
          .where = of.of->where(),
          .offset = of.runs.front().front().offset(),
          .tries = of.tries,
          .why = of.why,
          .type = of.type};
}

}  // namespace v0
}  // namespace ottla
