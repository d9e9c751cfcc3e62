// member_bytes: what members of classic consumer groups told each other through the coordinator, which does not read
// it.
#pragma once

#include "ottla/admin/groups.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// int16 version | ConsumerProtocolAssignment. A newer version is read as the newest we know; no bytes: nothing was
/// assigned. False if it is something else.
bool read_assignment(protocol::bytes_view from, std::vector<topic_partitions>& into);
/// int16 version | ConsumerProtocolSubscription: its topics; none if it is something else.
std::vector<std::string> subscribed_topics(protocol::bytes_view from);
/// Topics by name, each once, with their partitions ascending.
void sort_partitions(std::vector<topic_partitions>& what);

}  // namespace v0
}  // namespace ottla
