// troubles: what each kind of fault does to a world.
#include "troubles.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "lies.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

bool forgets_soon(const world& where) { return where.has_entrance() && where.stream("forgets soon").below(2) == 0; }

troubles::troubles(world& where, fault_plan plan) : world_(where), plan_(std::move(plan)) {
  const bool can_die = std::any_of(plan_.begin(), plan_.end(), [](const fault_event& one) {
    return one.kind == fault_kind::kill_cluster || one.kind == fault_kind::power_cut;
  });
  if (can_die) world_.keep();
  const bool can_be_replaced = std::any_of(
      plan_.begin(), plan_.end(), [](const fault_event& one) { return one.kind == fault_kind::replace_nodes; });
  if (can_be_replaced) world_.have_entrance();
}

void troubles::begin(int stretch) {
  stretch_ = stretch;
  began_ = world_.lived();
  go_on();
}

// One after the other, since a leap must not bring all that was planned for the time that it takes away.
void troubles::go_on() {
  while (next_ < plan_.size() && !healed_) {  // a run that has seen enough heals early
    const steady_ns due = began_ + plan_[next_].when * stretch_;
    if (due > world_.lived()) return world_.at(world_.now() + (due - world_.lived()), [this] { go_on(); });
    apply(plan_[next_++]);
  }
}

