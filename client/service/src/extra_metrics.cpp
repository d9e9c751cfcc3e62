// extra_metrics: plain conversions into families.
#include "ottla/service/extra_metrics.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace {

metric_sample gauge(std::vector<std::pair<std::string, std::string>> labels, double value) {
  metric_sample out;
  out.labels = std::move(labels);
  out.value = value;
  return out;
}

}  // namespace

metric_family lag_metric(std::string_view service, std::span<const consumer_lag> lags, std::size_t most) {
  metric_family out{metric_prefix(service) + "_consumer_lag_records",
                    "Records between the position and the end",
                    metric_kind::gauge,
                    {}};
  std::int64_t highest = -1;
  for (const consumer_lag& one : lags) {
    const std::int64_t records = std::max<std::int64_t>(one.records, 0);
    if (out.samples.size() < most) {
      out.samples.push_back(
          gauge({{"topic", one.topic}, {"partition", std::to_string(one.partition)}}, static_cast<double>(records)));
    } else {
      highest = std::max(highest, records);
    }
  }
  if (highest >= 0)
    out.samples.push_back(gauge({{"topic", "other"}, {"partition", "other"}}, static_cast<double>(highest)));
  return out;
}

metric_family breaker_metric(std::string_view service, std::span<const breaker_gauge> breakers) {
  metric_family out{
      metric_prefix(service) + "_circuit_breaker_open", "1: open, 0.5: half-open, 0: closed", metric_kind::gauge, {}};
  for (const breaker_gauge& one : breakers) {
    const double value = one.state == breaker_state::open ? 1.0 : one.state == breaker_state::half_open ? 0.5 : 0.0;
    out.samples.push_back(gauge({{"breaker", one.name}}, value));
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
