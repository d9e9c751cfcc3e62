// bench_common: options, the meter and the result that the bench commands share.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "globals.hpp"
#include "latency_histogram.hpp"
#include "longest_gaps.hpp"
#include "ottla/cluster.hpp"

namespace ottla_tool {

struct bench_options {
  std::string topic = "ottla-bench";
  std::optional<std::int64_t> records, partitions, warmup, rate, gaps;
  std::optional<std::uint64_t> size;
  std::optional<std::string> compression;
  bool keyed = false, callback = false, owned = false, idempotent = false;

  std::uint64_t record_count() const { return static_cast<std::uint64_t>(records.value_or(1'000'000)); }
  std::size_t value_size() const { return static_cast<std::size_t>(size.value_or(100)); }
};

void declare_bench_options(CLI::App& options, bench_options& into);

/// Time and CPU (user + system, of the whole process) from its start on.
class meter {
 public:
  meter();
  double seconds() const;
  double cpu_seconds() const;

 private:
  std::chrono::steady_clock::time_point start_;
  double cpu_start_;
};

struct bench_result {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  latency_histogram latency;
  longest_gaps gaps;
};
/// JSON with --output json or jsonl, a few lines for people otherwise. Returns the exit status.
int print_bench(const globals& with, const bench_result& what);

/// Makes the topic unless it is there.
ottla::result<void> ensure_topic(ottla::cluster& on, const bench_options& options, std::chrono::milliseconds timeout);

}  // namespace ottla_tool
