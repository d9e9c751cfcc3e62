// pace: questions and answers of each connection, and how often connections are opened.
#include "pace.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "answer_errors.hpp"
#include "ottla/protocol/api_key.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;

// retry_backoff is 100 ms with a fifth of jitter; a transaction whose markers are on their way is asked after 20 ms.
constexpr std::chrono::milliseconds shortest_backoff = 80ms, markers_backoff = 20ms;
// Who leads instead is told beside some errors, or by Metadata, and asked at once; it may be the same node again, with
// another epoch. Who seeks is served at once, whatever the position before met with; and a member of the consumer
// protocol that leaves says so with the very request that may have been refused just before.
int allowed_too_soon(protocol::api_key asked, protocol::error_code why) {
  using protocol::error_code;
  if (why == error_code::not_leader_or_follower || why == error_code::fenced_leader_epoch ||
      why == error_code::unknown_leader_epoch || why == error_code::kafka_storage_error)
    return 3;
  using protocol::api_key;
  return asked == api_key::fetch || asked == api_key::list_offsets || asked == api_key::consumer_group_heartbeat ? 1
                                                                                                                 : 0;
}
// Four lanes of the few roles that a client has, each of which waits 50, 100, 200, ... ms, over up to four addresses.
constexpr std::size_t most_opened = 150;
constexpr std::uint32_t longest_frame = 1u << 28;

std::uint32_t load32(bytes_view from) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | std::to_integer<std::uint32_t>(from[i]);
  return out;
}

}  // namespace

void frame_pieces::add(bytes_view bytes, const std::function<void(bytes_view)>& each) {
  while (!bytes.empty() && !lost_) {
    if (size_ == 0) {
      const std::size_t head = std::min<std::size_t>(bytes.size(), 4 - kept_.size());
      kept_.insert(kept_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(head));
      bytes = bytes.subspan(head);
      if (kept_.size() < 4) return;
      const std::uint32_t size = load32(kept_);
      lost_ = size > longest_frame || size < 4;
      size_ = size;
      kept_.clear();
      seen_ = 0;
      continue;
    }
    const std::size_t part = std::min(bytes.size(), size_ - seen_);
    const std::size_t keep = std::min(part, keep_ - std::min(keep_, kept_.size()));
    kept_.insert(kept_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(keep));
    bytes = bytes.subspan(part);
    seen_ += part;
    if (seen_ < size_) return;
    each(kept_);
    kept_.clear();
    size_ = 0;
  }
}

void pace::hear(const wire_event& what, steady_ns now) {
  switch (what.what) {
    case wire_event::kind::opens: {
      std::deque<steady_ns>& recent = opened_[{what.client, what.node}];
      recent.push_back(now);
      while (now - recent.front() > 1s) recent.pop_front();
      if (recent.size() == most_opened)
        complain_("client " + std::to_string(what.client) + " opened " + std::to_string(recent.size()) +
                  " connections to node " + std::to_string(what.node) + " within a second");
      return;
    }
    case wire_event::kind::connected:
      return;
    case wire_event::kind::sent: {
      one_link& link = links_[what.link];
      link.up.add(what.bytes, [&](bytes_view head) { asked(what, link, head, now); });
      return;
    }
    case wire_event::kind::received: {
      one_link& link = links_[what.link];
      link.down.add(what.bytes, [&](bytes_view frame) { answered(what, link, frame, now); });
      return;
    }
    case wire_event::kind::ended:
      if (const auto found = links_.find(what.link); found != links_.end()) {
        for (const auto& [id, one] : found->second.open) forget(what, one);
        links_.erase(found);
      }
      return;
  }
}

// Key, version, correlation id, client id, and of Produce the beginning of its first batch: producer, epoch, sequence,
// CRC.
void pace::asked(const wire_event& on, one_link& link, bytes_view head, steady_ns now) {
  if (head.size() < 8) return;
  const auto key = static_cast<std::int16_t>(load32(head) >> 16);
  question what{key, static_cast<std::int16_t>(load32(head) & 0xffff), now};
  if (protocol::api_key{key} == protocol::api_key::produce) {
    what.print = 0xcbf29ce484222325ull;
    for (const std::byte one : head.subspan(8))
      what.print = (what.print ^ std::to_integer<unsigned>(one)) * 0x100000001b3ull;
    if (++under_way_[{on.client, what.print}] > 1 && !twice_)
      complain_("client " + std::to_string(on.client) + " has the same batches under way twice");
  }
  link.open[static_cast<std::int32_t>(load32(head.subspan(4)))] = what;
}

void pace::forget(const wire_event& on, const question& what) {
  if (what.print == 0) return;
  const auto known = under_way_.find({on.client, what.print});
  if (known != under_way_.end() && --known->second == 0) under_way_.erase(known);
}

void pace::answered(const wire_event& on, one_link& link, bytes_view frame, steady_ns now) {
  const auto found = link.open.find(static_cast<std::int32_t>(load32(frame)));
  if (found == link.open.end()) return;
  const question asked = found->second;
  link.open.erase(found);
  forget(on, asked);
  each_error(frame, asked.key, asked.version, memory_, [&](std::string subject, protocol::error_code why) {
    // What is refused for good is not asked again; what comes next is another question.
    if (retriable(why)) refused(on, link, asked, std::move(subject), why, now);
  });
}

void pace::refused(const wire_event& on, one_link& link, const question& asked, std::string subject,
                   protocol::error_code why, steady_ns now) {
  const auto [known, first] = link.refused.try_emplace({asked.key, std::move(subject)}, refusal{now, why, 0});
  // What was under way when the first of them was refused shares its pause.
  if (asked.sent <= known->second.when && !first) return;
  const refusal last = std::exchange(known->second, refusal{now, why, 0});
  const auto backoff = last.why == protocol::error_code::concurrent_transactions ? markers_backoff : shortest_backoff;
  if (first || asked.sent >= last.when + backoff) return;
  known->second.too_soon = last.too_soon + 1;
  if (known->second.too_soon <= allowed_too_soon(protocol::api_key{asked.key}, last.why)) return;
  complain_("client " + std::to_string(on.client) + " asked node " + std::to_string(on.node) + " again, " +
            std::to_string((asked.sent - last.when) / 1us) + " us after " + std::string(name(last.why)) + ": " +
            std::string(name(protocol::api_key{asked.key})) + " " + known->first.second + ", now " +
            std::string(name(why)));
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
