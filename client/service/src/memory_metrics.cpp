// memory_metrics: one block of atomics per topic, all there from the beginning, so that counting never waits for
// anybody.
#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>

#include "ottla/service/metrics.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t most_buckets = 32;
constexpr auto relaxed = std::memory_order_relaxed;

using counter = std::atomic<std::uint64_t>;

struct histogram {
  // Each observation in one place only; the last is what lies above all bounds. Summed up when read.
  std::array<counter, most_buckets + 1> in{};
  counter sum_ns{0};

  void observe(const std::vector<std::int64_t>& bounds_ns, std::chrono::nanoseconds duration, std::uint64_t times) {
    const std::int64_t ns = std::max<std::int64_t>(duration.count(), 0);
    const auto bucket = std::lower_bound(bounds_ns.begin(), bounds_ns.end(), ns) - bounds_ns.begin();
    in[static_cast<std::size_t>(bucket)].fetch_add(times, relaxed);
    sum_ns.fetch_add(static_cast<std::uint64_t>(ns) * times, relaxed);
  }
};

// A cache line of its own, so that two topics on two threads do not share one.
struct alignas(64) topic_counters {
  counter received{0};
  std::array<counter, message_statuses> processed{};
  histogram processing;
  counter retries{0};
  std::array<counter, message_statuses> sent{};
  histogram publishing;
  counter dead_letters{0};
};

constexpr std::array<message_status, message_statuses> statuses{message_status::success, message_status::error,
                                                                message_status::dead_letter};
std::size_t index(message_status status) { return std::min(static_cast<std::size_t>(status), message_statuses - 1); }

}  // namespace

