// service_history: fates, and the comparison of promises with logs.
#include "service_history.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "ottla/service/dead_letter.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

std::uint64_t number_of(std::string_view text) {
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string at(std::int32_t partition, std::int64_t offset) {
  return std::to_string(partition) + "@" + std::to_string(offset);
}

std::vector<record_header> views_of(const mock::stored_record& from) {
  std::vector<record_header> out;
  for (const auto& [name, value] : from.headers) {
    out.push_back({name, value ? std::optional(blob(*value).bytes()) : std::nullopt});
  }
  return out;
}

}  // namespace

message_fate service_history::fate(std::uint64_t number) const {
  random_stream rng = random_stream::derive(seed_, "fate", number);
  using enum message_fate::kind;
  const std::uint64_t draw = rng.below(100);
  if (draw < 70) return {fine, 0, {}};
  if (draw < 85) return {temporary, 1 + static_cast<int>(rng.below(static_cast<std::uint64_t>(retries_))), {}};
  if (draw < 89) return {hopeless, retries_ + 1, {}};
  if (draw < 95) return {poison, 0, {}};
  return {slow, 0, std::chrono::milliseconds(rng.below(rng.below(8) == 0 ? 2'000 : 100))};
}

void service_history::violate(std::string invariant, std::string detail) {
  where_.note("VIOLATION " + invariant + ": " + detail);
  out_.violations.push_back({std::move(invariant), std::move(detail)});
}

verdict service_history::handle(const message& what) {
  const message_fate fate_now = fate(number_of(what.value().text()));
  ++out_.consumed;
  using enum message_fate::kind;
  switch (fate_now.what) {
    case poison:
      return reject("poison").as("bad_message");
    case temporary:
    case hopeless:
      if (what.tries() <= fate_now.failures) return retry("not yet: try " + std::to_string(what.tries()));
      break;
    case slow:
      where_.run_for(fate_now.lasts);
      break;
    case fine:
      break;
  }
  done_.emplace(what.partition(), what.offset());
  return ottla::done;
}

std::int64_t service_history::committed(std::int32_t partition) const {
  for (const mock::committed_info& one : where_.cluster().committed(group_)) {
    if (one.topic == topic_ && one.partition == partition) return one.offset;
  }
  return 0;
}

void service_history::check_commits() {
  for (const mock::committed_info& one : where_.cluster().committed(group_)) {
    if (one.topic != topic_) continue;
    std::int64_t& checked = checked_[one.partition];
    if (one.offset < checked) {
      violate("rewound",
              "the group's offset went back from " + at(one.partition, checked) + " to " + std::to_string(one.offset));
    }
    for (; checked < one.offset; ++checked) {
      if (done_.contains({one.partition, checked})) continue;
      read_letters();
      if (letters_.contains({one.partition, checked})) continue;
      violate("skipped", at(one.partition, checked) + " was committed, and is neither done nor a dead letter");
      return;
    }
  }
}

bool service_history::all_committed(std::int32_t partitions) {
  for (std::int32_t i = 0; i < partitions; ++i) {
    if (committed(i) < where_.cluster().partition(topic_, i)->high_watermark) return false;
  }
  return true;
}

void service_history::read_letters() {
  for (std::int32_t i = 0; where_.cluster().partition(dead_, i); ++i) {
    std::int64_t& next = letters_read_[i];
    if (where_.cluster().partition(dead_, i)->high_watermark <= next) continue;
    for (const mock::stored_record& letter : where_.cluster().records(dead_, i)) {
      if (letter.offset < next) continue;
      next = letter.offset + 1;
      check_letter(letter);
    }
  }
}

void service_history::check_letter(const mock::stored_record& letter) {
  const dead_letter_note note = read_dead_letter(views_of(letter));
  if (note.from.topic != topic_) return violate("dead-letter", "it does not say where it came from");
  ++letters_[{note.from.partition, note.offset}];
  const auto log = where_.cluster().records(topic_, note.from.partition);
  const auto original =
      std::find_if(log.begin(), log.end(), [&](const auto& one) { return one.offset == note.offset; });
  const std::string where = at(note.from.partition, note.offset);
  if (original == log.end()) return violate("dead-letter", where + " is no message");
  if (letter.key != original->key || letter.value != original->value || note.timestamp != original->timestamp)
    violate("dead-letter", where + " is not the message it was");
  for (std::size_t i = 0; i < original->headers.size(); ++i) {
    if (i >= letter.headers.size() || letter.headers[i] != original->headers[i])
      violate("dead-letter", where + " lost a header of its own");
  }
  const message_fate fate_was = fate(number_of(*letter.value));
  const bool poison = fate_was.what == message_fate::kind::poison;
  if (!poison && fate_was.what != message_fate::kind::hopeless)
    violate("dead-letter", where + " could have been handled");
  if (note.retries != (poison ? 0 : retries_) || note.group != group_ || !note.failed_at ||
      note.error.find(poison ? "poison" : "not yet") == std::string::npos ||
      note.exception_type != (poison ? "bad_message" : "temporary_error"))
    violate("dead-letter", where + " says what did not happen");
}

void service_history::check_all(std::int32_t partitions) {
  read_letters();
  for (std::int32_t i = 0; i < partitions; ++i) {
    for (const mock::stored_record& one : where_.cluster().records(topic_, i)) {
      const auto kind = fate(number_of(*one.value)).what;
      const bool should_die = kind == message_fate::kind::poison || kind == message_fate::kind::hopeless;
      const bool handled = done_.contains({i, one.offset}), dead = letters_.contains({i, one.offset});
      if (!handled && !dead) violate("lost", at(i, one.offset) + " is neither done nor a dead letter");
      if (handled == should_die) violate("fate", at(i, one.offset) + (handled ? " was" : " was not") + " done");
    }
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
