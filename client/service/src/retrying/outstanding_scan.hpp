// outstanding_scan: reads ahead in retry topics, beside the ordinary reading, to know which keys are outstanding.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "key_levels.hpp"
#include "ottla/consumer.hpp"

namespace ottla {
inline namespace v0 {

/// Whoever polls, alone. Nothing of it waits longer than it is told, but for a question to brokers that do not answer:
/// `question_time`.
///
/// Tiers are read from the last to the first, each when those above are known: what is in the last can be handled
/// without knowing anything, so that room for keys comes free and the next can be read. The other way round, keys of a
/// lower tier could fill the room that the knowledge they wait for needs.
class outstanding_scan {
 public:
  static constexpr std::chrono::seconds question_time{2};

  /// `reading`: as of the consumer that it looks ahead of.
  outstanding_scan(cluster on, const consumer_config& reading);

  void assigned(const topic_partition& where, std::size_t level, std::shared_ptr<key_levels> keys);
  void gone(std::span<const topic_partition> which);

  /// There is something to find out.
  bool busy() const;
  /// Finds out something, for at most about that long. `of`: who reads these partitions.
  void step(consumer& of, steady_ns now, std::chrono::milliseconds wait);
  /// Any thread; nothing is found out any more.
  void close(std::chrono::milliseconds timeout) { (void)in_.close(timeout); }
  /// Why it does not come further; none: it does.
  const error& trouble() const { return trouble_; }

 private:
  struct job {
    topic_partition where;
    std::size_t level = 0;
    std::shared_ptr<key_levels> keys;
    std::int64_t next = -1;  // reading ahead: from here
    std::int64_t end = -1;   // to here; -1: not begun
    bool cut = false;        // there was no room for the key at `next`
  };

  void begin(consumer& of);
  void read(std::chrono::milliseconds wait);
  void take(const partition_records& part);
  void passed(const partition_position& to);
  void finish(job& one);
  void stop_reading();

  std::vector<job> jobs_;
  cluster on_;
  consumer in_;
  bool reading_ = false;
  steady_ns came_further_{};
  steady_ns not_before_{};  // after a question without an answer, and while there is no room
  error trouble_;
};

}  // namespace v0
}  // namespace ottla
