// flow: turns and what follows from their verdicts: tries, timers, dead letters.
#include <algorithm>
#include <utility>

#include "flow.hpp"
#include "key_hash.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error blocked_by(const topic_partition& where, std::int64_t offset, const char* what, const std::string& to,
                 const error& cause) {
  error_context context = cause.context();
  context.asked = std::string("writing the ") + what + " of " + where.topic + "-" + std::to_string(where.partition) +
                  "@" + std::to_string(offset) + " to " + to;
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
    if (one->of->blocked > 0 || gated(*one->of)) {
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
    case turn_report::outcome::follows:
      one->tried_before = end.tried_before;
      write(one, end.to, true);
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
    one->tried_before = of->tried_before;
    of->why.clear();
    one->runs.push_back(of->runs.front().take_front());
    if (of->runs.front().ended()) of->runs.pop_front();
    settle(of);
  }
  ++one->tries;
  one->tried_before = end.tried_before;
  one->why = end.said.why();
  one->type = end.said.type();
  one->took = end.took;
  one->failed_at = now.wall;
  if (!end.said.is_retry()) return give_up(one);
  const std::size_t level = one->of->retrying.level;
  const bool long_pause = levels_.count() > level && end.said.delay() && *end.said.delay() > options_.retry.max;
  if (long_pause || !options_.retry.allows(one->all_tries())) {
    const auto next = levels_.next(level, end.said.delay());
    return next ? write(one, *next, false) : give_up(one);
  }
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
  if (!options_.dead_letter.empty()) return write(of, 0, false);
  if (counts_ != nullptr) counts_->processed(of->of->label, message_status::error, of->took);
  if (options_.otherwise == without_dead_letter::skip) {
    ++totals_.skipped;
    const std::int64_t offset = of->runs.front().front().offset();
    (void)of->of->tracked->finished(offset);
    of->of->finished_to = std::max(of->of->finished_to, offset + 1);
    notes_.push_back(note(flow_note::kind::skipped, *of));
    written(of, -1);
    return front_finished(of);
  }
  if (of->of->abandoned) return drop(of);
  of->now = flow_lane::state::stuck;
  block(*of, nowhere_to_write(*of));
}

void flow::write(const std::shared_ptr<flow_lane>& of, std::size_t tier, bool follows) {
  of->goes_to = tier;
  of->follows = follows;
  of->now = flow_lane::state::writing;
  unsent_.push_back(of);
}

std::vector<letter> flow::take_letters() {
  std::vector<letter> out;
  for (const std::shared_ptr<flow_lane>& one : std::exchange(unsent_, {})) {
    const record_view& record = one->runs.front().front();
    const retry_part& part = one->of->retrying;
    sent_letter& sent = under_way_[++last_letter_] = {one, record.offset(), std::nullopt};
    if (part.keys && one->goes_to > 0 && !record.key().is_null()) {
      sent.key = key_hash(record.key().bytes());
      part.keys->sent(one->goes_to, *sent.key);
    }
    ++one->of->letters;
    out.push_back({last_letter_, one->runs.front().front_alone(), one->goes_to, one->follows, one->all_tries(),
                   one->why, one->type, one->failed_at});
  }
  return out;
}

// The record in front is finished, done or elsewhere; one of a retry topic holds up its key no more.
void flow::written(const std::shared_ptr<flow_lane>& of, std::int64_t offset) {
  const record_view& record = of->runs.front().front();
  const retry_part& part = of->of->retrying;
  if (!part.keys || record.key().is_null()) return;
  const std::uint64_t key = key_hash(record.key().bytes());
  if (of->goes_to > 0 && of->now == flow_lane::state::writing) part.keys->stored(of->goes_to, key, offset);
  if (part.level > 0) part.keys->finished(part.level, key);
}

bool flow::letter_outcome(std::uint64_t number, const error& why, steady_ns now, std::int64_t offset) {
  const auto at = under_way_.find(number);
  if (at == under_way_.end()) return false;
  const sent_letter sent = std::move(at->second);
  under_way_.erase(at);
  const std::shared_ptr<flow_lane>& one = sent.from;
  flow_partition& of = *one->of;
  --of.letters;
  if (why) {
    ++totals_.letter_failures;
    if (sent.key) of.retrying.keys->not_sent(one->goes_to, *sent.key);
  } else {
    (void)of.tracked->finished(sent.offset);
    of.finished_to = std::max(of.finished_to, sent.offset + 1);
    count_written(*one);
  }
  if (of.removed) return true;
  if (!why) {
    flow_note said = note(one->goes_to == 0 ? flow_note::kind::dead_lettered
                          : one->follows    ? flow_note::kind::follows
                                            : flow_note::kind::tiered,
                          *one);
    if (one->goes_to > 0) {
      said.to = levels_.topic(of.retrying.source, one->goes_to);
      said.pause = one->follows ? std::chrono::nanoseconds(0) : levels_.time(one->goes_to);
    }
    notes_.push_back(std::move(said));
    written(one, offset);
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
  error blocked = one->goes_to == 0 ? blocked_by(of.where(), sent.offset, "dead letter", options_.dead_letter, why)
                                    : blocked_by(of.where(), sent.offset, "retry",
                                                 levels_.topic(of.retrying.source, one->goes_to), why);
  if (++one->letter_tries == 1) {
    block(*one, std::move(blocked));
  } else {
    of.why_blocked = std::move(blocked);
  }
  wait(one, flow_lane::state::unwritten, after(now, letter_pause(one->letter_tries)));
  return true;
}

// Each failure counts as one try that is followed by another, wherever that is.
void flow::count_written(const flow_lane& one) {
  const flow_partition& of = *one.of;
  if (one.follows) {
    ++totals_.followed;
    return;
  }
  if (one.goes_to == 0) {
    ++totals_.dead_lettered;
  } else {
    ++totals_.retried;
    ++totals_.tiered;
  }
  if (counts_ == nullptr) return;
  counts_->processed(of.label, one.goes_to == 0 ? message_status::dead_letter : message_status::error, one.took);
  one.goes_to == 0 ? counts_->dead_lettered(of.retrying.source_label) : counts_->retried(of.label);
}

void flow::front_finished(const std::shared_ptr<flow_lane>& of) {
  finish(*of->of, of->runs.front().account(), 1);
  of->runs.front().next();
  if (of->runs.front().ended()) of->runs.pop_front();
  of->tries = of->letter_tries = of->tried_before = 0;
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
  unpark(of);
}

void flow::unpark(flow_partition& of) {
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
          .tries = of.all_tries(),
          .why = of.why,
          .type = of.type};
}

}  // namespace v0
}  // namespace ottla
