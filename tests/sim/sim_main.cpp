// sim_runner: seeds from the command line, a line or a JSON document out; what tools/sim calls.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace {

using namespace ottla::sim;

int usage() {
  std::fputs(
      "usage: sim_runner run --seeds A..B [--profile NAME] [--minutes M] [--output text|json]\n"
      "       sim_runner replay SEED [--profile NAME] [--shrink] [--lines N] [--no-messages]\n"
      "profiles:",
      stderr);
  for (const fault_profile& one : profiles()) std::fprintf(stderr, " %s", one.name.c_str());
  std::fputs("\n", stderr);
  return 2;
}

struct arguments {
  std::string verb;
  std::uint64_t from = 1, to = 0;
  std::string profile = "all";
  double minutes = 0;
  bool json = false, shrink = false;
  telling how{.lines = std::numeric_limits<std::size_t>::max(), .messages = true};  // of a replay
  bool good = true;
};

arguments parse(int argc, char** argv) {
  arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 < argc) return argv[++i];
      out.good = false;
      return {};
    };
    if (i == 1) {
      out.verb = word;
    } else if (word == "--seeds") {
      unsigned long long a = 0, b = 0;
      out.good = out.good && std::sscanf(value().c_str(), "%llu..%llu", &a, &b) == 2 && a <= b;
      out.from = a;
      out.to = b;
    } else if (word == "--profile") {
      out.profile = value();
    } else if (word == "--minutes") {
      out.minutes = std::atof(value().c_str());
    } else if (word == "--output") {
      out.json = value() == "json";
    } else if (word == "--shrink") {
      out.shrink = true;
    } else if (word == "--lines") {
      out.how.lines = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--no-messages") {
      out.how.messages = false;
    } else if (out.verb == "replay" && word[0] != '-') {
      out.from = out.to = std::strtoull(word.c_str(), nullptr, 10);
    } else {
      out.good = false;
    }
  }
  out.good = out.good && out.to >= out.from && find_profile(out.profile) != nullptr;
  return out;
}

int replay(const arguments& asked) {
  const fault_profile& profile = *find_profile(asked.profile);
  fault_plan plan = plan_of(asked.from, profile);
  if (asked.shrink) plan = shrink(asked.from, profile, plan);
  const report outcome = run_scenario(asked.from, profile, plan, asked.how);
  for (const auto& line : outcome.trace) std::printf("%s\n", line.c_str());
  std::printf("plan of %zu faults:\n", plan.size());
  for (const fault_event& one : plan) std::printf("  %s\n", to_string(one).c_str());
  for (const violation& one : outcome.violations)
    std::printf("VIOLATION %s: %s\n", one.invariant.c_str(), one.detail.c_str());
  std::printf("%llu records, %llu acknowledged, %llu consumed, %.1f virtual s, digest %016llx\n",
              static_cast<unsigned long long>(outcome.records), static_cast<unsigned long long>(outcome.acked),
              static_cast<unsigned long long>(outcome.consumed), outcome.virtual_seconds,
              static_cast<unsigned long long>(outcome.digest));
  return outcome.violations.empty() ? 0 : 1;
}

int run(const arguments& asked) {
  const fault_profile& profile = *find_profile(asked.profile);
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::uint64_t seeds = 0, faults = 0, records = 0, violations = 0;
  double virtual_seconds = 0;
  std::string failing, seen;
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = asked.from; seed <= asked.to && (asked.minutes == 0 || seconds() < asked.minutes * 60);
       ++seed, ++seeds) {
    const report outcome = run_scenario(seed, profile, plan_of(seed, profile));
    faults += outcome.faults;
    records += outcome.records;
    virtual_seconds += outcome.virtual_seconds;
    violations += outcome.violations.size();
    for (const auto& [what, times] : outcome.seen) counts[what] += times;
    if (outcome.violations.empty()) continue;
    failing += (failing.empty() ? "" : ",") + std::string("{\"seed\":") + std::to_string(seed) + ",\"invariant\":\"" +
               outcome.violations.front().invariant + "\"}";
    if (!asked.json)
      std::printf("seed %llu: %s: %s\n", static_cast<unsigned long long>(seed),
                  outcome.violations.front().invariant.c_str(), outcome.violations.front().detail.c_str());
  }
  for (const auto& [what, times] : counts) seen += (seen.empty() ? "\"" : ",\"") + what + "\":" + std::to_string(times);
  if (asked.json) {
    std::printf(
        "{\"profile\":\"%s\",\"seeds\":%llu,\"violations\":%llu,\"virtualHours\":%.3f,\"records\":%llu,\"faults\":%llu,"
        "\"seconds\":%.3f,\"failing\":[%s],\"seen\":{%s}}\n",
        profile.name.c_str(), static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(violations),
        virtual_seconds / 3600, static_cast<unsigned long long>(records), static_cast<unsigned long long>(faults),
        seconds(), failing.c_str(), seen.c_str());
  } else {
    std::printf("%s: %llu seeds, %llu violations, %.2f virtual hours, %llu records, %llu faults in %.1f s\n",
                profile.name.c_str(), static_cast<unsigned long long>(seeds),
                static_cast<unsigned long long>(violations), virtual_seconds / 3600,
                static_cast<unsigned long long>(records), static_cast<unsigned long long>(faults), seconds());
    for (const auto& [what, times] : counts)
      std::printf("  %s: %llu\n", what.c_str(), static_cast<unsigned long long>(times));
  }
  return violations == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const arguments asked = parse(argc, argv);
  if (!asked.good || (asked.verb != "run" && asked.verb != "replay")) return usage();
  return asked.verb == "run" ? run(asked) : replay(asked);
}
