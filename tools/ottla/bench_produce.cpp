// ottla bench produce, latency: what the producer costs and how long an acknowledgement takes.
#include <atomic>
#include <cstring>

#include "bench_common.hpp"
#include "command.hpp"
#include "failure.hpp"
#include "ottla/producer.hpp"
#include "record_source.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

/// A value that compresses like text, and a key whose digits change.
class bench_record {
 public:
  bench_record(std::size_t size, bool keyed) : value_(size, 'x') {
    std::uint64_t state = 88172645463325252u;
    for (char& c : value_) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      c = static_cast<char>('a' + (state & 15));
    }
    record_.value = value_;
    if (keyed) record_.key = std::string_view(key_, sizeof key_);
  }
  bench_record(const bench_record&) = delete;
  bench_record& operator=(const bench_record&) = delete;

  /// The same record with another key.
  const ottla::record& next(std::uint64_t index) {
    const std::uint64_t mixed = index * 0x9E3779B97F4A7C15u;  // differs in each byte, for one multiplication
    std::memcpy(key_ + 8, &mixed, sizeof mixed);
    return record_;
  }

 private:
  std::string value_;
  ottla::record record_;
  char key_[16] = {'k', 'e', 'y', '-', '0', '0', '0', '0'};
};

/// The clock is looked at once in so many records, so that it is not the clock that is measured.
constexpr std::uint64_t sampled = 256;

struct outcomes {
  std::atomic<std::uint64_t> failed{0};
  ottla::error first;         // the core's thread writes it before `failed` grows
  latency_histogram latency;  // the core's thread until the producer is closed
  longest_gaps gaps;          // likewise
  std::atomic<bool> measuring{false};

  void fail(std::uint64_t count, const ottla::error& why) {
    if (failed.load(std::memory_order_relaxed) == 0) first = why;
    failed.fetch_add(count, std::memory_order_release);
  }
  void took(std::uint64_t since) {
    if (measuring.load(std::memory_order_relaxed)) latency.add(static_cast<std::int64_t>(now_ns() - since));
  }
  void settled() {
    if (!gaps.wanted() || !measuring.load(std::memory_order_relaxed)) return;
    gaps.happened(std::chrono::steady_clock::now(), &std::chrono::system_clock::now);
  }
};

class bench_produce : public runner {
 public:
  explicit bench_produce(CLI::App& options) { declare_bench_options(options, o_); }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    if (auto done = configure(setup); !done) return report_failure(with, done.error());
    outcomes_.gaps = longest_gaps(static_cast<std::size_t>(o_.gaps.value_or(0)));
    if (auto there = ensure_topic(*cluster, o_, with.operation_timeout()); !there)
      return report_failure(with, there.error());
    if (!o_.callback) {
      setup.producer.on_batch = [this](const ottla::batch_delivery& batch) {
        if (!batch) outcomes_.fail(batch.count, batch.failure);
        outcomes_.settled();
        for (const std::uint64_t sent : batch.cookies) {
          if (sent != 0) outcomes_.took(sent);
        }
      };
    }
    ottla::producer producer(*cluster, setup.producer);
    if (auto valid = producer.valid(); !valid) return report_failure(with, valid.error());
    ottla::topic topic = producer.topic(o_.topic);
    if (auto ready = topic.wait_ready(with.operation_timeout()); !ready) return report_failure(with, ready.error());
    const auto patience = setup.producer.delivery_timeout;
    if (auto sent = send(topic, static_cast<std::uint64_t>(o_.warmup.value_or(0))); !sent)
      return report_failure(with, sent.error());
    if (auto flushed = producer.flush(patience); !flushed) return report_failure(with, flushed.error());
    outcomes_.measuring.store(true);
    bench_result out;
    const meter used;
    out.records = o_.record_count();
    if (auto sent = send(topic, out.records); !sent) return report_failure(with, sent.error());
    if (auto flushed = producer.flush(patience); !flushed) return report_failure(with, flushed.error());
    out.seconds = used.seconds();
    out.cpu_seconds = used.cpu_seconds();
    out.bytes = out.records * (o_.value_size() + (o_.keyed ? 16 : 0));
    if (auto closed = producer.close(patience); !closed) return report_failure(with, closed.error());
    if (outcomes_.failed.load(std::memory_order_acquire) > 0) return report_failure(with, outcomes_.first);
    out.latency = outcomes_.latency;
    out.gaps = outcomes_.gaps;
    return print_bench(with, out);
  }

 private:
  ottla::result<void> configure(client_setup& setup) const {
    if (o_.compression) {
      if (auto done = setup.set("compression.type", *o_.compression, "--compression"); !done) return done;
    }
    if (!setup.settings.given("producer", "idempotence")) setup.producer.idempotence = o_.idempotent;
    return ottla::settle_producer(setup.settings, setup.producer);
  }

  ottla::result<void> send(ottla::topic& topic, std::uint64_t count) {
    bench_record made(o_.value_size(), o_.keyed);
    pace rate(o_.rate ? std::optional<double>(static_cast<double>(*o_.rate)) : std::nullopt);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (o_.rate) (void)rate.wait();
      const std::uint64_t stamp = i % sampled == 0 ? now_ns() : 0;
      const auto told = [all = &outcomes_, stamp](const ottla::delivery& outcome) {
        if (!outcome) all->fail(1, outcome.failure);
        all->settled();
        if (stamp != 0) all->took(stamp);
      };
      auto queued = o_.callback ? topic.send(made.next(i), told) : topic.send(made.next(i), stamp);
      if (!queued) return queued;
    }
    return {};
  }

  bench_options o_;
  outcomes outcomes_;
};

