// delivery_report: the ring of outcomes and the thread that writes its known beginning.
#include "delivery_report.hpp"

#include <cstdio>

#include "json_text.hpp"

namespace ottla_tool {

delivery_report::delivery_report(bool lines) : lines_(lines) {
  if (lines_) writer_ = std::thread([this] { write_loop(); });
}

std::uint64_t delivery_report::begin() {
  std::unique_lock lock(mutex_);
  if (lines_) {
    room_.wait(lock, [this] { return slots_.size() < most_open || broken_; });
    slots_.emplace_back();
  }
  return count_++;
}

void delivery_report::settle(std::uint64_t index, const ottla::delivery& outcome, std::int64_t latency_ns) {
  std::lock_guard lock(mutex_);
  if (outcome) {
    ++totals_.acknowledged;
    totals_.latency.add(latency_ns);
  } else {
    if (totals_.failed++ == 0) totals_.first_failure = outcome.failure;
  }
  if (!lines_) return;
  slot& mine = slots_[index - first_];
  mine.known = true;
  mine.partition = outcome.partition;
  mine.offset = outcome.offset;
  mine.failure = outcome.failure;
  if (index == first_) first_known_.notify_one();
}

void delivery_report::append_line(std::string& out, std::uint64_t index, const slot& what) {
  out += "{\"index\":";
  append_number(out, static_cast<std::int64_t>(index));
  if (!what.failure) {
    out += ",\"partition\":";
    append_number(out, what.partition);
    out += ",\"offset\":";
    append_number(out, what.offset);
    out += "}\n";
    return;
  }
  out += ",\"error\":";
  append_json_string(out, what.failure.name());
  out += ",\"message\":";
  const std::string message = what.failure.message();
  append_json_string(out, is_utf8(message) ? message : std::string(what.failure.name()));
  out += what.failure.persisted() == ottla::persistence::no ? ",\"persisted\":\"no\"}\n"
                                                            : ",\"persisted\":\"possibly\"}\n";
}

void delivery_report::write_loop() {
  std::string out;
  std::unique_lock lock(mutex_);
  for (;;) {
    first_known_.wait(lock, [this] { return finishing_ || (!slots_.empty() && slots_.front().known); });
    while (!slots_.empty() && slots_.front().known && out.size() < (std::size_t{64} << 10)) {
      append_line(out, first_++, slots_.front());
      slots_.pop_front();
    }
    if (out.empty()) {
      if (finishing_) return;
      continue;
    }
    lock.unlock();
    const bool written = std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0;
    out.clear();
    lock.lock();
    if (!written) broken_ = true;
    room_.notify_all();
  }
}

bool delivery_report::broken() const {
  std::lock_guard lock(mutex_);
  return broken_;
}

delivery_totals delivery_report::totals() const {
  std::lock_guard lock(mutex_);
  return totals_;
}

bool delivery_report::finish() {
  if (writer_.joinable()) {
    {
      std::lock_guard lock(mutex_);
      finishing_ = true;
    }
    first_known_.notify_one();
    writer_.join();
  }
  return !broken();
}

}  // namespace ottla_tool
