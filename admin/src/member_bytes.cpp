// member_bytes: decoding with bounds; bytes behind what we know are a newer version's.
#include "member_bytes.hpp"

#include <algorithm>

#include "ottla/protocol/consumer_protocol_assignment.hpp"
#include "ottla/protocol/consumer_protocol_subscription.hpp"
#include "ottla/protocol/reader.hpp"

namespace ottla {
inline namespace v0 {
namespace {

template <class Message>
bool read_versioned(protocol::reader& in, Message& into) {
  const std::int16_t version = in.int16();
  if (version < 0) return false;
  read(in, into, std::min(version, Message::max_version));
  return in.ok();
}

std::size_t most_memory(protocol::bytes_view from) { return 64 * from.size() + (std::size_t{1} << 16); }

}  // namespace

bool read_assignment(protocol::bytes_view from, std::vector<topic_partitions>& into) {
  into.clear();
  if (from.empty()) return true;
  protocol::arena memory(most_memory(from));
  protocol::reader in(from, memory);
  protocol::ConsumerProtocolAssignment said;
  if (!read_versioned(in, said)) return false;
  for (const auto& one : said.assigned_partitions)
    into.push_back({std::string(one.topic), {one.partitions.begin(), one.partitions.end()}});
  sort_partitions(into);
  return true;
}

std::vector<std::string> subscribed_topics(protocol::bytes_view from) {
  if (from.empty()) return {};
  protocol::arena memory(most_memory(from));
  protocol::reader in(from, memory);
  protocol::ConsumerProtocolSubscription said;
  if (!read_versioned(in, said)) return {};
  std::vector<std::string> out(said.topics.begin(), said.topics.end());
  std::sort(out.begin(), out.end());
  return out;
}

void sort_partitions(std::vector<topic_partitions>& what) {
  std::stable_sort(what.begin(), what.end(), [](const auto& a, const auto& b) { return a.topic < b.topic; });
  std::vector<topic_partitions> merged;
  for (topic_partitions& one : what) {
    if (merged.empty() || merged.back().topic != one.topic) merged.push_back({std::move(one.topic), {}});
    auto& into = merged.back().partitions;
    into.insert(into.end(), one.partitions.begin(), one.partitions.end());
  }
  for (topic_partitions& one : merged) {
    std::sort(one.partitions.begin(), one.partitions.end());
    one.partitions.erase(std::unique(one.partitions.begin(), one.partitions.end()), one.partitions.end());
  }
  what = std::move(merged);
}

}  // namespace v0
}  // namespace ottla
