// Any bytes as what members of a group say: refused, or read, written and read again as the same; and whatever they
// claim, each partition goes to one of those who want it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>

#include "assignor.hpp"
#include "consumer_protocol.hpp"

namespace {

using ottla::assignor;
using ottla::subscription_of_member;
using ottla::topic_partition;

constexpr std::size_t most_members = 8, most_topics = 20;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
std::vector<T> sorted(std::vector<T> from) {
  std::sort(from.begin(), from.end());
  from.erase(std::unique(from.begin(), from.end()), from.end());
  return from;
}

void read_again(assignor which, const subscription_of_member& said) {
  const auto bytes = encode_subscription(which, said);
  require(bytes.has_value());
  const auto again = decode_subscription(which, *bytes);
  require(again.has_value() && again->topics == sorted(said.topics) && sorted(again->owned) == sorted(said.owned));
  require(again->generation == said.generation && again->rack == said.rack);
}

void read_assignment(ottla::protocol::bytes_view bytes) {
  const auto got = ottla::decode_assignment(bytes);
  if (!got) return;
  const auto again = ottla::decode_assignment(*ottla::encode_assignment(*got));
  require(again.has_value() && *again == *got);
}

void divide(assignor which, const std::vector<subscription_of_member>& members) {
  std::vector<ottla::topic_size> topics;
  for (const auto& one : members) {
    for (const std::string& topic : one.topics) {
      if (topics.size() < most_topics) topics.push_back({topic, static_cast<std::int32_t>(topics.size() % 5)});
    }
  }
  std::set<topic_partition> given;
  for (const auto& one : assign_partitions(which, members, topics)) {
    const auto who =
        std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.member_id == one.member_id; });
    for (const topic_partition& where : one.partitions) {
      require(given.insert(where).second);
      require(std::find(who->topics.begin(), who->topics.end(), where.topic) != who->topics.end());
    }
  }
  if (which == assignor::cooperative_sticky) return;  // holds some back
  std::set<std::string> seen;
  std::size_t wanted = 0;
  for (const auto& topic : topics) {
    if (topic.partitions > 0 && seen.insert(topic.topic).second) wanted += static_cast<std::size_t>(topic.partitions);
  }
  require(given.size() == wanted);
}

}  // namespace

// A byte that chooses the assignor, then per member two bytes of length and its metadata.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto which = static_cast<assignor>(data[0] % 4);
  std::vector<subscription_of_member> members;
  for (std::size_t at = 1; at + 2 <= size && members.size() < most_members;) {
    const std::size_t length = std::min<std::size_t>(data[at] << 8 | data[at + 1], size - at - 2);
    const ottla::protocol::bytes_view piece(reinterpret_cast<const std::byte*>(data + at + 2), length);
    at += 2 + length;
    read_assignment(piece);
    auto said = decode_subscription(which, piece);
    if (!said) continue;
    read_again(which, *said);
    members.push_back(*std::move(said));
    members.back().member_id = std::to_string(members.size());
  }
  divide(which, members);
  return 0;
}
