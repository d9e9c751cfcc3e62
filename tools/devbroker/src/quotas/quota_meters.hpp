// How fast each user or client goes, and how long it has to wait if that is too fast.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "quotas/client_quotas.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// A rate over eleven windows of a second (quota.window.num, quota.window.size.seconds), the last of them under way.
/// Whoever has just begun is taken to have done nothing in the ten before, so that a burst is no offence by itself.
///
///     |  0  | 12k |  0  | ...  | 40k |  3k.    rate = sum / time since the oldest window began, 10 s at least
class rate_meter {
 public:
  using nanoseconds = std::chrono::nanoseconds;
  static constexpr std::size_t windows = 11;
  static constexpr nanoseconds window = std::chrono::seconds(1);

  void record(double amount, nanoseconds now);
  double rate(nanoseconds now);
  /// Until which the rate falls to the limit if nothing more comes; zero if it is not above.
  std::chrono::milliseconds excess(double limit, nanoseconds now);
  nanoseconds last_used() const { return last_used_; }

 private:
  struct sample {
    nanoseconds begins{};
    nanoseconds last{};
    double sum = 0;
  };
  void forget_old(nanoseconds now);
  nanoseconds span(nanoseconds now);

  std::array<sample, windows + 1> samples_{};  // one more: the oldest may reach into them in part
  std::size_t current_ = 0;
  std::size_t used_ = 0;  // how many of them have ever been begun
  nanoseconds last_used_{};
};

/// What may come at once after a silence.
inline std::int64_t most_in_all_windows(const quota_in_force& quota) {
  constexpr double most = 1 << 30;
  return static_cast<std::int64_t>(std::min(most, quota.limit * (rate_meter::windows - 1)));
}

class quota_meters {
 public:
  static constexpr std::size_t most_bytes = std::size_t{16} << 20;

  /// Adds `bytes` to what is sent (producer_byte_rate) or fetched (consumer_byte_rate), and says how long to wait.
  std::chrono::milliseconds record(std::string_view key, const quota_in_force& quota, double bytes,
                                   std::chrono::nanoseconds now);
  /// Takes back what was not delivered after all.
  void unrecord(std::string_view key, const quota_in_force& quota, double bytes, std::chrono::nanoseconds now);

 private:
  rate_meter& find(std::string_view key, const quota_in_force& quota, std::chrono::nanoseconds now);

  std::map<std::string, rate_meter, std::less<>> meters_;
  std::size_t bytes_ = 0;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
