// world_links: the virtual network: bytes on their way between clients and brokers, names, and connections that end.
#include <algorithm>
#include <cerrno>

#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

constexpr std::size_t send_buffer = 256 * 1024;

}  // namespace

std::chrono::nanoseconds world::latency() {
  const auto spread = static_cast<std::uint64_t>((weather_.latency_max - weather_.latency_min).count()) + 1;
  return weather_.latency_min + std::chrono::microseconds(latency_rng_.below(spread)) +
         std::chrono::microseconds(latency_rng_.below(static_cast<std::uint64_t>(extra_latency_.count()) + 1));
}

void world::collect_outputs() {
  for (const mock::connection_id connection : broker_.take_ready()) {
    const auto known = by_connection_.find(connection);
    if (known == by_connection_.end()) continue;
    const link_id id = known->second;
    virtual_link& link = links_.at(id);
    auto bytes = std::make_shared<std::vector<std::byte>>(broker_.take_output(connection));
    if (!tampers_.empty() && !bytes->empty()) {
      tampers_.front()(*bytes);
      tampers_.pop_front();
    }
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

void world::reset_links() {
  for (auto& [id, link] : links_) {
    if (link.now_in == virtual_link::state::open || link.now_in == virtual_link::state::closing)
      end_link(link, ECONNRESET);
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
