// topic_state: a topic's partition table, which only grows, and the sticky partition of records without a key.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "ottla/net/random.hpp"
#include "partition_queue.hpp"

namespace ottla {
inline namespace v0 {

/// Partitions are kept in chunks that double, so that callers index the table without a lock while the core appends to
/// it.
class topic_state {
 public:
  topic_state(std::string topic_name, std::uint64_t seed) : name(std::move(topic_name)), rng_(seed) {}
  ~topic_state() {
    for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
  }
  topic_state(const topic_state&) = delete;
  topic_state& operator=(const topic_state&) = delete;

  const std::string name;
  /// What a batch of this topic may hold: falls when a broker finds one too large (C-15).
  std::atomic<std::size_t> batch_limit{SIZE_MAX};

  /// Any thread.
  std::uint32_t count() const { return count_.load(std::memory_order_acquire); }
  partition_queue& partition(std::uint32_t index) const {
    const std::uint32_t slot = index + first_chunk;
    const auto bit = static_cast<std::uint32_t>(31 - __builtin_clz(slot));
    const std::uint32_t base = std::uint32_t{1} << bit;
    return *chunks_[bit - first_chunk_bit].load(std::memory_order_acquire)[slot - base];
  }
  /// The core's thread: the table never shrinks (C-17).
  void grow(std::uint32_t to) {
    for (std::uint32_t index = count_.load(std::memory_order_relaxed); index < to; ++index) {
      const std::uint32_t slot = index + first_chunk;
      const auto bit = static_cast<std::uint32_t>(31 - __builtin_clz(slot));
      const std::uint32_t base = std::uint32_t{1} << bit;
      auto& chunk = chunks_[bit - first_chunk_bit];
      if (chunk.load(std::memory_order_relaxed) == nullptr) {
        chunk.store(new std::unique_ptr<partition_queue>[base], std::memory_order_release);
      }
      chunk.load(std::memory_order_relaxed)[slot - base] =
          std::make_unique<partition_queue>(*this, static_cast<std::int32_t>(index));
    }
    // Told once: a key must never be placed among a part of the partitions.
    if (to > count_.load(std::memory_order_relaxed)) count_.store(to, std::memory_order_release);
  }

  /// The partition that records without a key go to at the moment.
  std::uint32_t sticky(std::uint32_t count) {
    const std::uint32_t now = sticky_.load(std::memory_order_relaxed);
    return now < count ? now : next_sticky(now);
  }
  /// Moves on: away from long queues (KIP-794), and to partitions that have a leader if any has (C-17).
  std::uint32_t next_sticky(std::uint32_t from);
  /// A batch of a partition was closed, or its leader is gone: if records without a key went there, they go on
  /// elsewhere.
  void leave(std::uint32_t index) {
    if (sticky_.load(std::memory_order_relaxed) == index) next_sticky(index);
  }
  std::uint32_t next_round_robin(std::uint32_t count) {
    return round_robin_.fetch_add(1, std::memory_order_relaxed) % count;
  }

 private:
  static constexpr std::uint32_t first_chunk = 16;
  static constexpr std::uint32_t first_chunk_bit = 4;
  static constexpr std::uint32_t no_sticky = UINT32_MAX;
  std::array<std::atomic<std::unique_ptr<partition_queue>*>, 24> chunks_{};
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> sticky_{no_sticky};
  std::atomic<std::uint32_t> round_robin_{0};
  std::mutex sticky_mutex_;
  random_stream rng_;
};

}  // namespace v0
}  // namespace ottla
