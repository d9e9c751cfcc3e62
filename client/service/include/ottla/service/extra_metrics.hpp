// extra_metrics: families beside those of the documents, for the alerts on lag and on open breakers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ottla/service/circuit_breaker.hpp"
#include "ottla/service/metrics.hpp"

namespace ottla {
inline namespace v0 {

struct consumer_lag {
  std::string topic{};
  std::int32_t partition = -1;
  std::int64_t records = 0;  ///< between the position and the end of the log
};

/// {service}_consumer_lag_records{topic,partition}, a gauge. Labels are bounded: the first `most` have one each; of the
/// rest the highest stands under `other`, so that an alert on lag still sees it. Below 0 counts as 0.
metric_family lag_metric(std::string_view service, std::span<const consumer_lag> lags, std::size_t most = 1'000);

struct breaker_gauge {
  std::string name{};
  breaker_state state = breaker_state::closed;
};
/// {service}_circuit_breaker_open{breaker}, a gauge: 1 open, 0.5 half-open, 0 closed.
metric_family breaker_metric(std::string_view service, std::span<const breaker_gauge> breakers);

}  // namespace v0
}  // namespace ottla
