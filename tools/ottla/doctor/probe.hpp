// probe: one record to a topic and back.
#pragma once

#include <string>

#include "doctor/finding.hpp"
#include "ottla/cluster.hpp"
#include "ottla/consumer_config.hpp"
#include "ottla/producer_config.hpp"

namespace ottla_tool::doctor {

/// Writes a record to the topic, with the caller's settings of producers, and reads it back. The topic has to be there.
void look_at_round_trip(ottla::cluster& on, const std::string& topic, ottla::producer_config producing,
                        ottla::consumer_config consuming, patience within, findings& out);

}  // namespace ottla_tool::doctor
