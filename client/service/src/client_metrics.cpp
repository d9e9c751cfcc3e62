// client_metrics: sums per name, and the rows of a cluster's traffic.
#include "ottla/service/client_metrics.hpp"

#include <algorithm>
#include <chrono>

namespace ottla {
inline namespace v0 {
namespace {

std::string_view name_of(lane via) {
  switch (via) {
    case lane::control:
      return "control";
    case lane::produce:
      return "produce";
    case lane::fetch:
      return "fetch";
    case lane::group:
      return "group";
  }
  return "control";
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// One family with a sample per name.
template <class Named, class Figure>
metric_family by_name(std::string name, std::string help, metric_kind kind, std::string_view label,
                      std::span<const Named> all, std::size_t most, Figure figure) {
  metric_family out{std::move(name), std::move(help), kind, {}};
  for (const Named& one : all) {
    const auto is = [](std::string_view wanted) {
      return [wanted](const metric_sample& sample) { return sample.labels.front().second == wanted; };
    };
    auto at = std::find_if(out.samples.begin(), out.samples.end(), is(one.name));
    const bool full = at == out.samples.end() && out.samples.size() >= most;
    if (full) at = std::find_if(out.samples.begin(), out.samples.end(), is("other"));
    if (at == out.samples.end()) {
      metric_sample fresh;
      fresh.labels.emplace_back(label, full ? "other" : one.name);
      at = out.samples.insert(out.samples.end(), std::move(fresh));
    }
    at->value += static_cast<double>(figure(one.stats));
  }
  return out;
}

metric_family durations(std::string name, std::span<const lane_traffic> traffic, std::size_t most) {
  metric_family out{std::move(name), "From writing a request to its answer", metric_kind::histogram, {}};
  for (const lane_traffic& one : traffic) {
    if (out.samples.size() >= 4 * most) break;  // brokers beyond are left out: their sum would say nothing of any
    const auto id = static_cast<std::int32_t>(one.broker);
    metric_sample sample;
    sample.labels.emplace_back("broker", id < 0 ? "bootstrap" : std::to_string(id));
    sample.labels.emplace_back("lane", name_of(one.via));
    for (std::size_t i = 0; i < latency_bounds.size(); ++i) {
      sample.count += one.by_bound[i];
      sample.buckets.push_back({seconds(latency_bounds[i]), sample.count});
    }
    sample.count += one.by_bound.back();
    sample.sum = seconds(one.latency);
    out.samples.push_back(std::move(sample));
  }
  return out;
}

}  // namespace

std::vector<metric_family> client_metrics(std::string_view service, std::span<const named_producer_stats> producers,
                                          std::span<const named_consumer_stats> consumers,
                                          std::span<const lane_traffic> traffic, std::size_t most) {
  const std::string prefix = metric_prefix(service) + "_";
  std::vector<metric_family> out;
  const auto producing = [&](const char* name, const char* help, metric_kind kind, auto figure) {
    out.push_back(by_name(prefix + name, help, kind, "producer", producers, most, figure));
  };
  const auto consuming = [&](const char* name, const char* help, metric_kind kind, auto figure) {
    out.push_back(by_name(prefix + name, help, kind, "consumer", consumers, most, figure));
  };
  producing("producer_batches_total", "Batches sent, retries included", metric_kind::counter,
            [](const producer_stats& of) { return of.batches_sent; });
  producing("producer_batch_bytes_total", "Bytes of batches sent, retries included", metric_kind::counter,
            [](const producer_stats& of) { return of.bytes_sent; });
  producing("producer_batch_retries_total", "Batches sent again", metric_kind::counter,
            [](const producer_stats& of) { return of.batches_retried; });
  producing("producer_buffered_bytes", "Memory of batches that have no outcome", metric_kind::gauge,
            [](const producer_stats& of) { return of.buffered_bytes; });
  producing("producer_throttle_seconds_total", "Silence that brokers asked for", metric_kind::counter,
            [](const producer_stats& of) { return seconds(of.throttled); });
  consuming("consumer_rebalances_total", "Generations of the group", metric_kind::counter,
            [](const consumer_stats& of) { return of.rebalances; });
  consuming("consumer_fetch_failures_total", "Fetches without a usable answer", metric_kind::counter,
            [](const consumer_stats& of) { return of.fetch_failures; });
  consuming("consumer_held_bytes", "Fetched bytes that are being worked on", metric_kind::gauge,
            [](const consumer_stats& of) { return of.held_bytes; });
  consuming("consumer_throttle_seconds_total", "Silence that brokers asked for", metric_kind::counter,
            [](const consumer_stats& of) { return seconds(of.throttled); });
  out.push_back(durations(prefix + "request_duration_seconds", traffic, most));
  return out;
}

metric_family certificate_metric(std::string_view service, std::span<const certificate_date> dates, std::size_t most) {
  metric_family out{metric_prefix(service) + "_certificate_not_after_seconds",
                    "Until when a certificate is good",
                    metric_kind::gauge,
                    {}};
  for (const certificate_date& one : dates) {
    if (out.samples.size() >= most) break;
    metric_sample sample;
    sample.labels.emplace_back("whose", one.whose);
    sample.value = seconds(one.not_after.time_since_epoch());
    out.samples.push_back(std::move(sample));
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
