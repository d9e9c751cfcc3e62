// group_assignor: the ways in which a classic consumer group divides partitions among its members, by Kafka's names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ottla {
inline namespace v0 {

/// Members agree on one that all of them offer; the group's leader computes it for all. The names are those of the Java
/// client, so that both can share a group.
enum class assignor : std::uint8_t {
  range,               ///< per topic, a run of neighbours each: equal numbers of several topics meet at one member
  round_robin,         ///< one after the other over all topics
  sticky,              ///< balanced, and as little as possible moves; everything is revoked before (eager)
  cooperative_sticky,  ///< the same, but who keeps a partition goes on reading it meanwhile (KIP-429)
};

/// Kafka's name: "range", "roundrobin", "sticky", "cooperative-sticky". Static storage.
std::string_view name_of(assignor which);
/// The assignor of that name, exactly as Kafka writes it; nullopt for any other.
std::optional<assignor> assignor_named(std::string_view name);

}  // namespace v0
}  // namespace ottla