struct memory_metrics::shared {
  explicit shared(steady_ns at, memory_metrics_config c)
      : started(at),
        prefix(metric_prefix(c.service) + "_"),
        topics(std::clamp<std::size_t>(c.max_topics, 1, 10'000) + 1),
        counters(std::make_unique<topic_counters[]>(topics)),
        names(topics) {
    std::sort(c.buckets.begin(), c.buckets.end());
    for (double bound : c.buckets) {
      if (bounds.size() < most_buckets && bound > 0 && bound <= 1e6) {
        bounds.push_back(bound);
        bounds_ns.push_back(static_cast<std::int64_t>(bound * 1e9 + 0.5));
      }
    }
    names[0] = "other";
  }
  topic_counters& of(topic_id topic) { return counters[topic < topics ? topic : 0]; }

  const steady_ns started;
  const std::string prefix;
  const std::size_t topics;  // the place for `other` included
  const std::unique_ptr<topic_counters[]> counters;
  std::vector<double> bounds;
  std::vector<std::int64_t> bounds_ns;
  std::atomic<std::int64_t> consumers{0};
  std::atomic<std::int64_t> producers{0};
  std::atomic<bool> overflowed{false};

  mutable std::mutex mutex;  // of what follows
  std::map<std::string, topic_id, std::less<>> ids;
  std::vector<std::string> names;
  std::size_t used = 1;
};

memory_metrics::memory_metrics(steady_ns started, memory_metrics_config config)
    : shared_(std::make_unique<shared>(started, std::move(config))) {}
memory_metrics::~memory_metrics() = default;

topic_id memory_metrics::topic(std::string_view name) noexcept {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  if (const auto known = shared_->ids.find(name); known != shared_->ids.end()) return known->second;
  // A topic that is called "other" shares its label with all that overflow.
  if (name == "other" || shared_->used == shared_->topics) return shared_->overflowed = true, 0;
  const auto id = static_cast<topic_id>(shared_->used++);
  shared_->names[id] = std::string(name);
  shared_->ids.emplace(name, id);
  return id;
}

void memory_metrics::received(topic_id topic, std::uint64_t messages) noexcept {
  shared_->of(topic).received.fetch_add(messages, relaxed);
}
void memory_metrics::processed(topic_id topic, message_status status, std::chrono::nanoseconds duration,
                               std::uint64_t messages) noexcept {
  topic_counters& at = shared_->of(topic);
  at.processed[index(status)].fetch_add(messages, relaxed);
  at.processing.observe(shared_->bounds_ns, duration, messages);
}
void memory_metrics::retried(topic_id topic) noexcept { shared_->of(topic).retries.fetch_add(1, relaxed); }
void memory_metrics::sent(topic_id topic, message_status status, std::chrono::nanoseconds duration,
                          std::uint64_t messages) noexcept {
  topic_counters& at = shared_->of(topic);
  at.sent[index(status)].fetch_add(messages, relaxed);
  at.publishing.observe(shared_->bounds_ns, duration, messages);
}
void memory_metrics::dead_lettered(topic_id topic) noexcept { shared_->of(topic).dead_letters.fetch_add(1, relaxed); }
void memory_metrics::consumers(int change) noexcept { shared_->consumers.fetch_add(change, relaxed); }
void memory_metrics::producers(int change) noexcept { shared_->producers.fetch_add(change, relaxed); }

std::vector<metric_family> memory_metrics::snapshot(steady_ns now) const {
  // Topics in the order in which they came; `other` only once it stands for somebody.
  std::vector<std::pair<std::string, const topic_counters*>> rows;
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    for (std::size_t id = shared_->overflowed ? 0 : 1; id < shared_->used; ++id) {
      rows.emplace_back(shared_->names[id], &shared_->counters[id]);
    }
  }
  std::vector<metric_family> out;
  const auto family = [&](std::string_view name, std::string_view help, metric_kind kind) -> metric_family& {
    out.push_back({shared_->prefix + std::string(name), std::string(help), kind, {}});
    return out.back();
  };
  const auto plain = [&](std::string_view name, std::string_view help, counter topic_counters::*of) {
    metric_family& into = family(name, help, metric_kind::counter);
    for (const auto& [topic, at] : rows) {
      metric_sample sample;
      sample.labels = {{"topic", topic}};
      sample.value = static_cast<double>((at->*of).load(relaxed));
      into.samples.push_back(std::move(sample));
    }
  };
  const auto by_status = [&](std::string_view name, std::string_view help,
                             std::array<counter, message_statuses> topic_counters::*of, std::size_t shown) {
    metric_family& into = family(name, help, metric_kind::counter);
    for (const auto& [topic, at] : rows) {
      for (std::size_t i = 0; i < shown; ++i) {
        metric_sample sample;
        sample.labels = {{"topic", topic}, {"status", std::string(ottla::name(statuses[i]))}};
        sample.value = static_cast<double>((at->*of)[i].load(relaxed));
        into.samples.push_back(std::move(sample));
      }
    }
  };
  const auto durations = [&](std::string_view name, std::string_view help, histogram topic_counters::*of) {
    metric_family& into = family(name, help, metric_kind::histogram);
    for (const auto& [topic, at] : rows) {
      const histogram& from = at->*of;
      metric_sample sample;
      sample.labels = {{"topic", topic}};
      for (std::size_t i = 0; i < shared_->bounds.size(); ++i) {
        sample.count += from.in[i].load(relaxed);
        sample.buckets.push_back({shared_->bounds[i], sample.count});
      }
      sample.count += from.in[shared_->bounds.size()].load(relaxed);
      sample.sum = static_cast<double>(from.sum_ns.load(relaxed)) / 1e9;
      into.samples.push_back(std::move(sample));
    }
  };
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    metric_sample sample;
    sample.value = value;
    family(name, help, metric_kind::gauge).samples.push_back(std::move(sample));
  };
  plain("messages_received_total", "Messages received", &topic_counters::received);
  by_status("messages_processed_total", "Messages processed, each try by its outcome", &topic_counters::processed,
            statuses.size());
  durations("message_processing_duration_seconds", "Time in the handler, each try", &topic_counters::processing);
  plain("retry_attempts_total", "Messages tried again", &topic_counters::retries);
  by_status("messages_sent_total", "Messages sent, by their outcome", &topic_counters::sent, 2);
  durations("message_publish_duration_seconds", "Time from giving a message to its outcome",
            &topic_counters::publishing);
  plain("dlq_messages_total", "Messages given up and written as dead letters", &topic_counters::dead_letters);
  gauge("active_consumers", "Consumers at work", static_cast<double>(shared_->consumers.load(relaxed)));
  gauge("active_producers", "Producers at work", static_cast<double>(shared_->producers.load(relaxed)));
  gauge("uptime_seconds", "Time since the service began",
        std::max(std::chrono::duration<double>(now - shared_->started).count(), 0.0));
  return out;
}

std::string_view name(message_status status) {
  switch (status) {
    case message_status::success:
      return "success";
    case message_status::error:
      return "error";
    case message_status::dead_letter:
      return "dead_letter";
  }
  return "error";
}

std::string metric_prefix(std::string_view service) {
  std::string out;
  for (char c : service) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (digit && out.empty()) out += '_';
    out += letter || digit ? c : '_';
  }
  return out.empty() ? "ottla" : out;
}

}  // namespace v0
}  // namespace ottla
