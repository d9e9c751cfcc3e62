// partition_replay: what an interrupted replay left: letters that it had planned and not remembered as sent.
#include <algorithm>

#include "letter_batch.hpp"
#include "partition_replay.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using outcome = replayed_letter::outcome;

std::string text(const topic_partition& where) { return where.topic + "-" + std::to_string(where.partition); }

std::uint64_t count_of(const offset_set& letters) {
  std::int64_t out = 0;
  for (const offset_set::range& one : letters.ranges()) out += one.to - one.from;
  return static_cast<std::uint64_t>(out);
}

}  // namespace

// For each planned batch: it is in its target, or it is written now under the very identity that was planned, or
// nobody can tell. In each case the note that is stored next says so.
result<void> partition_replay::recover() {
  if (!note_.intent) return {};
  const replay_intent left = *note_.intent;
  context_.say("an earlier replay of " + text(where_) + " was interrupted: looking for what it was about to send");
  if (context_.how.dry_run) return {};
  if (auto waited = wait_for_the_dead(left); !waited) return waited;
  if (auto ours = store(); !ours) return ours;
  for (const planned_batch& batch : left.batches) {
    auto there = context_.link.search(batch, where_, context_.how.timeout);
    if (!there) return there.error();
    result<void> settled;
    if (*there == marker_search::found) {
      settle_found(batch, outcome::found);
    } else if (*there == marker_search::absent) {
      settled = send_again(batch);
    } else {
      settled = doubt(batch);
    }
    if (!settled) return settled;
    std::erase_if(note_.intent->batches, [&](const planned_batch& one) { return one.to == batch.to; });
    dirty_ = true;
  }
  note_.intent.reset();
  seen_ = note_.next;
  return store();
}

// Who planned it held the partition for session_timeout from then on at most, and sends nothing later. The time is by
// its clock and ours: more than session_timeout is never waited for.
result<void> partition_replay::wait_for_the_dead(const replay_intent& left) {
  const auto age = std::chrono::milliseconds(context_.link.wall().time_since_epoch().count() - left.written_at);
  const auto wait = std::min(context_.how.session_timeout, context_.how.session_timeout - age);
  if (wait <= std::chrono::milliseconds(0)) return {};
  context_.say("waiting " + std::to_string(wait.count()) + " ms until its last request cannot be under way any more");
  context_.link.pause(wait);
  return {};
}

void partition_replay::settle_found(const planned_batch& batch, outcome what) {
  for (const offset_set::range& one : batch.letters.ranges()) {
    for (std::int64_t offset = one.from; offset < one.to; ++offset)
      context_.tell({what, where_, offset, batch.to, -1, {}});
  }
  note_.settle(batch.letters);
}

// The letters are read again and written under the planned identity. If the batch arrived all the same, after the
// search, the broker knows the identity and refuses a second one; and if it is still on its way, it is the second.
result<void> partition_replay::send_again(const planned_batch& batch) {
  consumer_config config;
  const std::int64_t first = batch.letters.ranges().front().from, last = batch.letters.ranges().back().to;
  config.partitions = {{where_.topic, where_.partition, at_offset(first)}};
  config.reset = offset_reset::earliest;
  consumer from(context_.on, config);
  std::vector<partition_records> held;  // what the views borrow from; a batch's letters are few
  std::vector<letter> load;
  steady_ns heard = context_.link.now();
  const offset_query ask{where_.topic, where_.partition, latest_offset};
  auto end = admin(context_.on).list_offsets({&ask, 1}, read_isolation::uncommitted, context_.how.timeout);
  if (!end) return end.error();
  if (end->front().failure) return end->front().failure;
  for (std::int64_t next = first; next < std::min(last, end->front().offset);) {
    auto polled = from.poll(std::chrono::milliseconds(100));
    if (!polled) return polled.error();
    for (const partition_error& one : polled->errors()) {
      if (!one.why.retriable()) return one.why;
    }
    for (partition_records& part : polled->partitions()) {
      bool wanted = false;
      for (const record_view& record : part) wanted = wanted || batch.letters.contains(record.offset());
      if (wanted) held.push_back(part);
    }
    for (const partition_position& one : polled->end()) {
      next = std::max(next, one.offset);
      heard = context_.link.now();
    }
    if (context_.stop_wanted()) return error(client_code::cancelled, {});
    if (context_.link.now() - heard >= context_.how.timeout) {
      error_context context;
      context.asked = "reading the letters of " + text(where_) + " again";
      context.detail = "no record came although the end was not reached";
      return error(client_code::timed_out, std::move(context));
    }
  }
  for (const partition_records& part : held) {
    for (const record_view& record : part) {
      if (batch.letters.contains(record.offset())) load.push_back({record, record.offset(), batch.to});
    }
  }
  std::vector<record_view> records;
  for (const letter& one : load) records.push_back(one.record);
  if (records.empty()) return {};  // retention has taken them: nothing is left to send
  const written_batch end_of = context_.link.write(batch, where_, letter_batch(records, note_.intent->as, context_.how),
                                                   [this] { return may_send(); });
  if (end_of.what == written_batch::fate::unknown) return end_of.why;
  // What is refused was searched for, and is not there: the letters come again in rounds of their own.
  if (end_of.what == written_batch::fate::stored) settle(load, outcome::sent, end_of.base_offset, batch.to);
  return {};
}

result<void> partition_replay::doubt(const planned_batch& batch) {
  if (context_.how.in_doubt == replay_doubt::leave_out) {
    settle_found(batch, outcome::found);
    return {};
  }
  if (context_.how.in_doubt == replay_doubt::send) return send_again(batch);
  error_context context;
  context.asked = "replay of " + text(where_);
  context.detail = "an earlier one was interrupted while it sent " + std::to_string(count_of(batch.letters)) +
                   " letters to " + text(batch.to) + ", from offset " +
                   std::to_string(batch.letters.ranges().front().from) +
                   " on, and whether they arrived cannot be seen any more: that log was cut, compacted or made anew";
  context.advice = "look at the target, then choose: --in-doubt send, or --in-doubt leave-out";
  context.persisted = persistence::possibly;
  return error(client_code::invalid_argument, std::move(context));
}

}  // namespace v0
}  // namespace ottla
