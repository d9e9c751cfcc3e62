// The table of settings that the dev broker knows: names, types, defaults, ranges.
#include "cluster/setting.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using enum setting_type;
constexpr std::string_view longest = "9223372036854775807";

constexpr std::array topic_table{
    setting{"cleanup.policy", list, "delete", "delete|compact", 0, true, "What becomes of old records.",
            "log.cleanup.policy"},
    setting{"compression.gzip.level", int32, "-1", "-1|1|2|3|4|5|6|7|8|9", -1, false,
            "Level if the broker compresses with gzip.", "compression.gzip.level"},
    setting{"compression.lz4.level", int32, "9", "", 1, false, "Level if the broker compresses with lz4.",
            "compression.lz4.level", 17},
    setting{"compression.type", string, "producer", "uncompressed|zstd|lz4|snappy|gzip|producer", 0, false,
            "Codec in which batches are stored; producer keeps what came.", "compression.type"},
    setting{"compression.zstd.level", int32, "3", "", -131072, false, "Level if the broker compresses with zstd.",
            "compression.zstd.level", 22},
    setting{"delete.retention.ms", int64, "86400000", "", 0, true, "How long a compacted topic keeps tombstones.",
            "log.cleaner.delete.retention.ms"},
    setting{"file.delete.delay.ms", int64, "60000", "", 0, false, "Wait before a dropped file is unlinked.",
            "log.segment.delete.delay.ms"},
    setting{"flush.messages", int64, longest, "", 1, true, "Records between two forced flushes.",
            "log.flush.interval.messages"},
    setting{"flush.ms", int64, longest, "", 0, false, "Time between two forced flushes.", "log.flush.interval.ms"},
    setting{"follower.replication.throttled.replicas", list, "", "", 0, false, "Replicas throttled on followers."},
    setting{"index.interval.bytes", int32, "4096", "", 0, false, "Bytes between two index entries.",
            "log.index.interval.bytes"},
    setting{"leader.replication.throttled.replicas", list, "", "", 0, false, "Replicas throttled on the leader."},
    setting{"local.retention.bytes", int64, "-2", "", -2, false, "Bytes kept locally with tiered storage.",
            "log.local.retention.bytes"},
    setting{"local.retention.ms", int64, "-2", "", -2, false, "Time kept locally with tiered storage.",
            "log.local.retention.ms"},
    setting{"max.compaction.lag.ms", int64, longest, "", 1, true, "Longest wait until a record may be compacted.",
            "log.cleaner.max.compaction.lag.ms"},
    setting{"max.message.bytes", int32, "1048588", "", 0, true, "Largest record batch, as compressed.",
            "message.max.bytes"},
    setting{"message.timestamp.after.max.ms", int64, "3600000", "", 0, true,
            "How far in the future a record's timestamp may lie.", "log.message.timestamp.after.max.ms"},
    setting{"message.timestamp.before.max.ms", int64, longest, "", 0, true,
            "How far in the past a record's timestamp may lie.", "log.message.timestamp.before.max.ms"},
    setting{"message.timestamp.type", string, "CreateTime", "CreateTime|LogAppendTime", 0, true,
            "Whether the producer or the broker sets timestamps.", "log.message.timestamp.type"},
    setting{"min.cleanable.dirty.ratio", float64, "0.5", "", 0, true, "Share of a log that triggers compaction.",
            "log.cleaner.min.cleanable.ratio"},
    setting{"min.compaction.lag.ms", int64, "0", "", 0, true, "Shortest age of a record that is compacted.",
            "log.cleaner.min.compaction.lag.ms"},
    setting{"min.insync.replicas", int32, "1", "", 1, true, "Replicas needed for a write with acks=all.",
            "min.insync.replicas"},
    setting{"preallocate", boolean, "false", "", 0, false, "Whether segment files are allocated at once.",
            "log.preallocate"},
    setting{"remote.log.copy.disable", boolean, "false", "", 0, false, "Whether tiering is stopped."},
    setting{"remote.log.delete.on.disable", boolean, "false", "", 0, false,
            "Whether stopping it deletes what was tiered."},
    setting{"remote.storage.enable", boolean, "false", "false", 0, false, "Whether the topic is tiered."},
    setting{"retention.bytes", int64, "-1", "", INT64_MIN, true,
            "Bytes of a partition that are kept; below 0: no limit.", "log.retention.bytes"},
    setting{"retention.ms", int64, "604800000", "", -1, true, "How long records are kept; -1: no limit.",
            "log.retention.ms"},
    setting{"segment.bytes", int32, "1073741824", "", 1048576, true,
            "Largest segment; this broker's memory sets a lower bound of its own.", "log.segment.bytes"},
    setting{"segment.index.bytes", int32, "10485760", "", 4, false, "Size of a segment's index.",
            "log.index.size.max.bytes"},
    setting{"segment.jitter.ms", int64, "0", "", 0, false, "Spread of the time-based roll.", "log.roll.jitter.ms"},
    setting{"segment.ms", int64, "604800000", "", 1, true, "Age at which a segment is rolled.", "log.roll.ms"},
    setting{"unclean.leader.election.enable", boolean, "false", "", 0, true,
            "Whether a replica that lags may become leader.", "unclean.leader.election.enable"},
};

