// A Produce with acks=all whose batches are in the log and not yet on all replicas in sync.
#include "api/pending_produce.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "api/call.hpp"
#include "api/leader_hint.hpp"
#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/reader.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::error_code;
using protocol::ProduceResponse;

located find(const call& c, const pending_produce::wait& on) {
  topic* t = c.cluster.topics.find(on.topic_id);
  located out = locate(c, t, on.index);
  // Who led, lost it and leads again may have lost the batch as well.
  if (out.error == error_code::none && out.where->leader_epoch != on.leader_epoch)
    out.error = error_code::not_leader_or_follower;
  return out;
}

/// What is to be said of the partition; nothing as long as it is not decided.
std::optional<error_code> outcome(const located& found, const pending_produce::wait& on) {
  if (found.error != error_code::none) return found.error;
  if (found.where->high_watermark() < on.end_offset) return std::nullopt;
  const bool enough = found.where->in_sync.size() >= found.where->needed_in_sync();
  return enough ? error_code::none : error_code::not_enough_replicas_after_append;
}

}  // namespace

pending_produce::pending_produce(const call& c, const ProduceResponse& response, std::vector<wait> waits,
                                 std::chrono::nanoseconds deadline)
    : waits_(std::move(waits)), deadline_(deadline), throttle_time_ms_(c.throttle_time_ms) {
  protocol::writer out;
  write(out, response, c.version);
  answer_.assign(out.view().begin(), out.view().end());
}

bool pending_produce::is_ready(const call& c) const {
  return std::all_of(waits_.begin(), waits_.end(), [&](const wait& on) { return outcome(find(c, on), on); });
}

void pending_produce::write_answer(call& c, protocol::writer& out) {
  const auto memory = std::make_shared<protocol::arena>();
  c.keep(memory);
  protocol::reader in(answer_, *memory);
  ProduceResponse response;
  read(in, response, c.version);
  leader_hints<ProduceResponse> hints(10, 10);
  for (const wait& on : waits_) {
    auto& told = response.responses[on.topic_at].partition_responses[on.partition_at];
    const located found = find(c, on);
    told.error_code = outcome(found, on).value_or(error_code::request_timed_out);
    located named = found;
    named.error = told.error_code;
    hints.note(c, named, told.current_leader);
  }
  for (const auto& t : response.responses)
    for (const auto& p : t.partition_responses) hints.keep(c, p.current_leader.leader_id);
  hints.write(c, response);
  c.throttle_time_ms = std::max(c.throttle_time_ms, throttle_time_ms_);
  c.write_body(out, response);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
