// The table of settings that the dev broker knows: names, types, defaults, ranges.
#include "cluster/setting.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using enum setting_type;
constexpr std::string_view longest = "9223372036854775807";

constexpr std::array topic_table{
    setting{"cleanup.policy", list, "delete", "delete|compact", 0, true, "What becomes of old records."},
    setting{"compression.gzip.level", int32, "-1", "", -1, false, "Level if the broker compresses with gzip."},
    setting{"compression.lz4.level", int32, "9", "", 1, false, "Level if the broker compresses with lz4."},
    setting{"compression.type", string, "producer", "uncompressed|zstd|lz4|snappy|gzip|producer", 0, false,
            "Codec in which batches are stored; producer keeps what came."},
    setting{"compression.zstd.level", int32, "3", "", -131072, false, "Level if the broker compresses with zstd."},
    setting{"delete.retention.ms", int64, "86400000", "", 0, true, "How long a compacted topic keeps tombstones."},
    setting{"file.delete.delay.ms", int64, "60000", "", 0, false, "Wait before a dropped file is unlinked."},
    setting{"flush.messages", int64, longest, "", 1, false, "Records between two forced flushes."},
    setting{"flush.ms", int64, longest, "", 0, false, "Time between two forced flushes."},
    setting{"follower.replication.throttled.replicas", list, "", "", 0, false, "Replicas throttled on followers."},
    setting{"index.interval.bytes", int32, "4096", "", 0, false, "Bytes between two index entries."},
    setting{"leader.replication.throttled.replicas", list, "", "", 0, false, "Replicas throttled on the leader."},
    setting{"local.retention.bytes", int64, "-2", "", -2, false, "Bytes kept locally with tiered storage."},
    setting{"local.retention.ms", int64, "-2", "", -2, false, "Time kept locally with tiered storage."},
    setting{"max.compaction.lag.ms", int64, longest, "", 1, true, "Longest wait until a record may be compacted."},
    setting{"max.message.bytes", int32, "1048588", "", 0, true, "Largest record batch, as compressed."},
    setting{"message.timestamp.after.max.ms", int64, "3600000", "", 0, true,
            "How far in the future a record's timestamp may lie."},
    setting{"message.timestamp.before.max.ms", int64, longest, "", 0, true,
            "How far in the past a record's timestamp may lie."},
    setting{"message.timestamp.type", string, "CreateTime", "CreateTime|LogAppendTime", 0, true,
            "Whether the producer or the broker sets timestamps."},
    setting{"min.cleanable.dirty.ratio", float64, "0.5", "", 0, true, "Share of a log that triggers compaction."},
    setting{"min.compaction.lag.ms", int64, "0", "", 0, true, "Shortest age of a record that is compacted."},
    setting{"min.insync.replicas", int32, "1", "", 1, true, "Replicas needed for a write with acks=all."},
    setting{"preallocate", boolean, "false", "", 0, false, "Whether segment files are allocated at once."},
    setting{"remote.log.copy.disable", boolean, "false", "", 0, false, "Whether tiering is stopped."},
    setting{"remote.log.delete.on.disable", boolean, "false", "", 0, false,
            "Whether stopping it deletes what was tiered."},
    setting{"remote.storage.enable", boolean, "false", "", 0, false, "Whether the topic is tiered."},
    setting{"retention.bytes", int64, "-1", "", -1, true, "Bytes of a partition that are kept; -1: no limit."},
    setting{"retention.ms", int64, "604800000", "", -1, true, "How long records are kept; -1: no limit."},
    setting{"segment.bytes", int32, "1073741824", "", 1048576, true,
            "Largest segment; this broker's memory sets a lower bound of its own."},
    setting{"segment.index.bytes", int32, "10485760", "", 4, false, "Size of a segment's index."},
    setting{"segment.jitter.ms", int64, "0", "", 0, false, "Spread of the time-based roll."},
    setting{"segment.ms", int64, "604800000", "", 1, true, "Age at which a segment is rolled."},
    setting{"unclean.leader.election.enable", boolean, "false", "", 0, false,
            "Whether a replica that lags may become leader."},
};

