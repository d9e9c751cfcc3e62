// service_history: fates, and the comparison of promises with logs.
#include "service_history.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "ottla/service/dead_letter.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

std::uint64_t message_number(std::string_view text) {
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
  const std::uint64_t most = static_cast<std::uint64_t>(rules_.retries) + rules_.tiers.size();
  if (draw < 85) return {temporary, 1 + static_cast<int>(rng.below(most)), {}};
  if (draw < 89) return {hopeless, std::numeric_limits<int>::max(), {}};
  if (draw < 95) return {poison, 0, {}};
  return {slow, 0, std::chrono::milliseconds(rng.below(rng.below(8) == 0 ? 2'000 : 100))};
}

void service_history::violate(std::string invariant, std::string detail) {
  sim::violate(out_, where_, std::move(invariant), std::move(detail));
}

verdict service_history::handle(const message& what) {
  const message_origin first = what.origin();
  const place here{first.partition, first.offset};
  if (first.topic != rules_.topic) violate("origin", at(here.first, here.second) + " is told to come from elsewhere");
  if (rules_.key_order && !what.key().is_null()) check_order(what, here);
  const message_fate fate_now = fate(message_number(what.value().text()));
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
  done_.insert(here);
  return ottla::done;
}

// Whoever is handled, all earlier ones of its key must be over: done, or acknowledged as dead.
void service_history::check_order(const message& what, const place& here) {
  const auto [partition, offset] = here;
  std::int64_t& known = stored_to_[partition];
  if (offset >= known) {
    for (const mock::stored_record& one : where_.cluster().records(rules_.topic, partition)) {
      if (one.offset < known) continue;
      known = one.offset + 1;
      if (one.key) of_key_[{partition, *one.key}].insert(one.offset);
    }
  }
  std::set<std::int64_t>& earlier = of_key_[{partition, std::string(what.key().text())}];
  while (!earlier.empty() && *earlier.begin() < offset) {
    const place before{partition, *earlier.begin()};
    if (!settled(before)) read_letters();
    if (!settled(before)) {
      violate("key-order", at(partition, offset) + " of key " + std::string(what.key().text()) + ", from " +
                               std::string(what.topic()) + ", overtakes " + at(partition, before.second));
      return;
    }
    earlier.erase(earlier.begin());
  }
}

std::int64_t service_history::committed(const std::string& topic, std::int32_t partition) const {
  for (const mock::committed_info& one : where_.cluster().committed(rules_.group)) {
    if (one.topic == topic && one.partition == partition) return one.offset;
  }
  return 0;
}

void service_history::check_commits() {
  for (const mock::committed_info& one : where_.cluster().committed(rules_.group))
    check_commit(one.topic, one.partition, one.offset);
}

void service_history::check_commit(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  const auto tier = std::find(rules_.tiers.begin(), rules_.tiers.end(), topic);
  if (topic != rules_.topic && tier == rules_.tiers.end()) return;
  const auto level = topic == rules_.topic ? 0 : static_cast<std::size_t>(tier - rules_.tiers.begin()) + 1;
  std::int64_t& checked = checked_[{topic, partition}];
  if (offset < checked)
    violate("rewound", "the group's offset went back from " + topic + "-" + at(partition, checked) + " to " +
                           std::to_string(offset));
  for (; checked < offset; ++checked) {
    if (level > 0 && !retries_.contains({level, partition, checked})) read_retries();
    const place which = level == 0 ? place{partition, checked} : retries_[{level, partition, checked}];
    if (settled(which)) continue;
    read_letters();
    read_retries();
    const auto went = tiers_of_.find(which);
    if (settled(which) || (went != tiers_of_.end() && *went->second.rbegin() > level)) continue;
    violate("skipped", topic + "-" + at(partition, checked) +
                           " was committed, and is neither done, nor a dead letter, nor in a tier behind");
    return;
  }
}

bool service_history::all_committed(std::int32_t partitions) {
  for (std::int32_t i = 0; i < partitions; ++i) {
    if (committed(rules_.topic, i) < where_.cluster().partition(rules_.topic, i)->high_watermark) return false;
  }
  for (const std::string& tier : rules_.tiers) {
    for (std::int32_t i = 0; const auto known = where_.cluster().partition(tier, i); ++i) {
      if (committed(tier, i) < known->high_watermark) return false;
    }
  }
  return true;
}

void service_history::read_retries() {
  for (std::size_t level = 1; level <= rules_.tiers.size(); ++level) {
    const std::string& topic = rules_.tiers[level - 1];
    for (std::int32_t i = 0; const auto known = where_.cluster().partition(topic, i); ++i) {
      std::int64_t& next = retries_read_[{level, i}];
      if (known->high_watermark <= next) continue;
      for (const mock::stored_record& one : where_.cluster().records(topic, i)) {
        if (one.offset < next) continue;
        next = one.offset + 1;
        const dead_letter_note note = read_dead_letter(views_of(one));
        const place which{note.from.partition, note.offset};
        if (note.from.topic != rules_.topic || note.tier != static_cast<int>(level) || !note.due ||
            one.headers.empty() || one.headers[0].second != one.value)
          violate("retry", topic + "-" + at(i, one.offset) + " does not say what it is");
        if (rules_.key_order && note.from.partition != i)
          violate("retry", topic + "-" + at(i, one.offset) + " is of another partition");
        retries_[{level, i, one.offset}] = which;
        tiers_of_[which].insert(level);
      }
    }
  }
}

void service_history::read_letters() {
  const std::string& dead = rules_.dead_letters;
  for (std::int32_t i = 0; where_.cluster().partition(dead, i); ++i) {
    std::int64_t& next = letters_read_[i];
    if (where_.cluster().partition(dead, i)->high_watermark <= next) continue;
    for (const mock::stored_record& letter : where_.cluster().records(dead, i)) {
      if (letter.offset < next) continue;
      next = letter.offset + 1;
      check_letter(letter);
    }
  }
}

// Who follows into the last tier has no more than the tries in place.
bool service_history::may_die(const message_fate& of) const {
  if (of.what == message_fate::kind::hopeless) return true;
  return of.what == message_fate::kind::temporary && rules_.key_order && of.failures > rules_.retries;
}

void service_history::check_letter(const mock::stored_record& letter) {
  const dead_letter_note note = read_dead_letter(views_of(letter));
  if (note.from.topic != rules_.topic) return violate("dead-letter", "it does not say where it came from");
  ++letters_[{note.from.partition, note.offset}];
  const auto log = where_.cluster().records(rules_.topic, note.from.partition);
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
  const message_fate fate_was = fate(message_number(*letter.value));
  const bool poison = fate_was.what == message_fate::kind::poison;
  if (!poison && !may_die(fate_was)) violate("dead-letter", where + " could have been handled");
  // Who followed an earlier one of its key had no try in the tiers before.
  const int most = poison ? 0 : rules_.retries + static_cast<int>(rules_.tiers.size());
  const int least = rules_.key_order && !poison ? rules_.retries : most;
  if (note.retries < least || note.retries > most || note.group != rules_.group || !note.failed_at ||
      note.error.find(poison ? "poison" : "not yet") == std::string::npos ||
      note.exception_type != (poison ? "bad_message" : "temporary_error"))
    violate("dead-letter", where + " says what did not happen");
}

void service_history::check_all(std::int32_t partitions) {
  read_letters();
  for (std::int32_t i = 0; i < partitions; ++i) {
    for (const mock::stored_record& one : where_.cluster().records(rules_.topic, i)) {
      const message_fate fate_was = fate(message_number(*one.value));
      const auto kind = fate_was.what;
      const bool should_die = kind == message_fate::kind::poison || kind == message_fate::kind::hopeless;
      const bool handled = done_.contains({i, one.offset}), dead = letters_.contains({i, one.offset});
      if (!handled && !dead) violate("lost", at(i, one.offset) + " is neither done nor a dead letter");
      if (!should_die && may_die(fate_was)) continue;
      if (handled == should_die) violate("fate", at(i, one.offset) + (handled ? " was" : " was not") + " done");
    }
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
