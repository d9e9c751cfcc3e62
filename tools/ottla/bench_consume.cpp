// ottla bench consume: what it costs to read records that are there.
#include "bench_common.hpp"
#include "command.hpp"
#include "failure.hpp"
#include "ottla/consumer.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

class bench_consume : public runner {
 public:
  explicit bench_consume(CLI::App& options) { declare_bench_options(options, o_); }

  int run(const globals& with) override {
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    setup.consumer.topics = {o_.topic};
    setup.consumer.start = ottla::earliest;
    ottla::consumer consumer(*cluster, setup.consumer);
    if (auto valid = consumer.valid(); !valid) return report_failure(with, valid.error());
    if (auto there = consumer.wait_assignment(with.operation_timeout()); !there)
      return report_failure(with, there.error());
    if (auto read = take(consumer, static_cast<std::uint64_t>(o_.warmup.value_or(0)), with); !read)
      return report_failure(with, read.error());
    bench_result out;
    bytes_ = 0;
    latency_ = {};
    const meter used;
    auto read = take(consumer, o_.record_count(), with);
    if (!read) return report_failure(with, read.error());
    out.seconds = used.seconds();
    out.cpu_seconds = used.cpu_seconds();
    out.records = *read;
    out.bytes = bytes_;
    out.latency = latency_;
    (void)consumer.close(std::chrono::seconds(1));
    return print_bench(with, out);
  }

 private:
  /// At least so many records, whole polls. Latency is the time that a poll with records took.
  ottla::result<std::uint64_t> take(ottla::consumer& consumer, std::uint64_t wanted, const globals& with) {
    std::uint64_t got = 0;
    auto last = std::chrono::steady_clock::now();
    while (got < wanted) {
      const auto start = std::chrono::steady_clock::now();
      auto polled = consumer.poll(std::chrono::milliseconds(500));
      if (!polled) return ottla::unexpected(polled.error());
      for (const ottla::partition_error& one : polled->errors()) {
        if (!one.why.retriable()) return ottla::unexpected(one.why);
      }
      const auto end = std::chrono::steady_clock::now();
      if (polled->empty()) {
        if (end - last < with.operation_timeout()) continue;
        const ottla::error trouble = consumer.trouble();
        if (trouble) return ottla::unexpected(trouble);
        return failure_of(
            ottla::client_code::timed_out, "consuming " + o_.topic,
            "it holds " + std::to_string(got) + " of the " + std::to_string(wanted) + " records that were to be read",
            "produce more with ottla bench produce, or read less with --records");
      }
      last = end;
      latency_.add(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
      for (const ottla::record_view& record : polled->records()) {
        bytes_ += record.key().size() + record.value().size();
        if (o_.owned) kept_ = record.to_owned();
      }
      got += polled->count();
    }
    return got;
  }

  bench_options o_;
  std::uint64_t bytes_ = 0;
  latency_histogram latency_;
  std::optional<ottla::record_owned> kept_;
};

}  // namespace

std::unique_ptr<runner> declare_bench_consume(CLI::App& options) { return std::make_unique<bench_consume>(options); }

}  // namespace ottla_tool
