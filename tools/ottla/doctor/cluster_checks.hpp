// cluster_checks: what a cluster that answers says of itself: brokers, leaders, advertised addresses, its clock.
#pragma once

#include "doctor/finding.hpp"
#include "ottla/cluster.hpp"

namespace ottla_tool::doctor {

/// Metadata: the cluster, its brokers and partitions; then each advertised address as a client would use it.
void look_at_cluster(ottla::cluster& on, patience within, findings& out);

/// How far the clock of the cluster's controller is from this one's, by the time it stamps on itself in DescribeQuorum.
/// Says nothing where that cannot be asked (before Kafka 3.3, without KRaft, without the right to).
void look_at_clock(ottla::cluster& on, patience within, findings& out);

}  // namespace ottla_tool::doctor
