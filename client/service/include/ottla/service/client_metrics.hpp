// client_metrics: what the client itself counts, as families: batches, buffers, throttling, latency, rebalances.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/consumer.hpp"
#include "ottla/net/certificate_dates.hpp"
#include "ottla/net/traffic.hpp"
#include "ottla/producer_config.hpp"
#include "ottla/service/metrics.hpp"

namespace ottla {
inline namespace v0 {

struct named_producer_stats {
  std::string name{};
  producer_stats stats{};
};
struct named_consumer_stats {
  std::string name{};
  consumer_stats stats{};
};

/// Counters and gauges; the names are the service's for its producers and consumers (their topics). Of one name all are
/// one sample; above `most` names the rest is `other`.
///
///     {service}_producer_batches_total{producer}             with _batch_bytes_total: the mean batch size
///     {service}_producer_batch_bytes_total{producer}         as written, retries included
///     {service}_producer_batch_retries_total{producer}
///     {service}_producer_buffered_bytes{producer}            against buffer_memory
///     {service}_producer_throttle_seconds_total{producer}    that brokers asked for
///     {service}_consumer_rebalances_total{consumer}
///     {service}_consumer_fetch_failures_total{consumer}
///     {service}_consumer_held_bytes{consumer}
///     {service}_consumer_throttle_seconds_total{consumer}
///     {service}_request_duration_seconds{broker,lane}        a histogram; long polls are on the lanes fetch and group
std::vector<metric_family> client_metrics(std::string_view service, std::span<const named_producer_stats> producers,
                                          std::span<const named_consumer_stats> consumers,
                                          std::span<const lane_traffic> traffic, std::size_t most = 100);

/// {service}_certificate_not_after_seconds{whose}: until when certificates are good, in seconds since 1970: ours
/// (`client`), and each broker's by host:port; of a chain the one that ends first. Brokers above `most` are left out.
metric_family certificate_metric(std::string_view service, std::span<const certificate_date> dates,
                                 std::size_t most = 100);

}  // namespace v0
}  // namespace ottla
