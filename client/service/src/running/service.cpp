// service: what is added to it, and how it runs.
#include "ottla/service.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "../checked_config.hpp"
#include "ottla/net/fork_watch.hpp"
#include "service_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// How often run() looks whether somebody cannot go on.
constexpr std::chrono::milliseconds look_every{500};

std::vector<std::string> brokers_of(std::string_view bootstrap) {
  std::vector<std::string> out;
  while (!bootstrap.empty()) {
    const std::size_t end = std::min(bootstrap.find(','), bootstrap.size());
    if (end > 0) out.emplace_back(bootstrap.substr(0, end));
    bootstrap.remove_prefix(std::min(end + 1, bootstrap.size()));
  }
  return out;
}

std::shared_ptr<const json_log> log_of(const service_config& config) {
  if (config.log) return config.log;
  json_log_config with;
  with.brokers = brokers_of(config.cluster.bootstrap);
  with.least = config.least;
  return std::make_shared<json_log>(std::move(with));
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& one : names) out += (out.empty() ? "" : ",") + one;
  return out;
}

/// What no waiting mends.
bool cannot_go_on(const error& why) {
  using protocol::error_code;
  if (why.client() != client_code::none) {
    return why.is(client_code::closed) || why.is(client_code::forked) || why.is(client_code::invalid_config);
  }
  switch (why.broker_code()) {
    case error_code::fenced_instance_id:
    case error_code::group_authorization_failed:
    case error_code::invalid_group_id:
    case error_code::invalid_session_timeout:
    case error_code::inconsistent_group_protocol:
      return true;
    default:
      return false;
  }
}

}  // namespace

result<void> service_config::validate() const {
  const auto bad = [](std::string detail) { return bad_config("service_config", std::move(detail)); };
  if (name.empty()) return bad("name must not be empty");
  if (cluster.bootstrap.empty()) return bad("cluster.bootstrap must name a broker");
  if (topic.size() > 249) return bad("topic must have at most 249 characters");
  if (close_timeout.count() < 1) return bad("close_timeout must be at least 1 ms");
  return {};
}

service_state::service_state(ottla::cluster with, bool own, service_config c)
    : on(std::move(with)),
      owned(own),
      config(std::move(c)),
      log(log_of(config)),
      memory(config.metrics ? nullptr
                            : std::make_shared<memory_metrics>(on.state()->runner().mono_now(),
                                                               memory_metrics_config{.service = config.name})),
      counts(config.metrics ? config.metrics : memory),
      checks(config.health ? config.health : std::make_shared<health_registry>()) {}

void service_state::begin() {
  watch_cluster();
  const std::array<log_field, 2> fields{{{"service", config.name}, {"group", config.group}}};
  line(log_level::info, "service_opened", nullptr, std::nullopt, fields);
}

void service_state::line(log_level level, std::string_view msg, const error* failure,
                         std::optional<std::chrono::nanoseconds> took, std::span<const log_field> fields) const {
  if (!log->writes(level)) return;
  log_entry entry;
  entry.level = level;
  entry.msg = msg;
  entry.duration = took;
  entry.failure = failure;
  entry.fields = fields;
  log->write(entry);
}

std::vector<service_state::reading> service_state::consumers() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return consumers_;
}
std::vector<service_state::writing> service_state::producers() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return producers_;
}

error service_state::closed_error(std::string asked) const {
  error_context context;
  context.asked = std::move(asked);
  context.detail = "the service was closed";
  return error(client_code::closed, std::move(context));
}

message_handler service_state::traced(message_handler with, const std::string& group) const {
  if (!config.tracing || !with) return with;
  return [hooks = config.tracing, with = std::move(with), group](const message& m) -> verdict {
    process_trace of;
    of.topic = m.topic();
    of.partition = m.partition();
    of.offset = m.offset();
    of.group = group;
    of.attempt = m.tries();
    process_span span(hooks.get(), of, read_trace_of(m));
    verdict said = with(m);
    span.end(said);
    return said;
  };
}

