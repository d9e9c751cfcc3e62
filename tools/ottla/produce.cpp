// ottla produce: records from lines, JSON lines, a file or made up, to one topic, each with its outcome.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <cerrno>
#include <cstring>

#include "command.hpp"
#include "delivery_report.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "ottla/producer.hpp"
#include "print.hpp"
#include "record_source.hpp"
#include "session.hpp"

namespace ottla_tool {
namespace {

using std::chrono::steady_clock;

std::int64_t nanoseconds_since(steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(steady_clock::now() - start).count();
}

/// The outcome handler of one record, small enough to live in its batch.
struct told {
  delivery_report* report;
  std::uint64_t index;
  steady_clock::time_point sent;
  void operator()(const ottla::delivery& outcome) const { report->settle(index, outcome, nanoseconds_since(sent)); }
};

struct produce_options {
  std::string topic;
  std::optional<std::string> file, key_separator, key, compression, acks, partitioner, input, report;
  std::vector<std::string> headers;
  std::optional<std::int64_t> partition, count, rate;
  std::optional<std::uint64_t> size;
  bool no_idempotence = false;

  bool made_up() const { return (count || rate || size) && !file && !input; }
};

/// Everything between an open cluster and the summary.
class produce_run {
 public:
  produce_run(const globals& with, const produce_options& options, ottla::cluster& cluster,
              const ottla::producer_config& config, std::chrono::milliseconds max_block)
      : with_(with),
        options_(options),
        max_block_(max_block),
        delivery_timeout_(config.delivery_timeout),
        report_(options.report.has_value()),
        producer_(cluster, config),
        topic_(producer_.topic(options.topic)) {}

  int run(record_source& source) {
    if (auto valid = producer_.valid(); !valid) return report_failure(with_, valid.error());
    if (auto ready = topic_.wait_ready(with_.operation_timeout()); !ready) return report_failure(with_, ready.error());
    interrupt::graceful();
    start_ = steady_clock::now();
    feed(source);
    const auto closed = producer_.close(delivery_timeout_ + std::chrono::seconds(1));
    const double seconds = static_cast<double>(nanoseconds_since(start_)) / 1e9;
    const bool written = report_.finish();
    return conclude(seconds, written, closed ? ottla::error() : closed.error());
  }

 private:
  void feed(record_source& source) {
    pace rate(options_.rate ? std::optional<double>(static_cast<double>(*options_.rate)) : std::nullopt);
    const std::uint64_t most = options_.count ? static_cast<std::uint64_t>(*options_.count) : UINT64_MAX;
    owned_record next;
    std::string problem;
    for (std::uint64_t sent = 0; sent < most && !stop_; ++sent) {
      if (!rate.wait()) return;
      switch (source.next(next, problem)) {
        case source_status::record:
          send(next);
          break;
        case source_status::bad_record:
          refuse(report_.begin(),
                 failure_of(ottla::client_code::invalid_argument, "Produce to " + options_.topic, problem));
          break;
        case source_status::failed:
          input_failure_ = problem;
          return;
        case source_status::end:
        case source_status::interrupted:
          return;
      }
      if (options_.report && (sent & 1023) == 0 && report_.broken()) return;
    }
  }

  void send(owned_record& what) {
    const std::uint64_t index = report_.begin();
    const ottla::record view = what.view();
    const auto started = steady_clock::now();
    for (;;) {
      auto queued = topic_.send(view, told{&report_, index, steady_clock::now()});
      if (queued) {
        bytes_ += what.size();
        return;
      }
      // The library waits in short turns, so that a signal is seen while the buffer is full.
      const bool wait_on =
          queued.error().is(ottla::client_code::buffer_full) && steady_clock::now() - started < max_block_;
      if (wait_on && !interrupt::requested()) continue;
      stop_ = queued.error().is(ottla::client_code::fatal_producer) || queued.error().is(ottla::client_code::closed) ||
              interrupt::requested();
      return refuse(index, queued.error());
    }
  }

  void refuse(std::uint64_t index, const ottla::error& why) {
    ottla::delivery outcome;
    outcome.failure = why;
    report_.settle(index, outcome, -1);
  }

  int conclude(double seconds, bool written, const ottla::error& closing) {
    const delivery_totals all = report_.totals();
    if (!with_.quiet) summarize(all, seconds);
    if (!input_failure_.empty()) {
      return report_failure(with_, failure_of(ottla::client_code::cancelled, "reading the input", input_failure_));
    }
    if (all.failed > 0) {
      if (all.failed > 1 && !with_.json())
        std::fprintf(stderr, "ottla: %llu records were not acknowledged; the first of them:\n",
                     static_cast<unsigned long long>(all.failed));
      (void)report_failure(with_, all.first_failure);
    } else if (closing) {
      (void)report_failure(with_, closing);
    }
    if (interrupt::requested()) return status_interrupted;
    return all.failed > 0 || closing || !written ? status_failed : status_done;
  }

  void summarize(const delivery_totals& all, double seconds) const {
    const double rate = seconds > 0 ? static_cast<double>(all.acknowledged) / seconds : 0;
    const double p50 = static_cast<double>(all.latency.quantile(0.5)) / 1e6;
    const double p99 = static_cast<double>(all.latency.quantile(0.99)) / 1e6;
    if (with_.json()) {
      const json out{{"records", all.acknowledged}, {"bytes", bytes_},    {"seconds", seconds},
                     {"recordsPerSecond", rate},    {"p50Us", p50 * 1e3}, {"p99Us", p99 * 1e3},
                     {"failures", all.failed}};
      std::fprintf(stderr, "%s\n", dumped(out).c_str());
    } else {
      std::fprintf(stderr,
                   "%llu records, %llu bytes in %.3f s, %.0f records/s, p50 %.2f ms, p99 %.2f ms, %llu failures\n",
                   static_cast<unsigned long long>(all.acknowledged), static_cast<unsigned long long>(bytes_), seconds,
                   rate, p50, p99, static_cast<unsigned long long>(all.failed));
    }
  }

