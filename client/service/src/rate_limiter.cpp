// rate_limiter: exact arithmetic of tokens and nanoseconds in 128 bits.
#include "ottla/service/rate_limiter.hpp"

#include <algorithm>
#include <string>

#include "checked_config.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::uint64_t most_tokens = std::uint64_t{1} << 40;
constexpr std::chrono::milliseconds longest_period = std::chrono::hours(24);

// In 128 bits: the whole range of a time point is one bit more than a duration has.
int128 nanoseconds_between(steady_ns from, steady_ns to) {
  return static_cast<int128>(to.time_since_epoch().count()) - from.time_since_epoch().count();
}

}  // namespace

token_bucket::token_bucket(const rate_limit& limit)
    : amount_(static_cast<std::int64_t>(std::min(limit.amount, most_tokens))),
      per_ns_(std::chrono::nanoseconds(std::clamp(limit.per, std::chrono::milliseconds(1), longest_period)).count()),
      capacity_(static_cast<int128>(std::min(limit.burst == 0 ? limit.amount : limit.burst, most_tokens)) * per_ns_),
      level_(capacity_) {}

int128 token_bucket::cost(std::uint64_t tokens) const {
  // 2^64 tokens of 2^47 units: 111 bits.
  return amount_ == 0 ? 0 : static_cast<int128>(tokens) * per_ns_;
}

std::chrono::nanoseconds token_bucket::wait_for(std::uint64_t tokens, steady_ns now) {
  if (amount_ == 0) return {};
  if (started_ && now > filled_at_) {
    // 2^64 ns of 2^40 units: 104 bits.
    level_ = std::min(capacity_, level_ + nanoseconds_between(filled_at_, now) * amount_);
  }
  filled_at_ = started_ ? std::max(filled_at_, now) : now;
  started_ = true;
  const int128 missing = std::min(cost(tokens), capacity_) - level_;
  if (missing <= 0) return {};
  // Counted from the caller's now: what was filled ahead of it is not waited for again, but a clock that went back is.
  const int128 wait = (missing + amount_ - 1) / amount_ + nanoseconds_between(now, filled_at_);
  const int128 most = std::chrono::nanoseconds::max().count();
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(wait, most)));
}

void token_bucket::give_back(std::uint64_t tokens) { level_ = std::min(capacity_, level_ + cost(tokens)); }

rate_limiter::answer rate_limiter::try_acquire(steady_ns now, std::uint64_t messages, std::uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto for_messages = messages_.wait_for(messages, now);
  const auto for_bytes = bytes_.wait_for(bytes, now);
  const auto wait = std::max(for_messages, for_bytes);
  if (wait.count() > 0) return {false, wait};
  messages_.take(messages);
  bytes_.take(bytes);
  return {true, {}};
}

void rate_limiter::give_back(std::uint64_t messages, std::uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  messages_.give_back(messages);
  bytes_.give_back(bytes);
}

result<void> rate_limiter_config::validate() const {
  const auto check = [](const rate_limit& limit, const std::string& name) -> result<void> {
    const auto bad = [&](const char* detail) { return bad_config("rate_limiter", name + detail); };
    if (limit.amount > most_tokens) return bad(".amount is above 2^40");
    if (limit.burst > most_tokens) return bad(".burst is above 2^40");
    if (limit.per < std::chrono::milliseconds(1) || limit.per > longest_period) return bad(".per is not 1 ms to 24 h");
    if (limit.amount == 0 && limit.burst != 0) return bad(".burst is set, but not .amount");
    return {};
  };
  if (auto checked = check(messages, "messages"); !checked) return checked;
  return check(bytes, "bytes");
}

}  // namespace v0
}  // namespace ottla
