// client_settings: the tables that fill the roles' configurations by name, and the rules between their settings.
#pragma once

#include "ottla/consumer_config.hpp"
#include "ottla/net/settings.hpp"
#include "ottla/producer_config.hpp"

namespace ottla {
inline namespace v0 {

/// Fills a producer_config.
std::span<const setting> producer_settings();
/// Fills a consumer_config.
std::span<const setting> consumer_settings();

/// After the last set(): applies the rules between a producer's settings. Two that were both given and contradict each
/// other are an invalid_config that names both; where only one was given, the other's default yields, as it does in the
/// Java client: acks other than all, or more than 5 in flight, switch idempotence off; a short delivery timeout
/// shortens the request timeout.
result<void> settle_producer(const settings& given, producer_config& config);

/// The same for a consumer's: what brokers decide in groups of the consumer protocol (session.timeout.ms,
/// heartbeat.interval.ms, partition.assignment.strategy) must not be given then, nor group.remote.assignor in others.
result<void> settle_consumer(const settings& given, const consumer_config& config);

}  // namespace v0
}  // namespace ottla
