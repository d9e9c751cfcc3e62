// bench_common: declaring, measuring, printing.
#include "bench_common.hpp"

#include <sys/resource.h>

#include "options.hpp"
#include "ottla/admin.hpp"
#include "print.hpp"

namespace ottla_tool {
namespace {

double cpu_now() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double peak_rss_mb() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

json gaps_of(const longest_gaps& all) {
  json out = json::array();
  for (const longest_gaps::gap& one : all.found()) {
    const auto since_1970 = std::chrono::duration<double, std::milli>(one.ended.time_since_epoch());
    out.push_back(
        {{"endedMs", since_1970.count()}, {"us", std::chrono::duration<double, std::micro>(one.length).count()}});
  }
  return out;
}

}  // namespace

// One list for all three roles, so that a script may pass the same options to each.
void declare_bench_options(CLI::App& options, bench_options& into) {
  options.add_option("--topic", into.topic, "Which topic; made if it is not there")->type_name("NAME");
  number_option(options, "--records", into.records, "How many are measured (default 1000000)", 1);
  number_option(options, "--partitions", into.partitions, "Of a topic that has to be made (default 12)", 1, 100'000);
  number_option(options, "--warmup", into.warmup, "Records before the measurement begins (default 0)", 0);
  options.add_flag("--owned", into.owned, "consume: copy each record out of its frame");
  options.add_flag("--callback", into.callback, "produce: a handler per record instead of one per batch");
  options.add_flag("--idempotent", into.idempotent, "produce: no duplicates by retries; off unless given");
  options.add_flag("--keyed", into.keyed, "produce: a 16-byte key each, spread over the partitions by murmur2");
  bytes_option(options, "--size", into.size, "produce, latency: of each value (default 100)");
  choice_option(options, "--compression", into.compression, "produce, latency: how batches are compressed",
                {"none", "gzip", "snappy", "lz4", "zstd"});
  number_option(options, "--rate", into.rate, "produce, latency: records per second; as fast as it goes unless given",
                1);
  number_option(options, "--gaps", into.gaps,
                "produce: tell the N longest waits between one acknowledgement and the next, and when they ended", 1,
                10'000);
}

meter::meter() : start_(std::chrono::steady_clock::now()), cpu_start_(cpu_now()) {}
double meter::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}
double meter::cpu_seconds() const { return cpu_now() - cpu_start_; }

int print_bench(const globals& with, const bench_result& what) {
  const double per_second = what.seconds > 0 ? static_cast<double>(what.records) / what.seconds : 0;
  const double mb_per_second = what.seconds > 0 ? static_cast<double>(what.bytes) / 1e6 / what.seconds : 0;
  const double cpu_ns = what.records > 0 ? what.cpu_seconds * 1e9 / static_cast<double>(what.records) : 0;
  const auto us = [&](double share) { return static_cast<double>(what.latency.quantile(share)) / 1e3; };
  if (with.json()) {
    json out{{"records", what.records},
             {"seconds", what.seconds},
             {"recordsPerSecond", per_second},
             {"mbPerSecond", mb_per_second},
             {"cpuNsPerRecord", cpu_ns},
             {"peakRssMb", peak_rss_mb()},
             {"p50Us", us(0.5)},
             {"p99Us", us(0.99)},
             {"p999Us", us(0.999)}};
    if (what.gaps.wanted()) out["gaps"] = gaps_of(what.gaps);
    return put(dumped(out) + "\n") ? status_done : status_failed;
  }
  char text[512];
  std::snprintf(text, sizeof text,
                "%llu records in %.3f s: %.0f records/s, %.1f MB/s, %.0f ns CPU per record, %.0f MB peak\nlatency p50 "
                "%.0f us, p99 %.0f us, p99.9 %.0f us\n",
                static_cast<unsigned long long>(what.records), what.seconds, per_second, mb_per_second, cpu_ns,
                peak_rss_mb(), us(0.5), us(0.99), us(0.999));
  std::string said = text;
  const auto longest = what.gaps.found();
  if (!longest.empty()) {
    const auto ms = std::chrono::duration<double, std::milli>(longest.front().length).count();
    std::snprintf(text, sizeof text, "longest wait between two acknowledgements %.1f ms\n", ms);
    said += text;
  }
  return put(said) ? status_done : status_failed;
}

ottla::result<void> ensure_topic(ottla::cluster& on, const bench_options& options, std::chrono::milliseconds timeout) {
  ottla::admin admin(on);
  auto known = admin.describe_topics({&options.topic, 1}, timeout);
  if (!known) return ottla::unexpected(known.error());
  if (!known->front().failure) return {};
  ottla::new_topic wanted;
  wanted.name = options.topic;
  wanted.partitions = static_cast<std::int32_t>(options.partitions.value_or(12));
  auto made = admin.create_topics({&wanted, 1}, {.timeout = timeout, .if_not_exists = true});
  if (!made) return ottla::unexpected(made.error());
  if (made->front().failure) return ottla::unexpected(made->front().failure);
  return {};
}

}  // namespace ottla_tool
