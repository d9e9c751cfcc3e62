// rate_limiter: so many messages and so many bytes a second, with bursts: two token buckets that are asked together.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "ottla/net/random.hpp"
#include "ottla/net/time.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

__extension__ typedef __int128 int128;

/// `amount` in each `per`, on the average; up to `burst` at once after a rest.
struct rate_limit {
  std::uint64_t amount = 0;              ///< messages or bytes; 0: no limit. Up to 2^40.
  std::chrono::milliseconds per{1'000};  ///< 1 ms to 24 h
  std::uint64_t burst = 0;               ///< 0: as `amount`. Up to 2^40.
};

struct rate_limiter_config {
  rate_limit messages{};
  rate_limit bytes{};

  /// invalid_config, naming the member. What is out of range and not validated is taken as the nearest that is in it.
  result<void> validate() const;
};

/// A bucket that fills at a constant rate. Whole numbers only, so nothing drifts and every machine computes the same.
/// Its owner's thread, or lock.
class token_bucket {
 public:
  explicit token_bucket(const rate_limit& limit);

  /// How long until so many tokens may be taken; 0: now. More than the burst may be taken when the bucket is full.
  std::chrono::nanoseconds wait_for(std::uint64_t tokens, steady_ns now);
  /// Takes them, after wait_for gave 0. More than there are leaves a debt, which the rate pays off.
  void take(std::uint64_t tokens) { level_ -= cost(tokens); }
  /// Puts back what was taken for nothing; not above full.
  void give_back(std::uint64_t tokens);

 private:
  int128 cost(std::uint64_t tokens) const;

  // One token is per_ns_ units, so that each nanosecond adds amount_ units: no remainder anywhere.
  std::int64_t amount_;
  std::int64_t per_ns_;
  int128 capacity_;
  int128 level_;
  steady_ns filled_at_{};
  bool started_ = false;
};

/// Any thread. Begins full.
class rate_limiter {
 public:
  struct answer {
    bool granted = false;
    std::chrono::nanoseconds wait{
        0};  ///< not granted: the same question may be granted then, if nobody else comes first

    explicit operator bool() const { return granted; }
  };

  explicit rate_limiter(const rate_limiter_config& config = {}) : messages_(config.messages), bytes_(config.bytes) {}

  /// Takes from both buckets, or from neither. A request larger than a burst is not refused: it is granted when that
  /// bucket is full, and those behind it wait until the debt is paid, so the rate holds and nothing is stuck for good.
  /// Who waits is not remembered: callers that must go in order ask in order. A `now` that lies before an earlier one
  /// counts as that one.
  answer try_acquire(steady_ns now, std::uint64_t messages = 1, std::uint64_t bytes = 0);
  /// Returns what was granted and not used: the call it was for was refused elsewhere.
  void give_back(std::uint64_t messages, std::uint64_t bytes);

 private:
  std::mutex mutex_;
  token_bucket messages_;
  token_bucket bytes_;
};

}  // namespace v0
}  // namespace ottla