constexpr std::array own_broker_table{
    setting{"advertised.listeners", string, "", "", 0, true, "Where clients are told to connect."},
    setting{"auto.create.topics.enable", boolean, "false", "", 0, true, "Whether metadata requests create topics."},
    setting{"broker.id", int32, "1", "", 0, true, "Id of this node."},
    setting{"default.replication.factor", int32, "1", "", 1, true, "Replicas of a topic that names no number."},
    setting{"fetch.max.bytes", int32, "57671680", "", 1024, true, "Largest answer to a fetch."},
    setting{"listeners", string, "", "", 0, true, "Where this node listens."},
    setting{"node.id", int32, "1", "", 0, true, "Id of this node."},
    setting{"num.partitions", int32, "1", "", 1, true, "Partitions of a topic that names no number."},
    setting{"replica.lag.time.max.ms", int64, "30000", "", 1, true, "How long a follower may lag and be in sync."},
    setting{"socket.request.max.bytes", int32, "104857600", "", 1, true, "Largest request."},
};

constexpr auto broker_table = [] {
  constexpr auto has_counterpart = [](const setting& s) { return !s.counterpart.empty(); };
  constexpr auto defaults = std::count_if(topic_table.begin(), topic_table.end(), has_counterpart);
  std::array<setting, own_broker_table.size() + static_cast<std::size_t>(defaults)> out{};
  auto end = std::copy(own_broker_table.begin(), own_broker_table.end(), out.begin());
  for (setting s : topic_table) {
    if (!has_counterpart(s)) continue;
    std::swap(s.name, s.counterpart);
    *end++ = s;
  }
  std::sort(out.begin(), out.end(), [](const setting& a, const setting& b) { return a.name < b.name; });
  return out;
}();

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
  if (number > which.most) return sentence(which, value, "it must be at most " + std::to_string(which.most) + ".");
  if (!which.allowed.empty() && !is_word_of(which.allowed, value))
    return sentence(which, value, "it must be one of " + std::string(which.allowed) + ".");
  return {};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> entries(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    out.push_back(trimmed(list.substr(0, comma)));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return out;
}

/// partition:node, as the settings of throttled replicas have it.
bool is_replica(std::string_view entry) {
  const std::size_t colon = entry.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == entry.size()) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::all_of(entry.begin(), entry.begin() + static_cast<std::ptrdiff_t>(colon), is_digit) &&
         std::all_of(entry.begin() + static_cast<std::ptrdiff_t>(colon) + 1, entry.end(), is_digit);
}

std::string why_invalid_list(const setting& which, std::string_view value) {
  const auto all = entries(value);
  if (which.name.ends_with("throttled.replicas")) {
    if (value == "*" || std::all_of(all.begin(), all.end(), is_replica)) return {};
    return sentence(which, value, "* or a list of partition:node is wanted.");
  }
  const bool fits = which.allowed.empty() || std::all_of(all.begin(), all.end(), [&](std::string_view entry) {
                      return is_word_of(which.allowed, entry);
                    });
  return fits ? "" : sentence(which, value, "each entry must be one of " + std::string(which.allowed) + ".");
}

}  // namespace

std::span<const setting> topic_settings_table() { return topic_table; }
std::span<const setting> broker_settings_table() { return broker_table; }

const setting* find_setting(std::span<const setting> table, std::string_view name) {
  const auto at = std::lower_bound(table.begin(), table.end(), name,
                                   [](const setting& s, std::string_view wanted) { return s.name < wanted; });
  return at != table.end() && at->name == name ? &*at : nullptr;
}

std::string canonical(const setting& which, std::string_view value) {
  value = trimmed(value);
  std::string out(value);
  if (which.type == boolean) {
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  } else if (which.type == int32 || which.type == int64) {
    if (out.size() > 1 && out[0] == '+' && out[1] != '-') out.erase(0, 1);
  } else if (which.type == list) {
    out.clear();
    std::vector<std::string_view> seen;
    for (const std::string_view entry : entries(value)) {
      if (std::find(seen.begin(), seen.end(), entry) != seen.end()) continue;
      if (!seen.empty()) out += ',';
      out += seen.emplace_back(entry);
    }
  }
  return out;
}

std::string why_invalid(const setting& which, std::string_view value) {
  switch (which.type) {
    case boolean:
      if (value != "true" && value != "false") return sentence(which, value, "true or false is wanted.");
      if (which.allowed.empty() || value == which.allowed) return {};
      return sentence(which, value, "it cannot be other than " + std::string(which.allowed) + " here.");
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
