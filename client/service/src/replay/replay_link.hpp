// replay_link: what a replay asks of the cluster: targets and their ends, identities, batches written, markers looked
// for.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ottla/admin.hpp"
#include "ottla/cluster.hpp"
#include "ottla/service/dead_letter_replay.hpp"
#include "replay_note.hpp"

namespace ottla {
inline namespace v0 {

/// A topic that letters go to.
struct replay_target {
  std::vector<std::int32_t> leaders;  ///< by partition; -1: none at the moment
  protocol::uuid id{};
  error failure{};  ///< set: there is no such topic, or it may not be seen
};

/// What became of a batch.
struct written_batch {
  enum class fate : std::uint8_t {
    stored,
    refused,  ///< certainly not stored, and it will not be as it is
    unknown,  ///< perhaps stored: only the same batch may be sent again
  };
  fate what = fate::unknown;
  std::int64_t base_offset = -1;
  error why{};
};

enum class marker_search : std::uint8_t {
  found,    ///< a letter of the batch is there, so all are: brokers store a batch whole
  absent,   ///< everything since was read, and none is there
  unknown,  ///< the log does not reach back so far, or may have been compacted in between
};

class replay_link {
 public:
  replay_link(cluster on, const dead_letter_replay_options& how) : cluster_(std::move(on)), how_(how) {}

  steady_ns now() const { return cluster_.state()->runner().now().mono; }
  wall_ms wall() const { return cluster_.state()->runner().now().wall; }
  /// Lets time pass.
  void pause(std::chrono::nanoseconds wait);

  /// As last heard; asked for the first time, and after forget().
  result<const replay_target*> target(const std::string& topic);
  void forget(const std::string& topic) { targets_.erase(topic); }
  /// Where it ends, or a place not far before that: what was written since the answer is behind it.
  result<std::int64_t> end_of(const topic_partition& where);

  /// A producer id that nobody has used.
  result<replay_identity> new_identity();
  /// Repeats until it is known what became of it, or the time is over; where an answer was lost, it is searched for
  /// before it is repeated. `may_send` is asked before each try, and says until when its request may go out: later
  /// another replay may have what we have in hand. An error ends the tries.
  written_batch write(const planned_batch& plan, const topic_partition& letters, const std::vector<std::byte>& batch,
                      const std::function<result<steady_ns>()>& may_send);

  /// Looks through `batch.to` from `batch.look_from` to its end as it is now; not for longer than `timeout` without
  /// coming further.
  result<marker_search> search(const planned_batch& batch, const topic_partition& letters,
                               std::chrono::nanoseconds timeout);

 private:
  struct answer {
    bool heard = false;
    std::int64_t base_offset = -1;
    error why{};
  };
  answer produce(const topic_partition& to, const std::vector<std::byte>& batch, steady_ns deadline);
  result<bool> may_be_compacted(const std::string& topic);

  cluster cluster_;
  const dead_letter_replay_options& how_;
  std::map<std::string, replay_target> targets_;
  std::map<topic_partition, std::int64_t> ends_;
};

}  // namespace v0
}  // namespace ottla