void troubles::apply(const fault_event& fault) {
  ++applied_;
  mock::broker& broker = world_.cluster();  // of this moment
  const auto later = [&](std::function<void()> what) { world_.at(world_.now() + fault.length, std::move(what)); };
  world_.note("fault: " + to_string(fault));
  const std::size_t node = fault.draw % broker.node_count();
  const auto inject = [&](protocol::api_key key, mock::fault_action action, int count, protocol::error_code error) {
    mock::fault trouble;
    trouble.key = key;
    trouble.action = action;
    trouble.count = count;
    trouble.error = error;
    broker.inject(trouble);
  };
  using protocol::error_code;
  const auto produce = protocol::api_key{0}, fetch = protocol::api_key{1}, metadata = protocol::api_key{3};
  static constexpr error_code produce_errors[] = {
      error_code::not_leader_or_follower,           error_code::not_enough_replicas, error_code::request_timed_out,
      error_code::not_enough_replicas_after_append, error_code::corrupt_message,     error_code::kafka_storage_error};
  static constexpr error_code fetch_errors[] = {error_code::not_leader_or_follower, error_code::fenced_leader_epoch,
                                                error_code::unknown_leader_epoch, error_code::kafka_storage_error,
                                                error_code::fetch_session_id_not_found};
  struct group_fault {
    protocol::api_key key;
    error_code error;
  };
  using protocol::api_key;
  static constexpr group_fault group_faults[] = {
      {api_key::find_coordinator, error_code::coordinator_not_available},
      {api_key::join_group, error_code::coordinator_load_in_progress},
      {api_key::join_group, error_code::unknown_member_id},
      {api_key::join_group, error_code::not_coordinator},
      {api_key::sync_group, error_code::rebalance_in_progress},
      {api_key::sync_group, error_code::unknown_member_id},
      {api_key::sync_group, error_code::illegal_generation},
      {api_key::heartbeat, error_code::rebalance_in_progress},
      {api_key::heartbeat, error_code::unknown_member_id},
      {api_key::heartbeat, error_code::illegal_generation},
      {api_key::heartbeat, error_code::not_coordinator},
      {api_key::offset_commit, error_code::rebalance_in_progress},
      {api_key::offset_commit, error_code::illegal_generation},
      {api_key::offset_commit, error_code::coordinator_load_in_progress},
      {api_key::offset_fetch, error_code::unstable_offset_commit},
      {api_key::offset_fetch, error_code::not_coordinator},
      {api_key::leave_group, error_code::unknown_member_id},
  };
  // In a group of the consumer protocol one request stands for three of the classic one.
  const auto asked_for = [](api_key key) -> std::vector<api_key> {
    const bool is_membership = key == api_key::join_group || key == api_key::sync_group || key == api_key::heartbeat;
    if (!is_membership) return {key};
    return {key, api_key::consumer_group_heartbeat};
  };
  // Transactions: unknown_server_error is EndTxn's alone, since nobody says how it ended (C-23).
  static constexpr group_fault transaction_faults[] = {
      {api_key::init_producer_id, error_code::concurrent_transactions},
      {api_key::init_producer_id, error_code::coordinator_load_in_progress},
      {api_key::init_producer_id, error_code::not_coordinator},
      {api_key::add_partitions_to_txn, error_code::concurrent_transactions},
      {api_key::add_partitions_to_txn, error_code::coordinator_not_available},
      {api_key::add_offsets_to_txn, error_code::coordinator_load_in_progress},
      {api_key::txn_offset_commit, error_code::coordinator_not_available},
      {api_key::txn_offset_commit, error_code::illegal_generation},
      {api_key::txn_offset_commit, error_code::coordinator_load_in_progress},
      {api_key::end_txn, error_code::concurrent_transactions},
      {api_key::end_txn, error_code::not_coordinator},
      {api_key::end_txn, error_code::unknown_server_error},
      {api_key::end_txn, error_code::transaction_abortable},
      {api_key::produce, error_code::transaction_abortable},
      {api_key::produce, error_code::concurrent_transactions},
      {api_key::find_coordinator, error_code::coordinator_not_available},
  };
  const auto transaction_fault = [&] { return transaction_faults[(fault.draw >> 8) % std::size(transaction_faults)]; };
  switch (fault.kind) {
    case fault_kind::reset_links:
      world_.reset_links();
      break;
    case fault_kind::restart_broker:
      if (broker.running(node)) broker.restart(node);
      break;
    case fault_kind::stop_broker:
      if (!broker.running(node)) break;
      broker.stop(node);
      later([this, node] {
        if (!world_.cluster().running(node)) world_.cluster().start(node);
      });
      break;
    case fault_kind::pause_broker:
      broker.pause(node);
      later([this, node] { world_.cluster().resume(node, world_.broker_time()); });
      break;
    case fault_kind::slow_network:
      world_.net().slow_down(std::chrono::milliseconds(fault.draw % 400));
      later([this] { world_.net().slow_down({}); });
      break;
    case fault_kind::move_leaders:
      for (const auto& topic : broker.topics()) {
        for (std::int32_t i = 0; i < topic.partitions; ++i)
          broker.move_leader(topic.name, i, (fault.draw + static_cast<std::size_t>(i)) % broker.node_count(),
                             world_.broker_time());
      }
      break;
    case fault_kind::produce_error:
      inject(produce, mock::fault_action::answer_error, 1 + static_cast<int>(fault.draw % 3),
             produce_errors[fault.draw % std::size(produce_errors)]);
      break;
    case fault_kind::produce_lost:
      inject(produce, mock::fault_action::drop_answer, 1, {});
      break;
    case fault_kind::produce_cut:
      inject(produce, mock::fault_action::close_mid_frame, 1, {});
      break;
    case fault_kind::fetch_error:
      inject(fetch, mock::fault_action::answer_error, 1, fetch_errors[fault.draw % std::size(fetch_errors)]);
      break;
    case fault_kind::fetch_cut:
      inject(fetch, mock::fault_action::close_mid_frame, 1, {});
      break;
    case fault_kind::metadata_error:
      inject(metadata, mock::fault_action::close_after, 1, {});
      break;
    case fault_kind::group_error: {
      const group_fault& one = group_faults[(fault.draw >> 8) % std::size(group_faults)];
      for (const api_key key : asked_for(one.key))
        inject(key, mock::fault_action::answer_error, 1 + static_cast<int>(fault.draw % 2), one.error);
      break;
    }
    case fault_kind::group_cut:
      for (const api_key key : asked_for(group_faults[(fault.draw >> 8) % std::size(group_faults)].key))
        inject(key, fault.draw % 2 == 0 ? mock::fault_action::close_after : mock::fault_action::close_mid_frame, 1, {});
      break;
    case fault_kind::group_late: {
      mock::fault late;
      late.action = mock::fault_action::delay;
      late.hold = fault.length;
      for (const api_key key : asked_for(group_faults[(fault.draw >> 8) % std::size(group_faults)].key)) {
        late.key = key;
        broker.inject(late);
      }
      break;
    }
    case fault_kind::transaction_error:
      inject(transaction_fault().key, mock::fault_action::answer_error, 1 + static_cast<int>(fault.draw % 2),
             transaction_fault().error);
      break;
    case fault_kind::transaction_cut:
      inject(transaction_fault().key,
             fault.draw % 2 == 0 ? mock::fault_action::close_after : mock::fault_action::close_mid_frame, 1, {});
      break;
    case fault_kind::transaction_late: {
      mock::fault late;
      late.key = transaction_fault().key;
      late.action = mock::fault_action::delay;
      late.hold = fault.length;
      broker.inject(late);
      break;
    }
    case fault_kind::throttle: {
      static constexpr api_key throttled[] = {api_key::produce,   api_key::fetch,       api_key::metadata,
                                              api_key::produce,   api_key::fetch,       api_key::offset_commit,
                                              api_key::heartbeat, api_key::list_offsets};
      mock::fault silence;
      silence.key = throttled[(fault.draw >> 8) % std::size(throttled)];
      silence.action = mock::fault_action::throttle;
      silence.hold = fault.length;
      broker.inject(silence);
      break;
    }
    case fault_kind::move_coordinators:
      broker.move_coordinator("billing", node, world_.broker_time());  // the group of every scenario
      for (const char* copier : {"copier-0", "copier-1", "copier-2"})  // and the transactional ids of copiers
        if ((fault.draw >> 8) % 2 == 0) broker.move_transaction_coordinator(copier, node, world_.broker_time());
      break;
    case fault_kind::shrink_isr:
      hold_out_of_sync(1 + fault.draw % 2);
      later([this] { hold_out_of_sync(0); });
      break;
    case fault_kind::lag_replicas: {
      const bool is_held = (fault.draw >> 8) % 2 == 0;
      broker.lag(node, is_held ? std::nullopt : std::optional(fault.length / 4), world_.broker_time());
      later([this, node] { world_.cluster().follow(node, world_.broker_time()); });
      break;
    }
    case fault_kind::lose_leader:
      for (std::size_t other = 0; other < broker.node_count(); ++other)
        if (other != node) broker.lag(other, std::nullopt, world_.broker_time());
      world_.at(world_.now() + fault.length / 8, [this, node] { lose_leader(node); });
      later([this, node] {
        if (!world_.cluster().running(node)) world_.cluster().start(node);
        follow_all();
      });
      break;
    case fault_kind::lie:
      world_.tamper_next([draw = fault.draw](std::vector<std::byte>& piece) { lie_about(piece, draw); });
      break;
    case fault_kind::forget_producer:
      broker.expire_producer(static_cast<std::int64_t>(fault.draw));
      break;
    case fault_kind::kill_cluster:
    case fault_kind::power_cut:
    case fault_kind::half_open:
    case fault_kind::cut_network:
    case fault_kind::forget_links:
    case fault_kind::limit_bandwidth:
    case fault_kind::names_fail:
    case fault_kind::names_hang:
    case fault_kind::dead_addresses:
    case fault_kind::move_node:
    case fault_kind::replace_nodes:
    case fault_kind::set_clocks:
    case fault_kind::leap:
    case fault_kind::suspend_clients:
      apply_outage(fault);
      break;
  }
}

