// producer: records in, batches out, one outcome for each. Topic handles do the work; the producer owns what they
// share.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ottla/cluster.hpp"
#include "ottla/delivery.hpp"
#include "ottla/producer_config.hpp"
#include "ottla/record.hpp"

namespace ottla {
inline namespace v0 {

class producer_state;
class topic_state;

/// A topic of one producer: its name is looked up once. Cheap to copy; any thread. Sends on it keep the order of the
/// calls per partition.
class topic {
 public:
  topic() = default;

  /// Appends a record to its partition's batch. On success its outcome is told to the producer's on_batch handler, with
  /// this cookie. May wait up to max_block for metadata or for room in the buffer (never on the core's thread:
  /// would_deadlock). Errors here mean that the record was not taken: unknown_topic, unknown_partition,
  /// record_too_large, buffer_full, closed, ...
  result<void> send(const record& what, std::uint64_t cookie = 0);

  /// The same, with a handler for this record's outcome. It lives in the batch (no allocation for small ones) and runs
  /// once, on the core's thread, also when the producer is closed. It must not block.
  template <class Handler>
  requires std::is_invocable_v<Handler&, const delivery&> result<void> send(const record& what, Handler handler) {
    return send_with(what, outcome_handler::of(handler));
  }

  /// Sends and waits for the outcome. The deadline ends the wait, never the record.
  result<delivery> deliver(const record& what, std::chrono::milliseconds timeout);

  /// Sends many and waits for all; the outcomes are in the order of the records.
  result<std::vector<delivery>> deliver(std::span<const record> many, std::chrono::milliseconds timeout);

  std::string_view name() const;
  /// Partitions as far as known; 0 before the first metadata.
  std::int32_t partition_count() const;
  /// Waits until the topic's partitions are known.
  result<void> wait_ready(std::chrono::milliseconds timeout);
  /// The same without waiting: `done` is called once, on the core's thread or before this returns, without an error
  /// when they are known.
  void when_ready(std::chrono::milliseconds timeout, std::function<void(error)> done);

 private:
  friend class producer;
  topic(std::shared_ptr<producer_state> owner, topic_state* state) : owner_(std::move(owner)), state_(state) {}
  result<void> send_with(const record& what, outcome_handler handler);

  std::shared_ptr<producer_state> owner_;
  topic_state* state_ = nullptr;
};

class producer {
 public:
  /// No I/O. A bad configuration is told by valid(), and by every call.
  producer(cluster& on, producer_config config = {});
  ~producer();
  producer(producer&&) noexcept;
  producer& operator=(producer&&) noexcept;

  result<void> valid() const;
  ottla::topic topic(std::string_view name);

  /// Sends what is buffered without waiting for linger, and waits until everything sent so far has its outcome.
  result<void> flush(std::chrono::milliseconds timeout);
  /// Flushes, then ends. What has no outcome by the deadline fails with `closed`; the error counts it. Idempotent. The
  /// destructor closes with delivery_timeout as the bound.
  result<void> close(std::chrono::milliseconds timeout);
  /// Fails everything that is buffered and not in flight with `purged`.
  void purge();

  producer_stats stats() const;

 private:
  std::shared_ptr<producer_state> state_;
};

}  // namespace v0
}  // namespace ottla
