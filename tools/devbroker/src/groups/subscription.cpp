// What the members of a group of consumers say they read: the one thing a coordinator looks for in their metadata.
#include "groups/subscription.hpp"

#include <algorithm>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/consumer_protocol_subscription.hpp"
#include "ottla/protocol/reader.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

constexpr std::size_t most_memory = std::size_t{16} << 20;

bool may_read(const std::vector<std::byte>& metadata, std::string_view topic) {
  protocol::arena memory(most_memory);
  protocol::reader in(metadata, memory);
  in.int16();
  protocol::ConsumerProtocolSubscription said;
  // The topics come first in all versions, and nothing else of it is asked for.
  read(in, said, protocol::ConsumerProtocolSubscription::min_version);
  return !in.ok() || std::find(said.topics.begin(), said.topics.end(), topic) != said.topics.end();
}

}  // namespace

bool is_subscribed(const group& in, std::string_view topic) {
  if (in.consumer() != nullptr) return in.consumer()->is_subscribed(topic);
  return std::any_of(in.members().begin(), in.members().end(), [&](const auto& m) {
    const auto& offers = m.second.offers;
    return std::any_of(offers.begin(), offers.end(),
                       [&](const protocol_offer& o) { return may_read(o.metadata, topic); });
  });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
