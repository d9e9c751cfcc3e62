// partition_replay: which letters go where, and the rounds in which they are sent.
#include "partition_replay.hpp"

#include <algorithm>

#include "letter_batch.hpp"
#include "ottla/partition_for_key.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using outcome = replayed_letter::outcome;

/// Refusals that are about a record, so that the others of its batch may pass without it.
bool is_about_a_record(const error& why) {
  using protocol::error_code;
  return why.is(error_code::message_too_large) || why.is(error_code::record_list_too_large) ||
         why.is(error_code::invalid_record) || why.is(error_code::invalid_timestamp);
}

error came_from_here(const std::string& topic) {
  error_context context;
  context.asked = "replay to " + topic;
  context.detail = "the letter came from the dead letters themselves, and would only come again";
  context.advice = "name another topic with --to";
  return error(client_code::invalid_argument, std::move(context));
}

}  // namespace

void replay_context::tell(replayed_letter one) {
  switch (one.what) {
    case outcome::sent:
    case outcome::would_send:
      ++summary.sent;
      break;
    case outcome::found:
      ++summary.found;
      break;
    case outcome::no_origin:
      ++summary.no_origin;
      break;
    case outcome::refused:
      ++summary.refused;
      break;
  }
  if (how.on_letter) how.on_letter(one);
}

// Into its own topic a letter goes where it was: its key's other records are there, whatever partitioner wrote them.
// Elsewhere that number means nothing, and a key goes where that topic's own producers would put it.
result<topic_partition> partition_replay::target_of(const record_view& record, const dead_letter_note& said) {
  topic_partition out{context_.how.to.value_or(said.from.topic), -1};
  auto known = context_.link.target(out.topic);
  if (!known) return known.error();
  if ((*known)->failure) return (*known)->failure;
  const auto count = static_cast<std::int32_t>((*known)->leaders.size());
  if (count == 0) return error(protocol::error_code::leader_not_available, {});
  const std::int32_t was =
      said.from.topic.empty() || said.from.partition < 0 ? record.partition() : said.from.partition;
  if (out.topic == said.from.topic && said.from.partition >= 0 && was < count) {
    out.partition = was;
  } else if (record.key().is_null()) {
    out.partition = was % count;
  } else {
    out.partition = partition_for_key(record.key().bytes(), count);
  }
  return out;
}

result<void> partition_replay::take(const partition_records& records, std::int64_t end) {
  std::vector<letter> round;
  std::size_t bytes = 0;
  for (const record_view& record : records) {
    if (record.offset() >= end || context_.enough()) break;
    if (context_.stop_wanted()) break;
    if (record.offset() < seen_) continue;
    const std::size_t before = round.size();
    const std::size_t more = batch_size_of(record, context_.how);
    if (!round.empty() && !is_room(round, bytes + more)) {
      if (auto sent = send_round(round); !sent) return sent;
      bytes = 0;
      if (context_.enough()) break;
      if (auto looked = look_at(record, round); !looked) return looked;
      bytes += round.empty() ? 0 : more;
      continue;
    }
    if (auto looked = look_at(record, round); !looked) return looked;
    if (round.size() > before) bytes += more;
  }
  return send_round(round);
}

bool partition_replay::is_room(const std::vector<letter>& round, std::size_t bytes) const {
  const dead_letter_replay_options& how = context_.how;
  return round.size() < how.batch_records && bytes <= how.batch_bytes &&
         (!how.max || context_.summary.sent + round.size() < *how.max);
}

result<void> partition_replay::look_at(const record_view& record, std::vector<letter>& round) {
  const std::int64_t from = std::exchange(seen_, record.offset() + 1);
  if (note_.is_done(record.offset())) {
    ++context_.summary.earlier;
    return {};
  }
  const dead_letter_note said = read_dead_letter(record.headers(), context_.how.names);
  if (context_.how.wanted && !context_.how.wanted(said)) {
    ++context_.summary.not_wanted;
    return {};
  }
  replayed_letter told{outcome::no_origin, where_, record.offset(), {}, -1, {}};
  if (!context_.how.to && said.from.topic.empty()) {
    context_.tell(std::move(told));
    return {};
  }
  auto to = target_of(record, said);
  if (to && to->topic == where_.topic) to = came_from_here(where_.topic);
  if (!to && (to.error().retriable() && !to.error().is(protocol::error_code::unknown_topic_or_partition)))
    return to.error();
  if (!to) {
    told.what = outcome::refused;
    told.to.topic = context_.how.to.value_or(said.from.topic);
    told.why = to.error();
    context_.tell(std::move(told));
    return {};
  }
  if (context_.how.dry_run) {
    told.what = outcome::would_send;
    told.to = std::move(*to);
    context_.tell(std::move(told));
    return {};
  }
  round.push_back({record, from, std::move(*to)});
  return {};
}

result<void> partition_replay::send_round(std::vector<letter>& round) {
  if (round.empty()) return {};
  const std::vector<letter> some = std::exchange(round, {});
  return send_some(some);
}

