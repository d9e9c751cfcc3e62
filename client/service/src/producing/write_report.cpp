// write_report: from outcomes to figures, and from failures to lines.
#include "write_report.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "../shared_reading.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::uint64_t time_mask = (std::uint64_t{1} << 35) - 1;  // microseconds
constexpr std::uint32_t longest_stretch = 64;
constexpr std::chrono::microseconds short_stretch{500};  // half the lowest usual bucket
constexpr std::chrono::hours longest_with_cookie{9};
constexpr std::chrono::seconds refusal_interval{1};

std::chrono::milliseconds delivery_timeout_of(const producer_options& options) {
  return options.config ? options.config->delivery_timeout : producer_config{}.delivery_timeout;
}

/// The same error with how many it stands for.
error standing_for(const error& why, std::string what) {
  error_context context = why.context();
  context.detail += (context.detail.empty() ? "" : "; ") + std::move(what);
  return why.client() != client_code::none ? error(why.client(), std::move(context))
                                           : error(why.broker_code(), std::move(context));
}

}  // namespace

write_report::write_report(const producer_options& options, producer_type type, std::shared_ptr<cluster_state> on)
    : cluster_(std::move(on)),
      began_(cluster_->runner().mono_now()),
      service_(options.service),
      client_id_(options.name.empty() ? cluster_->machine().config().client_id : options.name),
      type_(type),
      long_lived_(delivery_timeout_of(options) > longest_with_cookie),
      telemetry_(options.telemetry),
      error_logger_(options.error_logger),
      metrics_(options.metrics),
      tracing_(options.tracing),
      log_(options.log),
      listened_to_(telemetry_ || metrics_),
      untimed_cookie_(listened_to_ ? marked : 0) {}

std::uint64_t write_report::stamp(steady_ns at) const {
  const auto micros = static_cast<std::uint64_t>((at - began_) / std::chrono::microseconds(1)) & time_mask;
  return std::max<std::uint64_t>(micros, 1);
}

std::uint64_t write_report::timed_cookie(std::size_t bytes) {
  if (!listened_to_) {
    untimed_.store(std::numeric_limits<std::uint32_t>::max(), std::memory_order_relaxed);
    return 0;
  }
  const std::uint64_t at = stamp(now());
  const std::uint64_t took = (at - timed_last_.exchange(at, std::memory_order_relaxed)) & time_mask;
  const std::uint32_t stretch = next_stretch(stretch_.load(std::memory_order_relaxed), std::chrono::microseconds(took),
                                             short_stretch, longest_stretch);
  stretch_.store(stretch, std::memory_order_relaxed);
  untimed_.store(stretch - 1, std::memory_order_relaxed);
  return marked | at << size_bits | bytes;
}

void write_report::tell(std::string_view topic, topic_id label, std::int32_t partition, bool success,
                        std::chrono::nanoseconds latency, std::size_t bytes, std::uint64_t messages) {
  if (metrics_) metrics_->sent(label, success ? message_status::success : message_status::error, latency, messages);
  if (!telemetry_) return;
  write_context of;
  of.service = service_;
  of.topic = topic;
  of.partition = partition;
  of.type = type_;
  of.client_id = client_id_;
  of.success = success;
  telemetry_->collect_write_latency(of, latency, messages);
  telemetry_->collect_write_size(of, bytes, messages);
}

