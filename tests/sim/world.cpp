// world: the order of events, the network, and the faults.
#include "world.hpp"

#include <algorithm>
#include <cerrno>

#include "sim_host.hpp"

namespace ottla::sim {
namespace {

constexpr std::size_t send_buffer = 256 * 1024;
constexpr std::size_t trace_lines = 400;

}  // namespace

world::world(std::uint64_t seed, weather network, mock::broker_options cluster)
    : seed_(seed),
      weather_(network),
      wall_now_(wall_base_ + 1000),
      broker_([&] {
        cluster.seed = seed;
        return std::move(cluster);
      }()),
      latency_rng_(stream("latency")),
      tear_rng_(stream("tear")),
      resolve_rng_(stream("resolve")) {}

world::~world() = default;

void world::note(std::string line) {
  trace_.push_back(std::to_string(now_.time_since_epoch() / std::chrono::microseconds(1)) + " us  " + std::move(line));
  if (trace_.size() > trace_lines) trace_.pop_front();
}

int world::join(sim_host& host) {
  clients_[next_client_].host = &host;
  return next_client_++;
}

void world::leave(int who) { clients_.erase(who); }
void world::wake(int who) {
  if (auto found = clients_.find(who); found != clients_.end()) found->second.woken = true;
}

void world::tell(int who, io_event event) {
  if (auto found = clients_.find(who); found != clients_.end()) found->second.pending.push_back(event);
}

std::chrono::nanoseconds world::latency() {
  const auto spread = static_cast<std::uint64_t>((weather_.latency_max - weather_.latency_min).count()) + 1;
  return weather_.latency_min + std::chrono::microseconds(latency_rng_.below(spread)) +
         std::chrono::microseconds(latency_rng_.below(static_cast<std::uint64_t>(extra_latency_.count()) + 1));
}

bool world::run_until(const std::function<bool()>& condition, steady_ns deadline) {
  while (!condition()) {
    if (now_ >= deadline) return false;
    turn(deadline);
  }
  return true;
}

// One moment: what is due happens, the broker acts, then each client that has a reason steps. Nothing to do moves the
// time on.
void world::turn(steady_ns limit) {
  steady_ns next = limit;
  if (!events_.empty()) next = std::min(next, events_.begin()->first.first);
  if (broker_deadline_ != mock::never) next = std::min(next, steady_ns(broker_deadline_));
  for (const auto& [id, one] : clients_) next = std::min(next, one.woken || !one.pending.empty() ? now_ : one.deadline);
  if (next > now_) {
    now_ = next;
    wall_now_.store(wall().time_since_epoch().count());
  }
  while (!events_.empty() && events_.begin()->first.first <= now_) {
    auto what = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    what();
  }
  step_broker();
  std::vector<int> ids;
  for (const auto& [id, one] : clients_) ids.push_back(id);
  for (int id : ids) {
    auto found = clients_.find(id);
    if (found == clients_.end()) continue;
    client& one = found->second;
    if (!one.woken && one.pending.empty() && one.deadline > now_) continue;
    one.woken = false;
    const std::vector<io_event> events = std::exchange(one.pending, {});
    const steady_ns wanted = one.host->step(events);
    found = clients_.find(id);
    if (found == clients_.end()) continue;
    // A step at the same moment again costs a microsecond, so that time goes on whatever a client does.
    found->second.deadline = wanted <= now_ ? now_ + std::chrono::microseconds(1) : wanted;
  }
}

void world::step_broker() {
  broker_deadline_ = broker_.step(broker_time());
  collect_outputs();
}

void world::collect_outputs() {
  for (const mock::connection_id connection : broker_.take_ready()) {
    const auto known = by_connection_.find(connection);
    if (known == by_connection_.end()) continue;
    const link_id id = known->second;
    virtual_link& link = links_.at(id);
    auto bytes = std::make_shared<std::vector<std::byte>>(broker_.take_output(connection));
    const bool over = broker_.closed(connection);
    if (over) {
      broker_.disconnect(connection);
      by_connection_.erase(known);
    }
    link.last_down = std::max(link.last_down, now_ + latency());
    at(link.last_down, [this, id, bytes, over] {
      virtual_link* to = find(id);
      if (to == nullptr || to->now_in != virtual_link::state::open) return;
      to->inbox.insert(to->inbox.end(), bytes->begin(), bytes->end());
      if (over) to->now_in = virtual_link::state::closing;
      if (to->wants_read && (over || !to->inbox.empty())) {
        to->wants_read = false;
        tell(to->client, {io_kind::readable, id, lookup_id::none, 0});
      }
    });
  }
}

virtual_link* world::find(link_id link) {
  auto found = links_.find(link);
  return found == links_.end() ? nullptr : &found->second;
}

link_id world::open(int who, const ip_address& to) {
  const link_id id{next_link_++, 1};
  virtual_link& link = links_[id];
  link.client = who;
  link.id = id;
  std::size_t node = broker_.node_count();
  for (std::size_t i = 0; i < broker_.node_count(); ++i) {
    if (broker_.node(i).port == to.port) node = i;
  }
  link.node = node;
  at(now_ + latency(), [this, id] {
    virtual_link* at_client = find(id);
    if (at_client == nullptr || at_client->now_in != virtual_link::state::connecting) return;
    if (at_client->node >= broker_.node_count() || !broker_.running(at_client->node)) {
      at_client->now_in = virtual_link::state::closed;
      tell(at_client->client, {io_kind::closed, id, lookup_id::none, ECONNREFUSED});
      return;
    }
    at_client->now_in = virtual_link::state::open;
    at_client->at_broker = broker_.connect(at_client->node, broker_time());
    by_connection_[at_client->at_broker] = id;
    tell(at_client->client, {io_kind::connected, id, lookup_id::none, 0});
  });
  return id;
}

io_result world::write(link_id id, std::span<const bytes_view> pieces) {
  virtual_link* link = find(id);
  if (link == nullptr || link->now_in == virtual_link::state::closed) return {io_status::closed, 0, ECONNRESET};
  if (link->now_in == virtual_link::state::closing) return {io_status::closed, 0, EPIPE};
  std::size_t room = send_buffer > link->unread_by_broker ? send_buffer - link->unread_by_broker : 0;
  if (weather_.torn && tear_rng_.below(4) == 0) room = std::min<std::size_t>(room, 1 + tear_rng_.below(2000));
  auto bytes = std::make_shared<std::vector<std::byte>>();
  std::size_t asked = 0;
  for (const bytes_view& piece : pieces) {
    asked += piece.size();
    const std::size_t take = std::min(piece.size(), room - bytes->size());
    bytes->insert(bytes->end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(take));
  }
  if (bytes->empty()) return {io_status::would_block, 0, 0};
  link->unread_by_broker += bytes->size();
  link->last_up = std::max(link->last_up, now_ + latency());
  at(link->last_up, [this, id, bytes] {
    virtual_link* from = find(id);
    if (from == nullptr) return;
    from->unread_by_broker -= bytes->size();
    if (from->now_in == virtual_link::state::open && by_connection_.contains(from->at_broker)) {
      broker_.receive(from->at_broker, *bytes, broker_time());
      collect_outputs();
    }
    if (from->wants_write) {
      from->wants_write = false;
      tell(from->client, {io_kind::writable, id, lookup_id::none, 0});
    }
  });
  return {bytes->size() < asked ? io_status::would_block : io_status::ok, bytes->size(), 0};
}

io_result world::read(link_id id, std::span<const std::span<std::byte>> pieces) {
  virtual_link* link = find(id);
  if (link == nullptr || link->now_in == virtual_link::state::closed) {
    return {io_status::closed, 0, link == nullptr ? EBADF : link->close_errno};
  }
  if (link->inbox.empty()) {
    if (link->now_in == virtual_link::state::closing) return {io_status::closed, 0, 0};
    return {io_status::would_block, 0, 0};
  }
  std::size_t limit = link->inbox.size();
  if (weather_.torn && tear_rng_.below(3) == 0) limit = std::min<std::size_t>(limit, 1 + tear_rng_.below(900));
  std::size_t moved = 0;
  for (const std::span<std::byte>& piece : pieces) {
    const std::size_t take = std::min(piece.size(), limit - moved);
    std::copy_n(link->inbox.begin(), take, piece.begin());
    link->inbox.erase(link->inbox.begin(), link->inbox.begin() + static_cast<std::ptrdiff_t>(take));
    moved += take;
  }
  return {io_status::ok, moved, 0};
}

void world::want(link_id id, interest what) {
  virtual_link* link = find(id);
  if (link == nullptr) return;
  if (what == interest::read) {
    if (!link->inbox.empty() || link->now_in == virtual_link::state::closing ||
        link->now_in == virtual_link::state::closed) {
      tell(link->client, {io_kind::readable, id, lookup_id::none, 0});
    } else {
      link->wants_read = true;
    }
  } else if (link->unread_by_broker < send_buffer) {
    tell(link->client, {io_kind::writable, id, lookup_id::none, 0});
  } else {
    link->wants_write = true;
  }
}

void world::close(link_id id) {
  virtual_link* link = find(id);
  if (link == nullptr) return;
  // The broker sees the end when it would: what was written before still arrives.
  if (by_connection_.contains(link->at_broker)) {
    const auto connection = link->at_broker;
    link->client = -1;
    at(std::max(link->last_up, now_) + std::chrono::microseconds(1), [this, connection, id] {
      if (by_connection_.erase(connection) > 0) broker_.disconnect(connection);
      links_.erase(id);
    });
  } else {
    links_.erase(id);
  }
}

void world::end_link(virtual_link& link, int why) {
  if (by_connection_.erase(link.at_broker) > 0) broker_.disconnect(link.at_broker);
  link.now_in = virtual_link::state::closed;
  link.close_errno = why;
  link.inbox.clear();
  tell(link.client, {io_kind::closed, link.id, lookup_id::none, why});
}

lookup_id world::resolve(int who, std::string_view, std::uint16_t port) {
  const lookup_id id{next_lookup_++};
  lookup_answer found;
  ip_address address;
  address.bytes = {127, 0, 0, 1};
  address.port = port;
  found.addresses.push_back(address);
  lookups_[id] = std::move(found);
  at(now_ + std::chrono::microseconds(resolve_rng_.below(500)), [this, who, id] {
    if (lookups_.contains(id)) tell(who, {io_kind::resolved, {}, id, 0});
  });
  return id;
}

lookup_answer world::answer(lookup_id lookup) {
  auto found = lookups_.find(lookup);
  if (found == lookups_.end()) return {};
  lookup_answer out = std::move(found->second);
  lookups_.erase(found);
  return out;
}

void world::schedule(const fault_plan& plan) {
  for (const fault_event& one : plan) {
    at(now_ + one.when, [this, one] { apply(one); });
  }
}

void world::apply(const fault_event& fault) {
  ++faults_;
  note("fault: " + to_string(fault));
  const std::size_t node = fault.draw % broker_.node_count();
  const auto inject = [&](protocol::api_key key, mock::fault_action action, int count, protocol::error_code error) {
    mock::fault trouble;
    trouble.key = key;
    trouble.action = action;
    trouble.count = count;
    trouble.error = error;
    broker_.inject(trouble);
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
  switch (fault.kind) {
    case fault_kind::reset_links:
      for (auto& [id, link] : links_) {
        if (link.now_in == virtual_link::state::open || link.now_in == virtual_link::state::closing)
          end_link(link, ECONNRESET);
      }
      break;
    case fault_kind::restart_broker:
      if (broker_.running(node)) broker_.restart(node);
      collect_outputs();
      break;
    case fault_kind::stop_broker:
      if (!broker_.running(node)) break;
      broker_.stop(node);
      collect_outputs();
      at(now_ + fault.length, [this, node] { broker_.start(node); });
      break;
    case fault_kind::pause_broker:
      broker_.pause(node);
      at(now_ + fault.length, [this, node] { broker_.resume(node, broker_time()); });
      break;
    case fault_kind::slow_network:
      extra_latency_ = std::chrono::milliseconds(fault.draw % 400);
      at(now_ + fault.length, [this] { extra_latency_ = {}; });
      break;
    case fault_kind::move_leaders:
      for (const auto& topic : broker_.topics()) {
        for (std::int32_t i = 0; i < topic.partitions; ++i)
          broker_.move_leader(topic.name, i, (fault.draw + static_cast<std::size_t>(i)) % broker_.node_count(),
                              broker_time());
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
      inject(one.key, mock::fault_action::answer_error, 1 + static_cast<int>(fault.draw % 2), one.error);
      break;
    }
    case fault_kind::group_cut:
      inject(group_faults[(fault.draw >> 8) % std::size(group_faults)].key,
             fault.draw % 2 == 0 ? mock::fault_action::close_after : mock::fault_action::close_mid_frame, 1, {});
      break;
    case fault_kind::group_late: {
      mock::fault late;
      late.key = group_faults[(fault.draw >> 8) % std::size(group_faults)].key;
      late.action = mock::fault_action::delay;
      late.hold = fault.length;
      broker_.inject(late);
      break;
    }
    case fault_kind::forget_producer:
      broker_.expire_producer(static_cast<std::int64_t>(fault.draw));
      break;
  }
}

void world::heal() {
  broker_.clear_faults();
  extra_latency_ = {};
  for (std::size_t i = 0; i < broker_.node_count(); ++i) {
    if (!broker_.running(i)) broker_.start(i);
    broker_.resume(i, broker_time());
  }
}

}  // namespace ottla::sim