// A note must fit beside an offset, now and when these letters are done; fewer letters make a shorter one.
result<void> partition_replay::send_some(std::span<const letter> some) {
  auto intent = plan(some);
  if (!intent) return intent.error();
  replay_note next = note_;
  next.intent = std::move(*intent);
  replay_note then = note_;
  for (const letter& one : some) {
    offset_set covered;
    covered.add(one.from, one.record.offset() + 1);
    then.settle(covered);
  }
  if (std::max(next.text().size(), then.text().size()) > context_.how.max_note_bytes) {
    if (some.size() > 1) {
      if (auto sent = send_some(some.first(some.size() / 2)); !sent) return sent;
      return send_some(some.subspan(some.size() / 2));
    }
    error_context context;
    context.asked = "replay of " + where_.topic + "-" + std::to_string(where_.partition);
    context.detail = "so many letters between replayed ones were left out that it cannot be remembered which (" +
                     std::to_string(note_.done.ranges().size()) + " stretches)";
    context.advice = "replay those that were left out first, at least the oldest: without --error-matches, with --max";
    return error(client_code::invalid_argument, std::move(context));
  }
  note_ = std::move(next);
  if (auto stored = store(); !stored) return stored;
  return send_planned(some);
}

// Letters of one target stay in their order: they are in one batch.
result<replay_intent> partition_replay::plan(std::span<const letter> some) {
  replay_intent out;
  for (const letter& one : some) {
    auto batch = std::find_if(out.batches.begin(), out.batches.end(),
                              [&](const planned_batch& other) { return other.to == one.to; });
    if (batch == out.batches.end()) {
      auto end = context_.link.end_of(one.to);
      if (!end) return end.error();
      out.batches.push_back({one.to, *end, {}});
      batch = std::prev(out.batches.end());
    }
    batch->letters.add(one.record.offset(), one.record.offset() + 1);
  }
  auto as = context_.link.new_identity();
  if (!as) return as.error();
  out.as = *as;
  out.written_at = std::max<std::int64_t>(0, context_.link.wall().time_since_epoch().count());
  return out;
}

// Batch by batch; each that is settled leaves the intent in memory, and with the next stored note the group's.
result<void> partition_replay::send_planned(std::span<const letter> some) {
  std::vector<letter> refused;
  const replay_intent planned = *note_.intent;
  for (const planned_batch& batch : planned.batches) {
    std::vector<letter> load;
    std::vector<record_view> records;
    for (const letter& one : some) {
      if (!batch.letters.contains(one.record.offset())) continue;
      load.push_back(one);
      records.push_back(one.record);
    }
    written_batch end;
    end.what = written_batch::fate::stored;
    if (!records.empty()) {
      end = context_.link.write(batch, where_, letter_batch(records, planned.as, context_.how),
                                [this] { return may_send(); });
    }
    if (end.what == written_batch::fate::unknown) return end.why;
    std::erase(note_.intent->batches, batch);
    dirty_ = true;
    if (end.what == written_batch::fate::stored) {
      settle(load, outcome::sent, end.base_offset, batch.to);
    } else if (load.size() > 1 && is_about_a_record(end.why)) {
      refused.insert(refused.end(), load.begin(), load.end());
    } else {
      for (const letter& one : load)
        context_.tell({outcome::refused, where_, one.record.offset(), batch.to, -1, end.why});
    }
  }
  note_.intent.reset();
  return one_by_one(refused);
}

// Each in a round of its own, under an identity of its own: what is wrong with one holds up no other.
result<void> partition_replay::one_by_one(std::span<const letter> some) {
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (auto sent = send_some(some.subspan(i, 1)); !sent) return sent;
  }
  return {};
}

void partition_replay::settle(std::span<const letter> some, outcome what, std::int64_t base_offset,
                              const topic_partition& to) {
  offset_set covered;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const std::int64_t offset = some[i].record.offset();
    covered.add(some[i].from, offset + 1);
    context_.tell({what, where_, offset, to, base_offset < 0 ? -1 : base_offset + static_cast<std::int64_t>(i), {}});
  }
  note_.settle(covered);
  dirty_ = true;
}

result<void> partition_replay::finish() { return dirty_ ? store() : result<void>(); }

// The lease begins before the question: once the coordinator has answered it, nobody else is given the partition for
// session_timeout from then on.
result<void> partition_replay::store() {
  const steady_ns asked_at = context_.link.now();
  if (note_.intent)
    note_.intent->written_at = std::max<std::int64_t>(0, context_.link.wall().time_since_epoch().count());
  if (auto stored = store_(note_); !stored) return stored;
  lease_ = after(asked_at, context_.how.session_timeout);
  dirty_ = false;
  return {};
}

// A batch goes out only while the partition is ours; a lease that is half over is renewed by storing the note again,
// which the coordinator refuses to who has lost it.
result<steady_ns> partition_replay::may_send() {
  if (lease_ - context_.link.now() < context_.how.session_timeout / 2) {
    if (auto stored = store(); !stored) return stored.error();
  }
  return lease_;
}

}  // namespace v0
}  // namespace ottla
