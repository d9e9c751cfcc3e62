// metrics_server: our snapshots in the types of prometheus-cpp, which writes the text.
#include "ottla/service/metrics_server.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

#include "ottla/service/system_time.hpp"

namespace ottla {
inline namespace v0 {
namespace {

prometheus::MetricType type_of(metric_kind kind) {
  switch (kind) {
    case metric_kind::counter:
      return prometheus::MetricType::Counter;
    case metric_kind::gauge:
      return prometheus::MetricType::Gauge;
    case metric_kind::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric converted(const metric_sample& sample) {
  prometheus::ClientMetric out;
  for (const auto& [name, value] : sample.labels) out.label.push_back({name, value});
  out.counter.value = sample.value;
  out.gauge.value = sample.value;
  out.histogram.sample_count = sample.count;
  out.histogram.sample_sum = sample.sum;
  for (const metric_bucket& bucket : sample.buckets) out.histogram.bucket.push_back({bucket.count, bucket.upper});
  return out;
}

}  // namespace

std::string prometheus_text(const std::vector<metric_family>& families) {
  std::vector<prometheus::MetricFamily> all;
  for (const metric_family& family : families) {
    prometheus::MetricFamily* into = nullptr;
    for (prometheus::MetricFamily& known : all) {
      if (known.name == family.name) into = &known;
    }
    if (into == nullptr) {
      into = &all.emplace_back();
      into->name = family.name;
      into->help = family.help;
      into->type = type_of(family.kind);
    }
    for (const metric_sample& sample : family.samples) into->metric.push_back(converted(sample));
  }
  return prometheus::TextSerializer().Serialize(all);
}

metrics_server::metrics_server(std::vector<metric_source> sources, metrics_server_config config)
    : config_(std::move(config)) {
  server_.get(config_.path, [sources = std::move(sources)] {
    std::vector<metric_family> families;
    const steady_ns now = system_time().mono;
    for (const metric_source& source : sources) {
      for (metric_family& family : source(now)) families.push_back(std::move(family));
    }
    return http_reply{
        .status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = prometheus_text(families)};
  });
}

result<void> metrics_server::start() {
  if (!config_.enabled) return {};
  if (!config_.path.starts_with('/')) {
    error_context context;
    context.asked = "metrics_server";
    context.detail = "the path \"" + config_.path + "\" does not begin with /";
    return error(client_code::invalid_config, std::move(context));
  }
  return server_.start(config_.listen);
}

}  // namespace v0
}  // namespace ottla