result<std::shared_ptr<service_consumer>> service_state::add_consumer(std::string topic, message_handler handler,
                                                                      service_consumer_options options) {
  consumer_config& reading_with = options.reading;
  if (topic.empty() && reading_with.topics.empty() && reading_with.topic_pattern.empty()) topic = config.topic;
  if (!topic.empty()) {
    if (!reading_with.topics.empty() || !reading_with.topic_pattern.empty()) {
      return unexpected(
          bad_config("service::add_consumer", "reading.topics and reading.topic_pattern contradict topic"));
    }
    reading_with.topics = {std::move(topic)};
  }
  if (reading_with.group.empty()) reading_with.group = config.group;
  if (options.name.empty()) options.name = config.cluster.client_id;
  if (!options.counts) options.counts = counts;
  if (!options.log) options.log = log;
  if (!threaded()) options.threads = threading::manual;

  reading made;
  made.name = reading_with.topics.empty() ? reading_with.topic_pattern : joined(reading_with.topics);
  made.breaker = options.breaker;
  made.max_silence = reading_with.max_poll_interval;
  if (options.tiers && options.tiers->create && !reading_with.topics.empty()) {
    const auto made_topics =
        ensure_retry_topics(on, reading_with.topics, *options.tiers, options.tiers->create_timeout, log.get());
    if (!made_topics) return unexpected(made_topics.error());
  }
  message_handler with = traced(std::move(handler), reading_with.group);
  made.in = std::make_shared<service_consumer>(on, std::move(options), std::move(with));
  if (auto valid = made.in->valid(); !valid) return unexpected(valid.error());
  bool begin_now = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closing_) return unexpected(closed_error("service::add_consumer"));
    const auto same = std::count_if(consumers_.begin(), consumers_.end(), [&](const reading& one) {
      return one.name == made.name || one.name.starts_with(made.name + "#");
    });
    if (same > 0) made.name += "#" + std::to_string(same + 1);
    consumers_.push_back(made);
    begin_now = started_;
  }
  watch(made);
  if (begin_now) {
    if (auto begun = made.in->start(); !begun) return unexpected(begun.error());
  }
  return made.in;
}

result<service_state::writing> service_state::add_producer(std::string topic, add_producer_options options,
                                                           producer_type type) {
  producer_options& with = options.producer;
  if (topic.empty()) topic = with.topic.empty() ? config.topic : with.topic;
  if (topic.empty()) return unexpected(bad_config("service::add_producer", "topic must not be empty"));
  with.topic = topic;
  if (with.service == producer_options{}.service) with.service = config.name;
  if (!with.metrics) with.metrics = counts;
  if (!with.log) with.log = log;
  if (!with.telemetry) with.telemetry = config.telemetry;
  if (!with.error_logger) with.error_logger = config.error_logger;
  if (!with.tracing) with.tracing = config.tracing;
  if (auto valid = with.validate(); !valid) return unexpected(valid.error());
  if (options.create) {
    if (auto ensured = ensure_topic(on, topic, *options.create, options.create_timeout, log.get()); !ensured) {
      return unexpected(ensured.error());
    }
  }
  writing made;
  made.name = topic;
  result<void> valid;
  if (type == producer_type::sync) {
    made.sync = std::make_shared<sync_producer>(on, std::move(with));
    valid = made.sync->valid();
  } else {
    made.async = std::make_shared<async_producer>(on, std::move(with));
    valid = made.async->valid();
  }
  if (!valid) return unexpected(valid.error());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closing_) return unexpected(closed_error("service::add_producer"));
  producers_.push_back(made);
  return made;
}

result<void> service_state::start() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closing_) return unexpected(closed_error("service::start"));
    started_ = true;
  }
  for (const reading& one : consumers()) {
    if (auto begun = one.in->start(); !begun) return begun;
  }
  return {};
}

error service_state::fatal_trouble() const {
  if (auto usable = on.state()->usable(); !usable) return usable.error();
  for (const reading& one : consumers()) {
    if (error why = one.in->trouble(); why && cannot_go_on(why)) return why;
  }
  return {};
}

result<void> service_state::run(const std::stop_token& until) {
  if (auto may = on.state()->may_block(); !may) return may;
  std::shared_ptr<completion> told;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    told = stop_;
  }
  if (auto begun = start(); !begun) return begun;
  const std::stop_callback wake(until, [told] { told->set(); });
  while (!told->is_set()) {
    if (const error why = fatal_trouble()) {
      line(log_level::error, "service_cannot_go_on", &why);
      return unexpected(why);
    }
    if (threaded()) {
      (void)runner().wait(*told, after(runner().mono_now(), look_every));
    } else if (auto went = turn(look_every); !went) {
      return unexpected(went.error());
    }
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  stop_ = std::make_shared<completion>();  // for the next run
  return {};
}

void service_state::stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stop_->set();
}

