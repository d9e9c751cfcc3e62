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
#include "ottla/group.hpp"
#include "ottla/producer_config.hpp"
#include "ottla/record.hpp"
#include "ottla/transaction.hpp"

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
  /// once, on the core's thread, also when the producer is closed. It must not block. What it throws: cluster.hpp.
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

  // Transactions (producer_config::transactional_id, KIP-98); invalid_state without one. What is sent between begin and
  // end becomes visible to readers of committed records together, or never. One transaction at a time, calls in order,
  // any thread. Records may be sent on many threads, but what is sent while the end is asked for is refused.
  //
  //     init_transactions ─► begin_transaction ─► send, send_offsets_to_transaction ─► commit_ or abort_transaction ─┐
  //                                 ▲────────────────────────────────────────────────────────────────────────────┘
  //
  // A record that is not taken or not stored, an offset that is refused: the transaction can only be aborted then,
  // commit says must_abort. close aborts what is open.

  /// Once, before the first transaction: fences older producers of the same id and ends what they left open. After
  /// `timed_out` it goes on; call again to wait on. Other errors are for good.
  result<void> init_transactions(std::chrono::milliseconds timeout);
  /// Nothing is asked of anybody: the first record tells the brokers. invalid_state while another one is open or ends,
  /// transaction_failed while one has to be aborted, fatal_producer.
  result<void> begin_transaction();
  /// What a group has read becomes part of the transaction: offsets are committed if it is, and the group's coordinator
  /// refuses them from a member that lost its place meanwhile (KIP-447). `member`: consumer::membership(). An error
  /// means that the transaction must be aborted, invalid_argument and invalid_state excepted.
  result<void> send_offsets_to_transaction(std::span<const partition_position> offsets, const group_metadata& member,
                                           std::chrono::milliseconds timeout);
  result<void> send_offsets_to_transaction(std::vector<offset_to_commit> offsets, const group_metadata& member,
                                           std::chrono::milliseconds timeout);
  /// Sends what is buffered, waits for all outcomes, and commits. Handlers of the records run before this returns.
  transaction_result commit_transaction(std::chrono::milliseconds timeout);
  /// Drops what is buffered (`purged`), waits for what is in flight, and aborts.
  transaction_result abort_transaction(std::chrono::milliseconds timeout);

  // The same without waiting: `done` is called once, on the core's thread, behind the handlers of the records. An error
  // of the call itself means that nothing is under way, and `done` is not called.

  result<void> init_transactions_async(std::chrono::milliseconds timeout, std::function<void(const error&)> done);
  result<void> send_offsets_to_transaction_async(std::vector<offset_to_commit> offsets, const group_metadata& member,
                                                 std::chrono::milliseconds timeout,
                                                 std::function<void(const error&)> done);
  result<void> commit_transaction_async(std::chrono::milliseconds timeout,
                                        std::function<void(const transaction_result&)> done);
  result<void> abort_transaction_async(std::chrono::milliseconds timeout,
                                       std::function<void(const transaction_result&)> done);

  producer_stats stats() const;

 private:
  std::shared_ptr<producer_state> state_;
};

}  // namespace v0
}  // namespace ottla
