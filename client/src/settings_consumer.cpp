// The table of a consumer's settings.
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

constexpr setting rows[] = {
    reset_row(),
    choice_row<&consumer_config::isolation, isolation_choices>(
        {"isolation", "isolation.level", "", "read_uncommitted|read_committed",
         "Whether records of open and aborted transactions are shown.", "librdkafka: read_committed."}),
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

}  // namespace

std::span<const setting> consumer_settings() { return rows; }

}  // namespace v0
}  // namespace ottla
