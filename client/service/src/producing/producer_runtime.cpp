// producer_runtime: a message's way in, and the waits of those who want its outcome.
#include "producer_runtime.hpp"

#include <algorithm>
#include <array>

#include "../call_listener.hpp"
#include "../cluster_health.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error checked(const producer_options& options, const producer& made) {
  if (auto valid = options.validate(); !valid) return valid.error();
  auto valid = made.valid();
  return valid ? error{} : valid.error();
}

producer_config reporting(producer_config config, const std::shared_ptr<write_report>& to) {
  config.on_batch = [to](const batch_delivery& all) { to->batch(all); };
  return config;
}

}  // namespace

producer_runtime::producer_runtime(cluster& on, producer_options options, producer_type type)
    : cluster_(on.state()),
      options_(std::move(options)),
      type_(type),
      config_(effective_config(options_, type)),
      report_(std::make_shared<write_report>(options_, type, cluster_)),
      producer_(on, reporting(config_, report_)),
      config_error_(checked(options_, producer_)) {
  if (options_.topic.empty() || config_error_) return;
  default_ = &slot(options_.topic);
  default_->is_default = true;
}

void producer_runtime::begin() {
  if (options_.guards && !config_error_) {
    guards_ = std::make_shared<guard_timer>(*options_.guards, cluster_);
    guards_->start();
  }
  plain_ = !config_error_ && !guards_ && report_->tracing() == nullptr && report_->has_cookies();
  report_->count_producers(1);
  const std::array<log_field, 2> fields{{{"client_id", report_->client_id()}, {"type", name(type_)}}};
  report_->line(config_error_ ? log_level::error : log_level::info, "producer_opened",
                config_error_ ? &config_error_ : nullptr, std::nullopt, fields);
}

void producer_runtime::end() {
  if (cluster_->may_block()) {
    (void)close(config_.delivery_timeout);
    return;
  }
  if (closed_.exchange(true)) return;
  straight_.store(nullptr, std::memory_order_release);
  if (guards_) guards_->guards().close();
  fail_parked(state_error(client_code::closed, {}, "the producer was closed"));
  report_->count_producers(-1);
}

error producer_runtime::state_error(client_code code, std::string_view topic, std::string detail,
                                    std::string advice) const {
  error_context context;
  context.asked = topic.empty() ? "Produce" : "Produce to " + std::string(topic);
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return error(code, std::move(context));
}

producer_runtime::topic_slot& producer_runtime::slot(std::string_view name) {
  const std::lock_guard<std::mutex> lock(slots_mutex_);
  auto found = slots_.find(name);
  if (found == slots_.end()) {
    auto made = std::make_unique<topic_slot>();
    made->handle = producer_.topic(name);
    made->label = report_->label(name);
    made->report = report_.get();
    found = slots_.emplace(std::string(name), std::move(made)).first;
    found->second->name = found->first;
  }
  return *found->second;
}

bool producer_runtime::is_ready(topic_slot& to) {
  if (to.ready.load(std::memory_order_acquire)) return true;
  const std::lock_guard<std::mutex> lock(to.mutex);
  if (!to.waiting.empty() || to.handle.partition_count() == 0) return false;
  to.ready.store(true, std::memory_order_release);
  return true;
}

result<void> producer_runtime::refuse(const write_meta& of, std::string_view topic, error why) {
  if (!forked()) report_->refused(of, topic, why);
  return unexpected(std::move(why));
}

result<void> producer_runtime::give_with_care(const producer_message& what) { return give(what, {}); }

void producer_runtime::refused_plain(const topic_slot& to, const record& what, const error& why) {
  if (why.is(client_code::forked)) return;
  write_meta meta;
  meta.label = to.label;
  meta.given = to.report->now();
  meta.bytes = payload_bytes(what);
  to.report->refused(meta, to.name, why);
}

