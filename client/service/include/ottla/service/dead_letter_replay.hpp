// dead_letter_replay: sends dead letters back where they came from, each once, wherever an earlier attempt was
// interrupted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/cluster.hpp"
#include "ottla/error.hpp"
#include "ottla/result.hpp"
#include "ottla/service/dead_letter.hpp"
#include "ottla/topic_partition.hpp"

namespace ottla {
inline namespace v0 {

/// What to do with letters of which nobody can tell any more whether an interrupted replay sent them: the target's log
/// does not reach back far enough, or was compacted since.
enum class replay_doubt : std::uint8_t {
  stop,       ///< fail, and say so: the default
  send,       ///< send them: perhaps a second time
  leave_out,  ///< count them as sent: perhaps they never were
};

/// What became of one letter.
struct replayed_letter {
  enum class outcome : std::uint8_t {
    sent,        ///< acknowledged by all in-sync replicas
    found,       ///< an interrupted replay had sent it
    would_send,  ///< with dry_run
    no_origin,   ///< it does not say where it came from; untouched
    refused,     ///< the target does not take it, see `why`; untouched
  };
  outcome what = outcome::sent;
  topic_partition letter{};
  std::int64_t offset = -1;  ///< of the letter
  topic_partition to{};
  std::int64_t to_offset = -1;  ///< -1: not known
  error why{};
};

struct dead_letter_replay_options {
  std::string topic{};              ///< where the dead letters are
  std::optional<std::string> to{};  ///< where all go; none: each where it came from
  dead_letter_names names{};
  /// The header that is added, with TOPIC/PARTITION/OFFSET of the letter as its value.
  std::string marker = "x-replayed-from";
  /// The group that remembers what was replayed; empty: "ottla-dlq-replay." and the topic. Brokers forget the offsets
  /// of a group without members after offsets.retention.minutes (a week), and with them what was replayed.
  std::string group{};
  /// Which letters to send; the others stay and may be sent later. Empty: all.
  std::function<bool(const dead_letter_note&)> wanted{};
  /// At most so many are sent.
  std::optional<std::uint64_t> max{};
  /// Says what would be sent, and changes nothing.
  bool dry_run = false;
  replay_doubt in_doubt = replay_doubt::stop;

  /// Letters that are sent between two commits, 1 to 100'000, and their bytes; one that is larger goes alone.
  std::size_t batch_records = 500;
  std::size_t batch_bytes = std::size_t{512} << 10;
  /// Of what is remembered beside an offset: brokers refuse more than offset.metadata.max.bytes (4096).
  std::size_t max_note_bytes = 4000;
  /// How long a replay that died counts as alive: 6 s to 30 min with brokers' defaults. The next one waits for that.
  std::chrono::milliseconds session_timeout{10'000};
  /// For each question to the cluster, and for each batch to be acknowledged.
  std::chrono::milliseconds timeout{30'000};

  /// Told of each letter that is looked at and wanted, in order per partition.
  std::function<void(const replayed_letter&)> on_letter{};
  /// Told what people may wonder about: who is waited for, what an interrupted replay left.
  std::function<void(std::string_view)> on_notice{};
  /// Asked between batches and while waiting; true ends the replay, all that was sent being remembered.
  std::function<bool()> stop_wanted{};

  /// invalid_config names the member.
  result<void> validate() const;
};

struct replay_summary {
  std::uint64_t sent = 0;        ///< or would be, with dry_run
  std::uint64_t found = 0;       ///< sent by an interrupted replay, and only now remembered
  std::uint64_t earlier = 0;     ///< remembered as replayed before this run
  std::uint64_t not_wanted = 0;  ///< left by `wanted`
  std::uint64_t no_origin = 0;
  std::uint64_t refused = 0;
  bool stopped = false;  ///< max was reached or stop_wanted said so: there may be more
};

/// Letters that are there when run() begins are sent back in the order of their partition, with key, value, timestamp
/// and headers as they are, but that the retry count says "0" and a marker is added. To its own topic a letter goes
/// into the partition it came from; into another topic, or where there is no such partition any more, by its key as the
/// default partitioner would (without a key: its partition's number modulo theirs).
///
/// How each is sent once, and when not even this can tell, stands in client/service/src/replay/README.md.
///
/// One thread; blocking, within deadlines, in virtual time too. Two replays of a topic at once: one of them fails with
/// NON_EMPTY_GROUP.
class dead_letter_replay {
 public:
  dead_letter_replay(cluster on, dead_letter_replay_options options)
      : cluster_(std::move(on)), options_(std::move(options)) {}

  /// Errors: of the cluster; invalid_config; NON_EMPTY_GROUP: another replay runs; what was sent until then is
  /// remembered or found again. Letters that cannot be sent are no error here: see the summary.
  result<replay_summary> run();

 private:
  cluster cluster_;
  dead_letter_replay_options options_;
};

}  // namespace v0
}  // namespace ottla