// Messages of one batch were given within moments of each other. Those whose latencies lie within an eighth are told
// together with their mean: that keeps sums and nearly keeps histograms, and a full batch costs a few calls.
void write_report::batch(const batch_delivery& all) {
  if (listened_to_) {
    const std::uint64_t ended = stamp(now());
    const topic_id named = label(all.topic);
    std::uint64_t latency = (ended - stamp(all.begun)) & time_mask;
    std::uint64_t first = 0, sum = 0, bytes = 0, count = 0;
    const auto flush = [&] {
      if (count == 0) return;
      tell(all.topic, named, all.partition, !all.failure, std::chrono::microseconds(sum / count),
           static_cast<std::size_t>(bytes), count);
      sum = bytes = count = 0;
    };
    for (auto at = all.cookies.begin(); at != all.cookies.end();) {
      const std::uint64_t cookie = *at++;
      if ((cookie & marked) == 0) continue;
      if (const std::uint64_t given = cookie >> size_bits & time_mask; given != 0) {
        latency = (ended - given) & time_mask;
        const std::uint64_t apart = latency > first ? latency - first : first - latency;
        if (count > 0 && apart > first / 8) flush();
      }
      if (count == 0) first = latency;
      sum += latency;
      bytes += cookie & size_mask;
      ++count;
      // Most are as the one before, and where nobody listens to sizes they look the same.
      const auto same = std::find_if(at, all.cookies.end(), [](std::uint64_t next) { return next != marked; });
      const auto alike = static_cast<std::uint64_t>(same - at);
      sum += latency * alike;
      count += alike;
      at = same;
    }
    flush();
  }
  if (!all.failure) return;
  const error why = all.count == 1
                        ? all.failure
                        : standing_for(all.failure, std::to_string(all.count) + " messages of one batch failed so");
  if (error_logger_) error_logger_->log_error(why, service_operation::send);
  const std::array<log_field, 3> fields{{{"topic", all.topic},
                                         {"partition", std::int64_t{all.partition}},
                                         {"messages", static_cast<std::uint64_t>(all.count)}}};
  line(log_level::warning, "failed_to_send_message", &why, std::nullopt, fields);
}

void write_report::one(const write_meta& of, const delivery& outcome) {
  const std::chrono::nanoseconds took = now() - of.given;
  tell(outcome.topic, of.label, outcome.partition, !outcome.failure, took, of.bytes, 1);
  if (tracing_) tracing_->end_send(of.span, outcome);
  if (!log_ || !log_->writes(log_level::debug)) return;
  const std::array<log_field, 3> fields{
      {{"topic", outcome.topic}, {"partition", std::int64_t{outcome.partition}}, {"offset", outcome.offset}}};
  line(log_level::debug, "message_sent", outcome.failure ? &outcome.failure : nullptr, took, fields);
}

void write_report::refused(const write_meta& of, std::string_view topic, const error& why) {
  tell(topic, of.label, -1, false, now() - of.given, of.bytes, 1);
  if (tracing_) {
    delivery outcome;
    outcome.topic = topic;
    outcome.failure = why;
    tracing_->end_send(of.span, outcome);
  }
  error now_told, before;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool alike = held_.client() == why.client() && held_.broker_code() == why.broker_code();
    if (ever_told_ && alike && now() < after(told_at_, refusal_interval)) {
      ++held_count_;
      held_ = why;
      return;
    }
    if (held_count_ > 0) before = standing_for(held_, std::to_string(held_count_) + " more messages were refused so");
    held_ = now_told = why;
    held_count_ = 0;
    told_at_ = now();
    ever_told_ = true;
  }
  const std::array<log_field, 1> fields{{{"topic", topic}}};
  for (const error* each : {&before, &now_told}) {
    if (!*each) continue;
    if (error_logger_) error_logger_->log_error(*each, service_operation::send);
    line(log_level::warning, "failed_to_send_message", each, std::nullopt, fields);
  }
}

void write_report::flush_refusals() {
  error before;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (held_count_ == 0) return;
    before = standing_for(held_, std::to_string(held_count_) + " more messages were refused so");
    held_count_ = 0;
  }
  if (error_logger_) error_logger_->log_error(before, service_operation::send);
  line(log_level::warning, "failed_to_send_message", &before, std::nullopt);
}

void write_report::line(log_level level, std::string_view msg, const error* failure,
                        std::optional<std::chrono::nanoseconds> took, std::span<const log_field> fields) const {
  if (!log_ || !log_->writes(level)) return;
  log_entry entry;
  entry.level = level;
  entry.msg = msg;
  entry.duration = took;
  entry.failure = failure;
  entry.doing = service_operation::send;
  entry.fields = fields;
  log_->write(entry);
}

}  // namespace v0
}  // namespace ottla