result<void> producer_runtime::give(const producer_message& what, told_function told) {
  const record plain = record_of(what);
  const std::size_t bytes = payload_bytes(plain);
  const auto no = [&](error why) {
    write_meta meta;
    meta.given = report_->now();
    meta.bytes = bytes;
    meta.label = what.topic.empty() ? 0 : report_->label(what.topic);
    return refuse(meta, what.topic, std::move(why));
  };
  if (config_error_) return no(config_error_);
  if (closed_.load(std::memory_order_relaxed)) {
    return no(state_error(client_code::closed, what.topic, "the producer was closed"));
  }
  if (what.topic.empty() && default_ == nullptr) {
    return no(state_error(client_code::invalid_argument, {}, "neither the message nor the producer names a topic",
                          "set producer_options::topic"));
  }
  topic_slot& to = what.topic.empty() ? *default_ : slot(what.topic);
  if (!told && plain_ && write_report::fits_cookie(bytes) && is_ready(to)) {
    straight_.store(&to, std::memory_order_release);
    return send_plain(to, plain, bytes);
  }
  return give_slowly(to, what, plain, bytes, std::move(told));
}

result<void> producer_runtime::give_slowly(topic_slot& to, const producer_message& what, record plain,
                                           std::size_t bytes, told_function told) {
  auto how = std::make_shared<sending>();
  how->meta.label = to.label;
  how->meta.given = report_->now();
  how->meta.bytes = bytes;
  how->told = std::move(told);
  std::vector<envelope_header> added;
  std::vector<record_header> headers;
  if (trace_hooks* hooks = report_->tracing()) {
    send_trace trace;
    trace.topic = to.handle.name();
    trace.client_id = report_->client_id();
    trace.parent = what.trace;
    trace.headers = what.headers;
    trace.bytes = bytes;
    how->meta.span = hooks->begin_send(trace, added);
    if (!added.empty()) {
      headers.assign(what.headers.begin(), what.headers.end());
      for (const envelope_header& one : added) {
        headers.push_back({one.name, one.value ? blob(*one.value).optional() : std::nullopt});
      }
      plain.headers = headers;
    }
  }
  if (result<void> parked_or_not; !is_ready(to) && park(to, plain, how, parked_or_not)) return parked_or_not;
  if (guards_) {
    how->hold = kept_->add();
    guard(to.handle, std::make_unique<kept_record>(plain), std::move(how));
    return {};
  }
  if (error why = launch(to.handle, plain, how)) return refuse(how->meta, to.handle.name(), std::move(why));
  return {};
}

/// Sends with a handler. An error: not taken, and nobody was told.
error producer_runtime::launch(const ottla::topic& to, const record& what, const sending_ptr& how) {
  ottla::topic handle = to;
  auto taken = handle.send(what, [report = report_, how](const delivery& d) { settle(*report, *how, d); });
  return taken ? error{} : taken.error();
}

void producer_runtime::settle(write_report& report, sending& how, const delivery& outcome) {
  report.one(how.meta, outcome);
  if (auto told = std::exchange(how.told, {})) call_listener(told, outcome);
  how.hold.release();
}