  const globals& with_;
  const produce_options& options_;
  const std::chrono::nanoseconds max_block_;
  const std::chrono::milliseconds delivery_timeout_;
  delivery_report report_;  // outlives the producer, whose handlers know it
  ottla::producer producer_;
  ottla::topic topic_;
  steady_clock::time_point start_;
  std::uint64_t bytes_ = 0;
  std::string input_failure_;
  bool stop_ = false;
};

class produce_command : public runner {
 public:
  explicit produce_command(CLI::App& options) {
    options.add_option("TOPIC", o_.topic, "Where the records go")->required();
    text_option(options, "--file", o_.file, "Read this file instead of stdin");
    choice_option(options, "--input", o_.input,
                  "lines: a value each; jsonl: a record each; binary: all of it is one value",
                  {"lines", "jsonl", "binary"});
    text_option(options, "--key-separator", o_.key_separator,
                "What stands before it in a line is the key; \\t and such are understood");
    text_option(options, "--key", o_.key, "The key of records that bring none");
    list_option(options, "-H,--header", o_.headers, "A header for every record; repeatable", "NAME=VALUE");
    number_option(options, "-p,--partition", o_.partition, "For records that name none", 0, INT32_MAX);
    choice_option(options, "--compression", o_.compression, "How batches are compressed",
                  {"none", "gzip", "snappy", "lz4", "zstd"});
    choice_option(options, "--acks", o_.acks, "Which replicas have a record before it counts as delivered",
                  {"0", "1", "all", "-1"});
    options.add_flag("--no-idempotence", o_.no_idempotence, "Retries may duplicate and reorder");
    text_option(options, "--partitioner", o_.partitioner, "murmur2, consistent_random, fnv1a, round_robin or random");
    number_option(options, "--count", o_.count, "Make so many records up; with --file or --input: stop after so many",
                  0);
    number_option(options, "--rate", o_.rate, "Records per second, made up or read", 1);
    bytes_option(options, "--size", o_.size, "Make records up with values of this size (default 100)");
    choice_option(options, "--report", o_.report, "A line on stdout for what became of each record, in input order",
                  {"jsonl"});
  }

  int run(const globals& with) override {
    record_defaults defaults;
    defaults.key = o_.key;
    defaults.partition = static_cast<std::int32_t>(o_.partition.value_or(ottla::any_partition));
    for (const std::string& pair : o_.headers) {
      const std::size_t equals = pair.find('=');
      if (equals == std::string::npos)
        return report_usage(with, "produce", "--header: '" + pair + "' is not NAME=VALUE");
      defaults.headers.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
    client_setup setup;
    auto cluster = open_session(with, setup);
    if (!cluster) return report_failure(with, cluster.error());
    if (auto set = apply_options(setup); !set) return report_failure(with, set.error());
    const auto max_block = setup.producer.max_block;
    setup.producer.max_block = std::min(max_block, std::chrono::milliseconds(200));
    int descriptor = STDIN_FILENO;
    if (o_.file && (descriptor = ::open(o_.file->c_str(), O_RDONLY | O_CLOEXEC)) < 0) {
      return report_failure(
          with, failure_of(ottla::client_code::invalid_argument, "reading " + *o_.file, std::strerror(errno)));
    }
    const auto source = open_source(descriptor, std::move(defaults));
    const int status = produce_run(with, o_, *cluster, setup.producer, max_block).run(*source);
    if (o_.file) ::close(descriptor);
    return status;
  }

 private:
  ottla::result<void> apply_options(client_setup& setup) const {
    const auto set = [&](std::string_view name, const std::optional<std::string>& value,
                         std::string_view option) -> ottla::result<void> {
      return value ? setup.set(name, *value, option) : ottla::result<void>();
    };
    if (auto done = set("compression.type", o_.compression, "--compression"); !done) return done;
    if (auto done = set("acks", o_.acks, "--acks"); !done) return done;
    if (auto done = set("partitioner", o_.partitioner, "--partitioner"); !done) return done;
    if (o_.no_idempotence) {
      if (auto done = setup.set("enable.idempotence", "false", "--no-idempotence"); !done) return done;
    }
    return ottla::settle_producer(setup.settings, setup.producer);
  }

  std::unique_ptr<record_source> open_source(int descriptor, record_defaults defaults) const {
    if (o_.made_up()) {
      const auto count = o_.count ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(*o_.count)) : std::nullopt;
      return make_made_up_source(std::move(defaults), count, static_cast<std::size_t>(o_.size.value_or(100)));
    }
    if (o_.input == "jsonl") return make_jsonl_source(descriptor, std::move(defaults));
    if (o_.input == "binary") return make_binary_source(descriptor, std::move(defaults));
    return make_line_source(descriptor, std::move(defaults),
                            o_.key_separator ? std::optional(unescaped(*o_.key_separator)) : std::nullopt);
  }

  produce_options o_;
};

}  // namespace

std::unique_ptr<runner> declare_produce(CLI::App& options) { return std::make_unique<produce_command>(options); }

}  // namespace ottla_tool
