// A replica whose log may end before its leader's: how far it has come, and when it will have come further.
#include "cluster/trailing_replica.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {

std::chrono::nanoseconds trailing_replica::next_arrival() const {
  if (!is_behind() || way == following::held) return std::chrono::nanoseconds::max();
  return way == following::delayed ? missing_.front().at + delay : missing_.front().at;
}

void trailing_replica::leader_appended(std::int64_t log_end, std::chrono::nanoseconds now) {
  // What is appended within a small part of the delay arrives together, and what never arrives by itself is one piece.
  constexpr int pieces = 64;
  const bool joins = !missing_.empty() && (way != following::delayed || now <= missing_.back().at + delay / pieces);
  if (!joins) missing_.push_back({now, log_end});
  missing_.back().end_offset = log_end;
}

void trailing_replica::advance(std::chrono::nanoseconds now) {
  while (next_arrival() <= now) {
    end_offset_ = missing_.front().end_offset;
    missing_.pop_front();
  }
}

void trailing_replica::fall_back(std::int64_t end_offset, std::int64_t log_end, std::chrono::nanoseconds now) {
  if (end_offset >= end_offset_) return;
  end_offset_ = end_offset;
  high_watermark = std::min(high_watermark, end_offset);
  missing_.clear();
  leader_appended(log_end, now);
}

void trailing_replica::leader_cut_back(std::int64_t log_end) {
  end_offset_ = std::min(end_offset_, log_end);
  high_watermark = std::min(high_watermark, log_end);
  while (!missing_.empty() && missing_.back().end_offset > log_end) {
    const auto before_it = missing_.size() > 1 ? missing_[missing_.size() - 2].end_offset : end_offset_;
    if (before_it >= log_end) {
      missing_.pop_back();
    } else {
      missing_.back().end_offset = log_end;
    }
  }
}

void trailing_replica::leader_cut_front(std::int64_t log_start) {
  end_offset_ = std::max(end_offset_, log_start);
  high_watermark = std::max(high_watermark, log_start);
  while (!missing_.empty() && missing_.front().end_offset <= end_offset_) missing_.pop_front();
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