constexpr std::array broker_table{
    setting{"advertised.listeners", string, "", "", 0, true, "Where clients are told to connect."},
    setting{"auto.create.topics.enable", boolean, "false", "", 0, true, "Whether metadata requests create topics."},
    setting{"broker.id", int32, "1", "", 0, true, "Id of this node."},
    setting{"default.replication.factor", int32, "1", "", 1, true, "Replicas of a topic that names no number."},
    setting{"fetch.max.bytes", int32, "57671680", "", 1024, true, "Largest answer to a fetch."},
    setting{"listeners", string, "", "", 0, true, "Where this node listens."},
    setting{"log.retention.ms", int64, "604800000", "", -1, true, "Default of retention.ms."},
    setting{"message.max.bytes", int32, "1048588", "", 0, true, "Default of max.message.bytes."},
    setting{"min.insync.replicas", int32, "1", "", 1, true, "Default of min.insync.replicas."},
    setting{"node.id", int32, "1", "", 0, true, "Id of this node."},
    setting{"num.partitions", int32, "1", "", 1, true, "Partitions of a topic that names no number."},
    setting{"socket.request.max.bytes", int32, "104857600", "", 1, true, "Largest request."},
};

bool is_word_of(std::string_view allowed, std::string_view word) {
  while (!allowed.empty()) {
    const std::size_t bar = allowed.find('|');
    if (allowed.substr(0, bar) == word) return true;
    allowed = bar == std::string_view::npos ? std::string_view{} : allowed.substr(bar + 1);
  }
  return false;
}

std::string sentence(const setting& which, std::string_view value, std::string_view why) {
  return "Invalid value '" + std::string(value) + "' of " + std::string(which.name) + ": " + std::string(why);
}

std::string why_invalid_number(const setting& which, std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size())
    return sentence(which, value, "a whole number is wanted.");
  if (which.type == int32 && (number > INT32_MAX || number < INT32_MIN))
    return sentence(which, value, "it does not fit into 32 bits.");
  if (number < which.least) return sentence(which, value, "it must be at least " + std::to_string(which.least) + ".");
  return {};
}

std::string why_invalid_list(const setting& which, std::string_view value) {
  if (which.allowed.empty()) return {};
  std::string_view rest = value;
  while (true) {
    const std::size_t comma = rest.find(',');
    std::string_view word = rest.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (!is_word_of(which.allowed, word))
      return sentence(which, value, "each entry must be one of " + std::string(which.allowed) + ".");
    if (comma == std::string_view::npos) return {};
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

std::span<const setting> topic_settings_table() { return topic_table; }
std::span<const setting> broker_settings_table() { return broker_table; }

const setting* find_setting(std::span<const setting> table, std::string_view name) {
  const auto at = std::lower_bound(table.begin(), table.end(), name,
                                   [](const setting& s, std::string_view wanted) { return s.name < wanted; });
  return at != table.end() && at->name == name ? &*at : nullptr;
}

std::string why_invalid(const setting& which, std::string_view value) {
  switch (which.type) {
    case boolean:
      return value == "true" || value == "false" ? "" : sentence(which, value, "true or false is wanted.");
    case string:
      if (which.allowed.empty() || is_word_of(which.allowed, value)) return {};
      return sentence(which, value, "it must be one of " + std::string(which.allowed) + ".");
    case list:
      return why_invalid_list(which, value);
    case float64: {
      const std::string text(value);
      char* end = nullptr;
      const double number = std::strtod(text.c_str(), &end);
      const bool fits = !text.empty() && *end == 0 && number >= 0.0 && number <= 1.0;
      return fits ? "" : sentence(which, value, "a number from 0 to 1 is wanted.");
    }
    case int32:
    case int64:
      return why_invalid_number(which, value);
  }
  return {};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
