// delivery_report: what became of each record, told on stdout in input order as soon as it is known, and summed up at
// the end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "latency_histogram.hpp"
#include "ottla/delivery.hpp"

namespace ottla_tool {

struct delivery_totals {
  std::uint64_t acknowledged = 0;
  std::uint64_t failed = 0;
  ottla::error first_failure;
  latency_histogram latency;
};

/// Outcomes come from the client's own thread, which must never wait for a slow reader of stdout: a thread of the
/// report's writes.
class delivery_report {
 public:
  /// `lines`: write the jsonl lines; else outcomes are only counted.
  explicit delivery_report(bool lines);
  ~delivery_report() { (void)finish(); }
  delivery_report(const delivery_report&) = delete;
  delivery_report& operator=(const delivery_report&) = delete;

  /// The next record, in input order; waits while a million outcomes wait for the reader of stdout. Returns its index.
  std::uint64_t begin();
  /// Once per index, any thread. `latency` below 0: it was never sent.
  void settle(std::uint64_t index, const ottla::delivery& outcome, std::int64_t latency_ns);

  /// Writes what is left, without what has no outcome. False: stdout took no more.
  bool finish();
  bool broken() const;
  delivery_totals totals() const;

 private:
  struct slot {
    bool known = false;
    std::int32_t partition = -1;
    std::int64_t offset = -1;
    ottla::error failure;
  };
  void write_loop();
  static void append_line(std::string& out, std::uint64_t index, const slot& what);

  static constexpr std::size_t most_open = std::size_t{1} << 20;
  const bool lines_;
  mutable std::mutex mutex_;
  std::condition_variable first_known_;
  std::condition_variable room_;
  std::deque<slot> slots_;
  std::uint64_t first_ = 0;  // index of slots_.front()
  std::uint64_t count_ = 0;
  bool finishing_ = false;
  bool broken_ = false;
  delivery_totals totals_;
  std::thread writer_;
};

}  // namespace ottla_tool