std::vector<delivery> producer_runtime::deliver(std::span<const producer_message> many,
                                                std::chrono::milliseconds timeout) {
  // Shared with the handlers: a deadline ends the wait, not the messages.
  struct gathering {
    std::mutex mutex;
    std::vector<delivery> outcomes;
    std::vector<bool> known;
    std::size_t open = 0;
    completion done;
    void settle(std::size_t index, const delivery& outcome) {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        outcomes[index] = outcome;
        known[index] = true;
        if (--open > 0) return;
      }
      done.set();
    }
  };
  std::vector<delivery> out(many.size());
  if (many.empty()) return out;
  const auto name_of = [&](const producer_message& one) {
    return one.topic.empty() ? std::string_view(options_.topic)
           : config_error_   ? std::string_view{}
                             : slot(one.topic).handle.name();
  };
  if (auto may = cluster_->may_block(); !may) {
    for (delivery& one : out) one.failure = may.error();
    return out;
  }
  if (timeout.count() <= 0) timeout = options_.timeout;
  const steady_ns deadline = after(report_->now(), timeout);
  auto all = std::make_shared<gathering>();
  all->outcomes.resize(many.size());
  all->known.resize(many.size());
  all->open = many.size();
  for (std::size_t i = 0; i < many.size(); ++i) {
    auto taken = give(many[i], [all, i](const delivery& d) { all->settle(i, d); });
    if (taken) continue;
    delivery refused;
    refused.failure = taken.error();
    all->settle(i, refused);
  }
  (void)cluster_->runner().wait(all->done, deadline);
  const std::lock_guard<std::mutex> lock(all->mutex);
  for (std::size_t i = 0; i < many.size(); ++i) {
    if (all->known[i]) {
      out[i] = all->outcomes[i];
    } else {
      error_context context;
      context.asked = "Produce to " + std::string(name_of(many[i]));
      context.detail = "no outcome yet; it stays queued";
      context.elapsed = timeout;
      context.persisted = persistence::possibly;
      out[i].failure = error(client_code::timed_out, std::move(context));
    }
    out[i].topic = name_of(many[i]);
  }
  return out;
}

result<void> producer_runtime::health(std::chrono::milliseconds timeout) const {
  const steady_ns began = report_->now();
  auto answered = config_error_ ? result<void>(config_error_) : ask_cluster(*cluster_, timeout);
  report_->line(answered ? log_level::debug : log_level::warning,
                answered ? "kafka_health_check" : "kafka_health_check_failed", answered ? nullptr : &answered.error(),
                report_->now() - began);
  return answered;
}

result<void> producer_runtime::flush(std::chrono::milliseconds timeout) {
  if (config_error_) return unexpected(config_error_);
  const steady_ns deadline = after(report_->now(), timeout);
  const auto left = [&] {
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - report_->now()),
                    std::chrono::milliseconds(0));
  };
  if (auto may = cluster_->may_block(); !may) return may;
  if (!wait_kept(deadline)) {
    error_context context;
    context.asked = "flush";
    context.detail = std::to_string(kept_->count()) + " messages still wait for their topic or in the guards";
    context.elapsed = timeout;
    context.persisted = persistence::possibly;
    return unexpected(error(client_code::timed_out, std::move(context)));
  }
  return producer_.flush(left());
}

result<void> producer_runtime::close(std::chrono::milliseconds timeout) {
  if (config_error_) return {};
  if (auto may = cluster_->may_block(); !may && !may.error().is(client_code::closed)) return may;
  if (closed_.exchange(true)) return {};
  straight_.store(nullptr, std::memory_order_release);
  const steady_ns began = report_->now();
  const steady_ns deadline = after(began, timeout);
  std::size_t late = 0;
  if (!wait_kept(deadline)) {
    late = kept_->count();
    if (guards_) guards_->guards().close();
    fail_parked(state_error(client_code::closed, {}, "the producer was closed before its topic was known"));
  }
  auto closed = producer_.close(
      std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - report_->now()), std::chrono::milliseconds(0)));
  report_->flush_refusals();
  report_->count_producers(-1);
  if (late > 0 && closed) {
    error_context context;
    context.asked = "close";
    context.detail = std::to_string(late) + " messages had no outcome by the deadline and were failed";
    context.elapsed = report_->now() - began;
    context.persisted = persistence::possibly;
    closed = unexpected(error(client_code::timed_out, std::move(context)));
  }
  report_->line(closed ? log_level::info : log_level::warning, "producer_closed", closed ? nullptr : &closed.error(),
                report_->now() - began);
  return closed;
}

service_producer_stats producer_runtime::stats() const {
  service_producer_stats out;
  out.records = producer_.stats();
  out.parked = parked_count_.load(std::memory_order_relaxed);
  if (guards_) {
    out.guarded = guards_->guards().calls();
    if (circuit_breaker* breaker = guards_->guards().breaker()) out.breaker = breaker->state();
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