// `count` followers of each partition; with none all come back.
void troubles::hold_out_of_sync(std::size_t count) {
  mock::broker& broker = world_.cluster();
  for (const auto& topic : broker.topics()) {
    for (std::int32_t i = 0; i < topic.partitions; ++i) {
      std::vector<std::size_t> followers;
      const std::int32_t leader = broker.partition(topic.name, i)->leader;
      for (std::size_t node = 0; node < broker.node_count() && followers.size() < count; ++node)
        if (broker.node(node).id != leader) followers.push_back(node);
      broker.hold_out_of_sync(topic.name, i, followers, world_.broker_time());
    }
  }
}

// Its power fails. Where no other replica is in sync it only stops: what it alone has was acknowledged.
void troubles::lose_leader(std::size_t node) {
  mock::broker& broker = world_.cluster();
  if (healed_ || !broker.running(node)) return;
  bool is_last = false;
  for (const auto& topic : broker.topics()) {
    for (std::int32_t i = 0; i < topic.partitions; ++i)
      is_last = is_last || broker.partition(topic.name, i)->in_sync == std::vector{broker.node(node).id};
  }
  if (is_last) {
    broker.stop(node);
  } else {
    broker.crash(node);
  }
}

void troubles::follow_all() {
  mock::broker& broker = world_.cluster();
  for (std::size_t node = 0; node < broker.node_count(); ++node) broker.follow(node, world_.broker_time());
}

void troubles::heal() {
  world_.mend_network();
  world_.mend_cluster();
  world_.set_clocks({}, {});
  mock::broker& broker = world_.cluster();
  healed_ = true;
  follow_all();
  broker.clear_faults();
  world_.tamper_no_more();
  hold_out_of_sync(0);
  for (std::size_t i = 0; i < broker.node_count(); ++i) {
    if (!broker.running(i)) broker.start(i);
    broker.resume(i, world_.broker_time());
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
