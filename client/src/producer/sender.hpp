// sender: the producer's machine on the core: which batch goes to which leader when, and what becomes of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "../transactions/transaction_manager.hpp"
#include "identity.hpp"
#include "ottla/net/core.hpp"
#include "ottla/protocol/produce.hpp"
#include "producer_state.hpp"

namespace ottla {
inline namespace v0 {

/// Everything here runs on the core's thread.
///
/// Order is kept by one rule: when anything of a partition fails in a way that is tried again, nothing new of it is
/// sent until all that is in flight came back; then the retries go one by one, lowest sequence first (C-2, C-3, C-4,
/// C-11).
class sender final : public role, public std::enable_shared_from_this<sender> {
 public:
  explicit sender(producer_state& state);

  void attach(core& on);
  void add_topic(topic_state& topic);
  void when_ready(topic_state& topic, steady_ns deadline, std::function<void(error)> done);
  void start_flush(std::shared_ptr<flush_ticket> ticket);
  void purge();
  /// Null without a transactional id.
  transaction_manager* transactions() { return transactions_.get(); }
  /// Ends: what is not in flight fails now, what is in flight when its connection was closed; then `done` runs in the
  /// outbox, behind all outcomes. Returns how many records had none.
  std::uint64_t detach(core& on, task done);

  steady_ns step(core& on, instant now) override;
  void close(core& on) override;

 private:
  struct flight {
    std::shared_ptr<producer_state> owner;  // keeps batches and this alive until the answer
    broker_id broker = no_broker;
    std::vector<batch*> batches;            // by topic, then partition
    std::vector<protocol::uuid> topic_ids;  // of the batches; zero where the cluster knows none
    std::int16_t version = 0;
  };
  struct broker_load {
    int in_flight = 0;
    steady_ns not_before{};  // the broker is muted until then: what is sent meanwhile would only lie there (C-52)
    std::size_t turn = 0;    // the partition that begins the next request: none waits behind its neighbours for ever
  };
  struct ready_waiter {
    topic_state* topic;
    steady_ns deadline;
    std::function<void(error)> done;
  };

  void sync_metadata();
  void check_waiters();
  error why_not_ready(const topic_state& topic, bool late) const;
  void expire(partition_queue& queue, steady_ns& next);
  batch* head(partition_queue& queue, bool lane_idle, steady_ns& next);
  void pop(partition_queue& queue, batch* one);
  void send_to(broker_id leader, std::span<partition_queue*> queues, steady_ns& next);
  void dispatch(std::shared_ptr<flight> load);
  static void fill(flight& load, const producer_config& config, protocol::ProduceRequest& message, std::int16_t version,
                   protocol::arena& memory);
  void on_answer(flight& load, response&& answer);
  void on_partition(flight& load, batch& one, const protocol::ProduceResponse::PartitionProduceResponse& told);
  void failed_attempt(batch& one, const error& why);
  void retry(batch& one, const error& why, bool own_failure = true);
  void succeed(const flight& load, batch& one, std::int64_t base_offset, std::int64_t append_time);
  void fail(batch& one, error why);
  void finish(batch& one, std::int64_t base_offset, std::int64_t append_time, error why);
  void insert_retry(batch& one);
  bool split(batch& one, const error& why);
  void assign_sequence(batch& one);
  void unassign(batch& one);
  void lost_sequence(partition_queue& queue);
  void bump_when_drained();
  void restart_numbers();
  void drop_of_transactions();
  steady_ns step_transactions(core& on);
  bool is_drained() const;
  void fail_everything(const error& why);
  std::uint64_t fail_queued(partition_queue& queue, const error& why, bool for_ever);
  std::uint64_t end_all(const error& why);
  bool earlier_in_flight(const batch& one) const;
  void restart_sequence(batch& one, const error& why);
  error_context closed_context() const;
  error context_of(const batch& one, const error& why) const;
  void done_if_ended();

  producer_state& state_;
  core* core_ = nullptr;
  owner_id owner_{};
  instant now_{};
  bool detached_ = false;
  task ended_;
  std::vector<topic_state*> topics_;
  std::vector<partition_queue*> active_;
  std::vector<partition_queue*> candidates_;
  std::vector<ready_waiter> waiters_;
  std::map<broker_id, broker_load> brokers_;
  std::vector<std::shared_ptr<flight>> flights_;
  std::uint64_t seen_generation_ = 0;
  std::uint64_t batches_in_flight_ = 0;
  identity identity_;
  std::unique_ptr<transaction_manager> transactions_;
  std::int64_t assigned_ = 0;  // batches that hold a sequence and have no outcome
};

}  // namespace v0
}  // namespace ottla
