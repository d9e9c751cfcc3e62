// Brokers that come and go on one disk, and a disk that remembers what was done to it, to be stopped at each byte.
#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/mock/memory_disk.hpp"
#include "support.hpp"

namespace ottla::test {

/// One life of a broker on a disk.
struct life {
  explicit life(mock::disk& on, mock::broker_options options = {}) : kafka(std::move(options)) {
    auto told = kafka.open(on);
    error = told.error;
    notes = std::move(told.notes);
    if (error.empty()) kafka.step(start);
  }
  mock::broker kafka;
  std::string error;
  std::vector<std::string> notes;
};

inline std::vector<std::string> values(const mock::broker& kafka, std::string_view topic, std::int32_t partition = 0) {
  std::vector<std::string> out;
  for (const auto& r : kafka.records(topic, partition))
    if (!r.control) out.push_back(r.value.value_or("null"));
  return out;
}

inline std::vector<std::byte> one_record(std::string value, std::int64_t producer_id = -1, std::int32_t sequence = -1,
                                         std::int64_t timestamp = start_wall_ms) {
  batch_plan plan;
  plan.timestamp = timestamp;
  plan.values = {std::move(value)};
  plan.producer_id = producer_id;
  plan.producer_epoch = producer_id < 0 ? std::int16_t{-1} : std::int16_t{0};
  plan.sequence = sequence;
  return batch(plan);
}

inline std::int64_t committed(mock::broker& kafka, std::string_view group) {
  const auto all = kafka.committed(group);
  return all.empty() ? -1 : all.front().offset;
}

class remembering_disk final : public mock::disk {
 public:
  mock::memory_disk now;

  std::string list(std::vector<std::string>& names) override { return now.list(names); }
  std::string read(std::string_view name, std::vector<std::byte>& bytes) override { return now.read(name, bytes); }
  std::string append(std::string_view name, std::span<const std::byte> bytes) override {
    return done({std::string(name), {bytes.begin(), bytes.end()}, nullptr});
  }
  std::string replace(std::string_view name, std::span<const std::byte> bytes) override {
    return done({{},
                 {},
                 [name = std::string(name), kept = std::vector<std::byte>(bytes.begin(), bytes.end())](
                     mock::memory_disk& on) { return on.replace(name, kept); }});
  }
  std::string truncate(std::string_view name, std::size_t size) override {
    return done({{}, {}, [name = std::string(name), size](mock::memory_disk& on) { return on.truncate(name, size); }});
  }
  std::string remove(std::string_view name) override {
    return done({{}, {}, [name = std::string(name)](mock::memory_disk& on) { return on.remove(name); }});
  }

  /// How many bytes and calls so far.
  std::size_t steps() const { return steps_; }
  /// Calls each(steps, disk) with the disk as it would be if the machine had stopped after so many steps: for each of
  /// them, from none to all.
  void at_each_step(const std::function<void(std::size_t, const mock::memory_disk&)>& each) const {
    mock::memory_disk image;
    std::size_t step = 0;
    each(step, image);
    for (const call& c : calls_) {
      for (std::size_t i = 1; i <= c.bytes.size(); ++i) {
        mock::memory_disk torn = image;
        torn.append(c.file, std::span(c.bytes).first(i));
        each(step + i, torn);
      }
      apply(c, image);
      step += cost(c);
      if (c.bytes.empty()) each(step, image);
    }
  }

 private:
  struct call {
    std::string file;  // appended to, if there is no other change
    std::vector<std::byte> bytes;
    std::function<std::string(mock::memory_disk&)> change;
  };
  static std::size_t cost(const call& c) { return std::max<std::size_t>(c.bytes.size(), 1); }
  static std::string apply(const call& c, mock::memory_disk& on) {
    return c.change ? c.change(on) : on.append(c.file, c.bytes);
  }
  std::string done(call c) {
    std::string why = apply(c, now);
    if (!why.empty()) return why;
    steps_ += cost(c);
    calls_.push_back(std::move(c));
    return why;
  }

  std::vector<call> calls_;
  std::size_t steps_ = 0;
};

}  // namespace ottla::test
