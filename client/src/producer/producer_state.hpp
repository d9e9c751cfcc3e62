// producer_state: what a producer's callers share: topics, memory, and the way of a record into its partition's open
// batch.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../transactions/transaction_gate.hpp"
#include "block_pool.hpp"
#include "ottla/cluster.hpp"
#include "ottla/producer.hpp"
#include "topic_state.hpp"

namespace ottla {
inline namespace v0 {

class sender;

class producer_state : public std::enable_shared_from_this<producer_state> {
 public:
  producer_state(std::shared_ptr<cluster_state> cluster, producer_config config);
  ~producer_state();

  const producer_config& config() const { return config_; }
  const error& config_error() const { return config_error_; }
  cluster_state& cluster() { return *cluster_; }
  block_pool& pool() { return pool_; }
  transaction_gate& gate() { return gate_; }

  /// Makes the sender step; called once, when this is shared.
  void attach();
  topic_state* open_topic(std::string_view name);
  /// The caller's thread: the whole way of a record from send() to its batch.
  result<void> append(topic_state& to, const record& what, std::uint64_t cookie, const outcome_handler* handler,
                      bool hurry);
  result<void> wait_ready(topic_state& topic, std::chrono::nanoseconds timeout);
  void when_ready(topic_state& topic, std::chrono::nanoseconds timeout, std::function<void(error)> done);
  result<void> flush(std::chrono::nanoseconds timeout);
  result<void> close(std::chrono::nanoseconds timeout);
  void abandon();
  void purge();

  // Transactions, on callers' threads: producer_transactions.cpp. The handlers run in the outbox, once; not if the call
  // fails.

  result<void> init_transactions(std::chrono::nanoseconds timeout);
  result<void> init_transactions(std::chrono::nanoseconds timeout, std::function<void(const error&)> done);
  result<void> begin_transaction();
  result<void> send_offsets(std::vector<offset_to_commit> offsets, group_metadata member,
                            std::chrono::nanoseconds timeout);
  result<void> send_offsets(std::vector<offset_to_commit> offsets, group_metadata member,
                            std::chrono::nanoseconds timeout, std::function<void(const error&)> done);
  transaction_result end_transaction(bool commit, std::chrono::nanoseconds timeout);
  result<void> end_transaction(bool commit, std::chrono::nanoseconds timeout,
                               std::function<void(const transaction_result&)> done);

  producer_stats stats() const;

  // What the sender and callers share.

  /// Compresses and hashes a closed batch; whoever closed it calls this, outside the lock.
  void seal(batch& one);
  /// The same for half of a batch that was split: not counted twice, and compressed even where memory is short.
  void seal_again(batch& one, bool overdraw);
  /// The same on a caller's thread: the core looks again.
  void seal_and_tell(batch& one);
  /// Takes the open batch off its partition, under the partition's lock.
  static batch* close_open(partition_queue& from);
  batch* new_batch();
  void recycle(batch* one);
  /// Partitions that got something since the last call.
  std::vector<partition_queue*> take_registered();
  bool flushing() const { return flushing_.load(std::memory_order_relaxed) > 0; }

  struct counters {
    std::atomic<std::uint64_t> sent{0}, acked{0}, failed{0}, bytes{0}, batches{0}, retried{0}, requests{0},
        throttled_ms{0};
  };
  counters tally;

 private:
  static bool append_to_open(partition_queue& queue, const record& what, std::int64_t stamp, std::uint64_t cookie,
                             const outcome_handler* handler, std::size_t full);
  result<void> append_slowly(topic_state& to, std::uint32_t chosen, const record& what, std::int64_t stamp,
                             std::uint64_t cookie, const outcome_handler* handler, bool hurry);
  std::uint32_t choose_partition(topic_state& topic, const record& what, std::uint32_t count);
  result<block> take_memory(std::size_t bytes);
  void register_partition(partition_queue& one);
  error refuse(client_code code, const topic_state& topic, std::string detail, std::string advice = {}) const;
  error why_shut(const topic_state& topic) const;
  result<void> not_taken(result<void> told);
  result<void> may_transact(const char* what) const;
  void rest_transactions(steady_ns deadline);

  std::shared_ptr<cluster_state> cluster_;
  producer_config config_;
  error config_error_;
  wall_source wall_;
  block_pool pool_;
  std::shared_ptr<sender> sender_;
  std::mutex topics_mutex_;
  std::map<std::string, std::unique_ptr<topic_state>, std::less<>> topics_;
  std::mutex registered_mutex_;
  std::vector<partition_queue*> registered_;
  std::mutex batches_mutex_;
  std::vector<std::unique_ptr<batch>> spare_;
  std::mutex compressors_mutex_;
  std::vector<std::unique_ptr<protocol::compressor>> compressors_;
  std::atomic<int> flushing_{0};
  transaction_gate gate_;
  std::mutex transaction_calls_mutex_;  // the gate and the mailbox see calls in one order
  std::atomic<bool> closed_{false};
  std::atomic<bool> ended_{
      false};  // closed, and nothing is under way: a task would keep this alive until somebody steps
};

}  // namespace v0
}  // namespace ottla
