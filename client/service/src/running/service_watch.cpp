// service_state: what others may know of it: health checks and metric families.
#include <algorithm>

#include "../cluster_health.hpp"
#include "ottla/service/client_metrics.hpp"
#include "ottla/service/extra_metrics.hpp"
#include "service_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

result<void> as_result(error why) { return why ? result<void>(std::move(why)) : result<void>(); }

error silent(const std::string& name, std::chrono::nanoseconds since) {
  error_context context;
  context.asked = "polling of " + name;
  context.detail = "it has not polled for " + std::to_string(since / std::chrono::seconds(1)) + " s";
  context.advice = "look for a rebalance handler that hangs";
  return error(client_code::timed_out, std::move(context));
}

}  // namespace

void service_state::add_check(const std::string& name, health_check check, health_scope scope) {
  // Checks run on threads of the registry; without threads nobody but the caller may drive the cluster.
  if (!threaded()) return;
  if (auto added = checks->add(name, std::move(check), scope); !added) {
    return line(log_level::warning, "health_check_not_added", &added.error());
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  checks_added_.push_back(name);
}

void service_state::watch_cluster() {
  add_check(
      "kafka",
      [weak = weak_from_this()](std::chrono::milliseconds timeout) {
        const auto self = weak.lock();
        return self ? ask_cluster(*self->on.state(), timeout) : result<void>();
      },
      health_scope::readiness);
  add_check(
      "core",
      [weak = weak_from_this()](std::chrono::milliseconds timeout) {
        const auto self = weak.lock();
        return self ? self->core_answers(timeout) : result<void>();
      },
      health_scope::liveness);
}

void service_state::watch(const reading& one) {
  add_check(
      "consumer:" + one.name,
      [weak = std::weak_ptr(one.in)](std::chrono::milliseconds) {
        const auto in = weak.lock();
        return in ? as_result(in->trouble()) : result<void>();
      },
      health_scope::readiness);
  add_check(
      "polling:" + one.name,
      [weak = std::weak_ptr(one.in), name = one.name, most = one.max_silence](std::chrono::milliseconds) {
        const auto in = weak.lock();
        const auto since = in ? in->silence() : std::chrono::nanoseconds(0);
        return since > most ? result<void>(silent(name, since)) : result<void>();
      },
      health_scope::liveness);
}

void service_state::forget_checks() {
  std::vector<std::string> all;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    all.swap(checks_added_);
  }
  // A check that hangs holds nothing but what it asks; it finds nobody when it comes back.
  for (const std::string& name : all) (void)checks->remove(name, std::chrono::milliseconds(100));
}

/// Whether the cluster's thread takes work: a handler that blocks it stops everything.
result<void> service_state::core_answers(std::chrono::nanoseconds timeout) const {
  auto answered = std::make_shared<completion>();
  if (!on.state()->post([answered] { answered->set(); })) return unexpected(on.state()->closed_error());
  if (runner().wait(*answered, after(runner().mono_now(), timeout))) return {};
  error_context context;
  context.asked = "the cluster's thread";
  context.detail = "it did not take any work in time";
  context.advice = "look for an outcome handler or a hook that blocks";
  return unexpected(error(client_code::timed_out, std::move(context)));
}

health_report service_state::health(std::chrono::milliseconds timeout, health_question question) {
  if (threaded()) return checks->run(timeout, question);
  health_report out;
  const auto ask = [&](const std::string& name, health_scope scope, auto check) {
    if (question == health_question::readiness && scope != health_scope::readiness) return;
    if (question == health_question::liveness && scope != health_scope::liveness) return;
    const steady_ns began = runner().mono_now();
    const result<void> well = check();
    check_report& one = out.checks.emplace_back();
    one.name = name;
    one.scope = scope;
    one.up = well.has_value();
    one.duration = runner().mono_now() - began;
    if (!well) one.error = well.error().message();
    out.up = out.up && one.up;
  };
  ask("kafka", health_scope::readiness, [&] { return ask_cluster(*on.state(), timeout); });
  for (const reading& one : consumers()) {
    ask("consumer:" + one.name, health_scope::readiness, [&] { return as_result(one.in->trouble()); });
  }
  return out;
}

std::vector<metric_family> service_state::families(steady_ns now) const {
  std::vector<metric_family> out;
  if (memory) out = memory->snapshot(now);
  std::vector<consumer_lag> lags;
  std::vector<breaker_gauge> breakers;
  std::vector<named_consumer_stats> reads;
  std::vector<named_producer_stats> writes;
  const auto gauge = [&](const std::string& name, breaker_state state) {
    // A label stands once: of two with one name the worse one.
    const auto rank = [](breaker_state of) { return of == breaker_state::open ? 2 : of == breaker_state::half_open; };
    for (breaker_gauge& one : breakers) {
      if (one.name != name) continue;
      if (rank(state) > rank(one.state)) one.state = state;
      return;
    }
    breakers.push_back({name, state});
  };
  for (const reading& one : consumers()) {
    for (consumer_lag& lag : one.in->lags()) lags.push_back(std::move(lag));
    reads.push_back({one.name, one.in->reading()});
    if (one.breaker) gauge("consumer:" + one.name, one.breaker->state());
  }
  for (const writing& one : producers()) {
    const service_producer_stats stats = one.stats();
    writes.push_back({one.name, stats.records});
    if (stats.breaker) gauge("producer:" + one.name, *stats.breaker);
  }
  // Two consumers may read one partition, each for a group of its own: the one that is further behind is told.
  std::sort(lags.begin(), lags.end(), [](const consumer_lag& a, const consumer_lag& b) {
    return std::tie(a.topic, a.partition, b.records) < std::tie(b.topic, b.partition, a.records);
  });
  lags.erase(std::unique(lags.begin(), lags.end(),
                         [](const consumer_lag& a, const consumer_lag& b) {
                           return a.topic == b.topic && a.partition == b.partition;
                         }),
             lags.end());
  out.push_back(lag_metric(config.name, lags));
  out.push_back(breaker_metric(config.name, breakers));
  for (metric_family& one : client_metrics(config.name, writes, reads, on.state()->machine().traffic().read())) {
    out.push_back(std::move(one));
  }
  if (const certificate_dates* dates = on.state()->machine().certificates())
    out.push_back(certificate_metric(config.name, dates->all()));
  return out;
}

}  // namespace v0
}  // namespace ottla