result<std::size_t> service_state::turn(std::chrono::milliseconds timeout) {
  if (threaded()) {
    error_context context;
    context.asked = "service::turn";
    context.detail = "this service has threads of its own";
    return unexpected(error(client_code::invalid_argument, std::move(context)));
  }
  const std::vector<reading> all = consumers();
  if (all.empty()) {
    completion nobody;
    (void)runner().wait(nobody, after(runner().mono_now(), timeout));
    return std::size_t{0};
  }
  // Each waits its part: who has nothing to read keeps the others waiting so long and no longer.
  const auto part = std::max(timeout / static_cast<int>(all.size()), std::chrono::milliseconds(timeout.count() > 0));
  std::size_t finished = 0;
  for (const reading& one : all) {
    auto went = one.in->turn(part);
    if (!went) return went;
    finished += *went;
  }
  return finished;
}

result<void> topic_producer::produce(std::span<const producer_message> messages) {
  const std::vector<delivery> outcomes = producer_->send(messages);
  const delivery* first = nullptr;
  std::size_t failed = 0;
  for (const delivery& one : outcomes) {
    if (!one.failure) continue;
    if (first == nullptr) first = &one;
    ++failed;
  }
  if (first == nullptr) return {};
  if (outcomes.size() == 1) return unexpected(first->failure);
  error_context context = first->failure.context();
  context.detail = std::to_string(failed) + " of " + std::to_string(outcomes.size()) +
                   " messages failed, the first: " + (context.detail.empty() ? "" : context.detail);
  return unexpected(first->failure.client() != client_code::none
                        ? error(first->failure.client(), std::move(context))
                        : error(first->failure.broker_code(), std::move(context)));
}

result<service> service::open_on(ottla::cluster on, service_config config) {
  if (auto valid = config.validate(); !valid) return unexpected(valid.error());
  auto state = std::make_shared<service_state>(std::move(on), false, std::move(config));
  state->begin();
  return service(std::move(state));
}

result<service> service::open(service_config config) {
  if (auto valid = config.validate(); !valid) return unexpected(valid.error());
  config.log = log_of(config);
  cluster_config with = config.cluster;
  // The logger is the cluster's for as long as it lives, and so is the log that it writes to.
  if (!with.log) with.log = [log = config.log, to = config.log->as_logger()](auto... what) { to(what...); };
  auto on = ottla::cluster::open(std::move(with));
  if (!on) return unexpected(on.error());
  auto state = std::make_shared<service_state>(std::move(*on), true, std::move(config));
  state->begin();
  return service(std::move(state));
}

result<service> service::open(std::span<const std::string> brokers, std::string group) {
  service_config config;
  config.cluster.bootstrap = joined({brokers.begin(), brokers.end()});
  config.group = std::move(group);
  return open(std::move(config));
}

service::~service() {
  if (!state_) return;
  if (state_->on.state()->forked()) {
    leave_behind(std::move(state_));
    return;
  }
  (void)state_->close(state_->config.close_timeout);
}
service::service(service&&) noexcept = default;
service& service::operator=(service&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

result<std::shared_ptr<service_consumer>> service::add_consumer(std::string topic, message_handler handler,
                                                                service_consumer_options options) {
  return state_->add_consumer(std::move(topic), std::move(handler), std::move(options));
}
result<topic_producer> service::add_producer(std::string topic, add_producer_options options) {
  auto made = state_->add_producer(std::move(topic), std::move(options), producer_type::sync);
  if (!made) return unexpected(made.error());
  return topic_producer(std::move(made->sync));
}
result<std::shared_ptr<async_producer>> service::add_async_producer(std::string topic, add_producer_options options) {
  auto made = state_->add_producer(std::move(topic), std::move(options), producer_type::async);
  if (!made) return unexpected(made.error());
  return made->async;
}
result<void> service::start() { return state_->start(); }
result<void> service::run(std::stop_token until) { return state_->run(until); }
void service::stop() { state_->stop(); }
result<std::size_t> service::turn(std::chrono::milliseconds timeout) { return state_->turn(timeout); }
result<void> service::close(std::chrono::milliseconds timeout) { return state_->close(timeout); }
health_report service::health(std::chrono::milliseconds timeout, health_question question) {
  return state_->health(timeout, question);
}
const std::shared_ptr<health_registry>& service::checks() const { return state_->checks; }
metric_source service::metrics_source() const {
  return [state = state_](steady_ns now) { return state->families(now); };
}
ottla::cluster& service::cluster() { return state_->on; }
const json_log& service::log() const { return *state_->log; }

}  // namespace v0
}  // namespace ottla
