// The judgement.
#include "history.hpp"

#include <charconv>

namespace ottla {
inline namespace v0 {
namespace sim {

std::optional<std::size_t> number_of(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  std::size_t number = 0;
  const auto [end, failed] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (failed != std::errc{}) return std::nullopt;
  return number;
}

void history::outcome(std::size_t number, const delivery& told) {
  sent_record& one = records_[number];
  ++one.outcomes;
  one.acked = !told.failure;
  one.maybe = told.failure.persisted() != persistence::no;
  one.partition = told.partition;
  one.offset = told.offset;
}

void history::check_logs(const mock::broker& cluster, std::string_view topic, report& into) {
  const auto violate = [&](std::string invariant, std::string detail) {
    into.violations.push_back({std::move(invariant), std::move(detail)});
  };
  for (const auto& info : cluster.topics()) {
    if (info.name != topic) continue;
    for (std::int32_t partition = 0; partition < info.partitions; ++partition) {
      std::map<int, std::size_t> last;  // by producer
      for (const mock::stored_record& stored : cluster.records(topic, partition)) {
        const auto number = number_of(stored.value);
        const std::string where = info.name + "-" + std::to_string(partition) + " @" + std::to_string(stored.offset);
        if (!number || *number >= records_.size()) {
          violate("altered", where + " holds what nobody sent");
          continue;
        }
        sent_record& sent = records_[*number];
        into.digest = (into.digest ^ (*number + static_cast<std::uint64_t>(stored.offset) * 31)) * 0x100000001b3ull;
        const bool is_careless = careless_.contains(sent.producer);
        if (++sent.seen_in_log > 1 && !is_careless)
          violate("duplicate", where + " is record " + std::to_string(*number) + " again");
        if (stored.key != sent.key || stored.value != sent.value || stored.headers != sent.headers) {
          violate("altered", where + " differs from record " + std::to_string(*number));
        }
        if (const auto before = last.find(sent.producer);
            !is_careless && before != last.end() && before->second >= *number) {
          violate("order",
                  where + " is record " + std::to_string(*number) + " behind record " + std::to_string(before->second));
        }
        last[sent.producer] = *number;
        if (sent.acked && !is_careless &&
            (sent.partition != partition || (sent.offset != unknown_offset && sent.offset != stored.offset))) {
          violate("wrong-place", where + " was acknowledged as partition " + std::to_string(sent.partition) + " @" +
                                     std::to_string(sent.offset));
        }
      }
    }
  }
  for (std::size_t number = 0; number < records_.size(); ++number) {
    const sent_record& one = records_[number];
    const std::string name = "record " + std::to_string(number);
    if (one.outcomes < 0) {
      if (one.seen_in_log > 0) violate("refused-but-stored", name);
      continue;
    }
    if (one.outcomes != 1) violate("outcomes", name + " was told " + std::to_string(one.outcomes) + " outcomes");
    const bool is_lost = one.acked && one.seen_in_log == 0;
    if (is_lost && careless_.contains(one.producer)) ++into.seen["records lost that a leader had acknowledged"];
    if (is_lost && !careless_.contains(one.producer))
      violate("lost",
              name + " was acknowledged at " + std::to_string(one.partition) + " @" + std::to_string(one.offset));
    if (!one.acked && !one.maybe && one.outcomes == 1 && one.seen_in_log > 0) violate("not-persisted-lie", name);
    into.acked += one.acked ? 1 : 0;
  }
  into.records += records_.size();
}

void history::check_consumed(const mock::broker& cluster, std::string_view topic, std::int32_t partition,
                             const std::vector<mock::stored_record>& seen, report& into) const {
  const auto log = cluster.records(topic, partition);
  const std::string where = std::string(topic) + "-" + std::to_string(partition);
  if (seen.size() != log.size()) {
    into.violations.push_back({"consumed-count", where + " has " + std::to_string(log.size()) + " records, " +
                                                     std::to_string(seen.size()) + " were consumed"});
    return;
  }
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (seen[i].offset != log[i].offset || seen[i].key != log[i].key || seen[i].value != log[i].value ||
        seen[i].headers != log[i].headers || seen[i].timestamp != log[i].timestamp) {
      into.violations.push_back({"consumed-altered", where + " @" + std::to_string(log[i].offset) +
                                                         " was consumed as @" + std::to_string(seen[i].offset)});
      return;
    }
  }
  into.consumed += seen.size();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
