// The table of a consumer's settings.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "ottla/client_settings.hpp"
#include "ottla/net/setting_row.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
constexpr std::array<named_choice<isolation_level>, 2> isolation_choices{
    {{"read_uncommitted", isolation_level::read_uncommitted}, {"read_committed", isolation_level::read_committed}}};
constexpr std::array<named_choice<group_protocol_kind>, 2> protocol_choices{
    {{"classic", group_protocol_kind::classic}, {"consumer", group_protocol_kind::consumer}}};
constexpr std::array<named_choice<offset_reset>, 8> reset_choices{{{"earliest", offset_reset::earliest},
                                                                   {"latest", offset_reset::latest},
                                                                   {"none", offset_reset::none},
                                                                   {"error", offset_reset::none},
                                                                   {"beginning", offset_reset::earliest},
                                                                   {"smallest", offset_reset::earliest},
                                                                   {"end", offset_reset::latest},
                                                                   {"largest", offset_reset::latest}}};

/// Java's one name decides two things: where reading begins without a position, and where it goes on when the position
/// is gone.
constexpr setting reset_row() {
  setting out = choice_row<&consumer_config::reset, reset_choices>(
      {"reset", "auto.offset.reset", "", "earliest|latest|none",
       "Where reading begins without a position, and where it goes on when its position is not in the log any more.",
       "Java's by_duration is not there yet."});
  out.set = [](void* target, std::string_view value) {
    auto* config = static_cast<consumer_config*>(target);
    for (const auto& one : reset_choices) {
      if (!same_word(one.name, value)) continue;
      config->reset = one.value;
      if (one.value != offset_reset::none) config->start = one.value == offset_reset::earliest ? earliest : latest;
      return true;
    }
    return false;
  };
  return out;
}

/// Java names classes, librdkafka names assignors; both are understood, in the order of preference.
constexpr setting assignors_row() {
  setting out;
  out.member = "assignors", out.java = "partition.assignment.strategy";
  out.kind = setting_kind::text;
  out.range = "range, roundrobin, sticky, cooperative-sticky; comma separated";
  out.meaning = "What this member offers the group, best first; the group takes one that all its members offer.";
  out.differs = "librdkafka: range,roundrobin.";
  out.set = [](void* target, std::string_view value) {
    constexpr std::string_view prefix = "org.apache.kafka.clients.consumer.";
    constexpr std::pair<std::string_view, assignor> classes[] = {
        {"RangeAssignor", assignor::range},
        {"RoundRobinAssignor", assignor::round_robin},
        {"StickyAssignor", assignor::sticky},
        {"CooperativeStickyAssignor", assignor::cooperative_sticky}};
    std::vector<assignor> found;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      std::string_view word = rest.substr(0, comma);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
      while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
      while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
      auto one = assignor_named(word);
      if (word.starts_with(prefix)) word.remove_prefix(prefix.size());
      for (const auto& [name, which] : classes) {
        if (name == word) one = which;
      }
      if (!one || std::find(found.begin(), found.end(), *one) != found.end()) return false;
      found.push_back(*one);
    }
    if (found.empty()) return false;
    static_cast<consumer_config*>(target)->assignors = std::move(found);
    return true;
  };
  out.show = [](const void* target) {
    std::string text;
    for (const assignor one : static_cast<const consumer_config*>(target)->assignors)
      text += (text.empty() ? "" : ",") + std::string(name_of(one));
    return text;
  };
  out.make_default = &lend_default<consumer_config>;
  return out;
}