class bench_latency : public runner {
 public:
  explicit bench_latency(CLI::App& options) { declare_bench_options(options, o_); }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    if (o_.compression) {
      if (auto done = setup.set("compression.type", *o_.compression, "--compression"); !done)
        return report_failure(with, done.error());
    }
    if (!setup.settings.given("producer", "idempotence")) setup.producer.idempotence = o_.idempotent;
    if (auto done = ottla::settle_producer(setup.settings, setup.producer); !done)
      return report_failure(with, done.error());
    if (auto there = ensure_topic(*cluster, o_, with.operation_timeout()); !there)
      return report_failure(with, there.error());
    ottla::producer producer(*cluster, setup.producer);
    if (auto valid = producer.valid(); !valid) return report_failure(with, valid.error());
    ottla::topic topic = producer.topic(o_.topic);
    if (auto ready = topic.wait_ready(with.operation_timeout()); !ready) return report_failure(with, ready.error());
    bench_record made(o_.value_size(), o_.keyed);
    bench_result out;
    out.records = static_cast<std::uint64_t>(o_.records.value_or(10'000));
    out.bytes = out.records * (o_.value_size() + (o_.keyed ? 16 : 0));
    for (std::int64_t i = 0; i < o_.warmup.value_or(0); ++i) {
      if (auto done = topic.deliver(made.next(0), setup.producer.delivery_timeout); !done)
        return report_failure(with, done.error());
    }
    pace rate(o_.rate ? std::optional<double>(static_cast<double>(*o_.rate)) : std::nullopt);
    const meter used;
    for (std::uint64_t i = 0; i < out.records; ++i) {
      (void)rate.wait();
      const std::uint64_t start = now_ns();
      if (auto done = topic.deliver(made.next(i), setup.producer.delivery_timeout); !done)
        return report_failure(with, done.error());
      out.latency.add(static_cast<std::int64_t>(now_ns() - start));
    }
    out.seconds = used.seconds();
    out.cpu_seconds = used.cpu_seconds();
    (void)producer.close(setup.producer.delivery_timeout);
    return print_bench(with, out);
  }

 private:
  bench_options o_;
};

}  // namespace

std::unique_ptr<runner> declare_bench_produce(CLI::App& options) { return std::make_unique<bench_produce>(options); }
std::unique_ptr<runner> declare_bench_latency(CLI::App& options) { return std::make_unique<bench_latency>(options); }

}  // namespace ottla_tool
