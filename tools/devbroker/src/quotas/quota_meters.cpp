// How fast each user or client goes, and how long it has to wait if that is too fast.
#include "quotas/quota_meters.hpp"

#include <algorithm>
#include <cmath>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t meter_cost = sizeof(rate_meter) + 64;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string name_of(std::string_view key, const quota_in_force& quota) {
  return std::string(key) + '\0' + quota.shared;
}

}  // namespace

void rate_meter::record(double amount, nanoseconds now) {
  last_used_ = now;
  if (used_ == 0) {
    used_ = 1;
    samples_[0] = {now, now, 0};
  } else if (now - samples_[current_].begins >= window) {
    current_ = (current_ + 1) % samples_.size();
    used_ = std::max(used_, current_ + 1);
    samples_[current_] = {now, now, 0};
  }
  samples_[current_].sum += amount;
  samples_[current_].last = now;
}

void rate_meter::forget_old(nanoseconds now) {
  // What reaches into the eleven windows counts whole, even if it began before them.
  for (std::size_t i = 0; i < used_; ++i)
    if (now - samples_[i].last >= windows * window) samples_[i] = {now, now, 0};
}

rate_meter::nanoseconds rate_meter::span(nanoseconds now) {
  nanoseconds oldest = now;
  for (std::size_t i = 0; i < used_; ++i) oldest = std::min(oldest, samples_[i].begins);
  const nanoseconds elapsed = now - oldest;
  constexpr auto full_at_least = static_cast<std::int64_t>(windows) - 1;
  const std::int64_t full = elapsed / window;
  return full < full_at_least ? elapsed + (full_at_least - full) * window : elapsed;
}

double rate_meter::rate(nanoseconds now) {
  forget_old(now);
  double sum = 0;
  for (std::size_t i = 0; i < used_; ++i) sum += samples_[i].sum;
  return sum / seconds(span(now));
}

std::chrono::milliseconds rate_meter::excess(double limit, nanoseconds now) {
  const double fast = rate(now);
  if (fast <= limit) return std::chrono::milliseconds{0};
  constexpr double longest = 1e9;  // eleven days: what a client is told has 32 bits
  const double milliseconds = (fast - limit) / limit * seconds(span(now)) * 1000;
  return std::chrono::milliseconds(std::llround(std::min(milliseconds, longest)));
}

rate_meter& quota_meters::find(std::string_view key, const quota_in_force& quota, std::chrono::nanoseconds now) {
  const std::string name = name_of(key, quota);
  if (const auto known = meters_.find(name); known != meters_.end()) return known->second;
  const auto drop = [&](auto at) {
    bytes_ -= meter_cost + at->first.size();
    return meters_.erase(at);
  };
  if (bytes_ + meter_cost + name.size() > most_bytes) {
    // Who has been silent for all of the windows is as new.
    for (auto at = meters_.begin(); at != meters_.end();)
      at = now - at->second.last_used() >= (rate_meter::windows + 1) * rate_meter::window ? drop(at) : std::next(at);
  }
  while (bytes_ + meter_cost + name.size() > most_bytes && !meters_.empty())
    drop(std::min_element(meters_.begin(), meters_.end(),
                          [](const auto& a, const auto& b) { return a.second.last_used() < b.second.last_used(); }));
  bytes_ += meter_cost + name.size();
  return meters_[name];
}

std::chrono::milliseconds quota_meters::record(std::string_view key, const quota_in_force& quota, double bytes,
                                               std::chrono::nanoseconds now) {
  rate_meter& meter = find(key, quota, now);
  meter.record(bytes, now);
  return meter.excess(quota.limit, now);
}

void quota_meters::unrecord(std::string_view key, const quota_in_force& quota, double bytes,
                            std::chrono::nanoseconds now) {
  find(key, quota, now).record(-bytes, now);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