constexpr setting consumer_rows[] = {
    row<&consumer_config::group>({"group",
                                  "group.id",
                                  "",
                                  "a name; empty: no group",
                                  "Topics are shared with the group's other members, and read from what it committed.",
                                  {}}),
    row<&consumer_config::topic_pattern>({"topic_pattern",
                                          "",
                                          "",
                                          "a POSIX extended regular expression",
                                          "With a group: topics by their names, also new ones.",
                                          {}}),
    row<&consumer_config::group_instance_id>({"group_instance_id",
                                              "group.instance.id",
                                              "",
                                              "a name; empty: a dynamic member",
                                              "Names a member that keeps its partitions over a restart (KIP-345).",
                                              {}}),
    choice_row<&consumer_config::group_protocol, protocol_choices>(
        {"group_protocol",
         "group.protocol",
         "",
         "classic|consumer",
         "Who shares out a group's partitions: its members in rounds, or its coordinator (KIP-848, Kafka 4.0).",
         {}}),
    row<&consumer_config::remote_assignor>({"remote_assignor",
                                            "group.remote.assignor",
                                            "",
                                            "a name that the brokers know: uniform, range; empty: their choice",
                                            "With group.protocol=consumer: how the coordinator shares partitions out.",
                                            {}}),
    assignors_row(),
    row<&consumer_config::session_timeout, 1, most>({"session_timeout",
                                                     "session.timeout.ms",
                                                     "",
                                                     "1ms to 24 days, and what the brokers allow",
                                                     "A member that is not heard for so long is given up.",
                                                     {}}),
    row<&consumer_config::heartbeat_interval, 1, most>({"heartbeat_interval",
                                                        "heartbeat.interval.ms",
                                                        "",
                                                        "1ms and up, less than session.timeout.ms",
                                                        "How often a member says that it is there.",
                                                        {}}),
    row<&consumer_config::max_poll_interval, 1, most>(
        {"max_poll_interval",
         "max.poll.interval.ms",
         "",
         "1ms to 24 days",
         "Longer without a poll, a member leaves; also how long a rebalance waits for it.",
         {}}),
    row<&consumer_config::auto_commit>({"auto_commit",
                                        "enable.auto.commit",
                                        "",
                                        "true|false",
                                        "With a group: what earlier polls handed out is committed by itself.",
                                        {}}),
    row<&consumer_config::auto_commit_interval, 0, most>(
        {"auto_commit_interval", "auto.commit.interval.ms", "", "0ms and up", "How often that is.", {}}),
    reset_row(),
    choice_row<&consumer_config::isolation, isolation_choices>(
        {"isolation", "isolation.level", "", "read_uncommitted|read_committed",
         "Whether records of open and aborted transactions are shown.", "librdkafka: read_committed."}),
    row<&consumer_config::rack>({"rack",
                                 "client.rack",
                                 "",
                                 "a name that brokers have (broker.rack); empty: none",
                                 "Leaders may send the reader to a follower of that rack (KIP-392).",
                                 {}}),
    row<&consumer_config::fetch_max_wait>({"fetch_max_wait",
                                           "fetch.max.wait.ms",
                                           "fetch.wait.max.ms",
                                           "0ms and up",
                                           "How long a broker may wait for fetch.min.bytes before it answers.",
                                           {}}),
    row<&consumer_config::fetch_min_bytes, 0, most>({"fetch_min_bytes",
                                                     "fetch.min.bytes",
                                                     "",
                                                     "0 and up",
                                                     "How much has to be there before a broker answers.",
                                                     {}}),
    row<&consumer_config::fetch_max_bytes, 1024, 1 << 30>(
        {"fetch_max_bytes", "fetch.max.bytes", "", "1024 to 1073741824", "One response; a single batch may exceed it.",
         "Java: 50 MiB, which costs twice as much per record."}),
    row<&consumer_config::max_partition_fetch_bytes, 1024, 1 << 30>({"max_partition_fetch_bytes",
                                                                     "max.partition.fetch.bytes",
                                                                     "fetch.message.max.bytes",
                                                                     "1024 to 1073741824",
                                                                     "One partition's share of a response.",
                                                                     {}}),
    row<&consumer_config::prefetch_bytes, 1024>(
        {"prefetch_bytes", "", "", "1024 and up", "Fetched ahead of poll, all partitions together.",
         "Java has no such bound; librdkafka counts KiB: queued.max.messages.kbytes."}),
    row<&consumer_config::max_held_bytes, 1024>({"max_held_bytes",
                                                 "",
                                                 "",
                                                 "1024 and up",
                                                 "Kept alive by the application; past it poll fails and says so.",
                                                 {}}),
    row<&consumer_config::max_poll_records>({"max_poll_records", "max.poll.records", "", "0 and up; 0: as they come",
                                             "At most so many records per poll.", "Java: 500."}),
    row<&consumer_config::max_inflated_batch, 1024>({"max_inflated_batch", "", "", "1024 and up",
                                                     "Bytes that one batch may inflate to.",
                                                     "Java and librdkafka have no bound."}),
    row<&consumer_config::check_crcs>({"check_crcs", "check.crcs", "", "true|false",
                                       "Whether the CRC-32C of each batch is checked.", "librdkafka: false."}),
};

error contradiction(std::string one, std::string other, std::string advice) {
  error_context context;
  context.asked = "setting " + std::move(one);
  context.detail = "it contradicts " + std::move(other);
  context.advice = std::move(advice);
  return error(client_code::invalid_config, std::move(context));
}

}  // namespace

std::span<const setting> consumer_settings() { return consumer_rows; }

result<void> settle_consumer(const settings& given, const consumer_config& config) {
  if (config.group_protocol == group_protocol_kind::classic) {
    if (config.remote_assignor.empty()) return {};
    return contradiction("group.remote.assignor", "group.protocol=classic",
                         "set group.protocol=consumer, or partition.assignment.strategy instead");
  }
  static constexpr struct {
    std::string_view member, name, advice;
  } decided_by_brokers[] = {
      {"session_timeout", "session.timeout.ms",
       "leave it out: the brokers' group.consumer.session.timeout.ms counts, or that of the group"},
      {"heartbeat_interval", "heartbeat.interval.ms",
       "leave it out: the brokers' group.consumer.heartbeat.interval.ms counts, or that of the group"},
      {"assignors", "partition.assignment.strategy",
       "leave it out: the coordinator assigns; group.remote.assignor may ask it for a way"},
  };
  for (const auto& one : decided_by_brokers) {
    if (given.given("consumer", one.member))
      return contradiction(std::string(one.name), "group.protocol=consumer", std::string(one.advice));
  }
  return {};
}

}  // namespace v0
}  // namespace ottla
