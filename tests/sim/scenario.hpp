// scenario: one run of clients in a world, and what it violated.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fault_plan.hpp"
#include "ottla/mock/broker_options.hpp"
#include "ottla/net/config.hpp"
#include "watched_world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

struct violation {
  std::string invariant;  ///< short name, for counting
  std::string detail;
};

struct report {
  std::vector<violation> violations;
  std::uint64_t records = 0;
  std::uint64_t acked = 0;
  std::uint64_t consumed = 0;
  std::uint64_t faults = 0;
  double virtual_seconds = 0;
  std::uint64_t digest = 0;  ///< of everything that happened: equal for equal seeds, on every machine
  std::vector<std::string> trace;
  std::map<std::string, std::uint64_t> seen;  ///< how often happened what a profile is there for
};

/// Into the report, and into the trace of a failing seed.
void violate(report& into, world& where, std::string invariant, std::string detail);
/// What every report ends with: faults, time, the digest over it, the trace.
void conclude(report& out, const watched_world& where, std::uint64_t faults);

/// One node or three, each in a rack of its own: "r1" and so on.
mock::broker_options drawn_cluster(random_stream& rng);

/// Where a reader is: in the rack of one of so many nodes, or nowhere. From a stream of its own, so that readers
/// without a rack do what they would do if nobody had one.
std::string drawn_rack(random_stream rng, std::size_t nodes);

/// Of a client of that name and number: jitter of its own, its log in the trace.
cluster_config cluster_config_of(world& where, std::string name, std::size_t index);

/// Producers write, brokers and network misbehave as planned, then all is healed, outcomes are awaited, and the logs
/// are compared with what was promised. Everything is decided by the seed and the plan.
/// `some_trust_the_leader`: some producers write with acks=1 and no identity, and may lose what was acknowledged.
report run_produce_and_consume(std::uint64_t seed, const fault_plan& plan, bool some_trust_the_leader,
                               const telling& how);

/// Whether a user goes on polling. Closing what is asked first, three times in a row, is how a listener for TLS or SASL
/// answers: who knows better polls again.
bool polls_again(const error& why);

/// The scenario of a profile.
report run_scenario(std::uint64_t seed, const fault_profile& profile, const fault_plan& plan, const telling& how = {});

/// The plan that a seed draws under a profile.
fault_plan plan_of(std::uint64_t seed, const fault_profile& profile);

/// Leaves out faults while the run still violates something; the smallest plan found.
fault_plan shrink(std::uint64_t seed, const fault_profile& profile, fault_plan plan);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
