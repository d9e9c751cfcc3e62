// world_links: the virtual network: bytes on their way between clients and brokers, names, and connections that end.
#include <algorithm>
#include <cerrno>

#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

constexpr std::size_t send_buffer = 256 * 1024;
constexpr std::uint16_t entrance = 9000;  // behind which no node is advertised

}  // namespace

void world::collect_outputs() {
  if (disk_.dead()) bury_cluster();
  for (const mock::connection_id connection : broker_->take_ready()) {
    const auto known = by_connection_.find(connection);
    if (known == by_connection_.end()) continue;
    const link_id id = known->second;
    virtual_link& link = links_.at(id);
    std::vector<std::byte> bytes = broker_->take_output(connection);
    if (!tampers_.empty() && !bytes.empty()) {
      tampers_.front()(bytes);
      tampers_.pop_front();
    }
    const bool over = broker_->closed(connection);
    if (over) {
      broker_->disconnect(connection);
      by_connection_.erase(known);
    }
    const std::size_t most = network_.largest_piece();
    for (std::size_t from = 0; from < bytes.size() || (over && from == 0);) {
      const std::size_t size = std::min(most, bytes.size() - from);
      const bool last = over && from + size == bytes.size();
      const auto when = network_.arrival(link.down, link.client, link.node, size, now_);
      if (!when) break;
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(from);
      at(*when, [this, id, last,
                 piece = std::make_shared<std::vector<std::byte>>(begin, begin + static_cast<std::ptrdiff_t>(size))] {
        arrive_down(id, *piece, last);
      });
      from += std::max<std::size_t>(size, 1);
    }
  }
}

void world::arrive_down(link_id id, const std::vector<std::byte>& bytes, bool over) {
  virtual_link* to = find(id);
  if (to == nullptr || to->now_in != virtual_link::state::open || to->down.lost) return;
  if (!bytes.empty()) hear(wire_event::kind::received, *to, bytes);
  if (over) hear(wire_event::kind::ended, *to);
  to->inbox.insert(to->inbox.end(), bytes.begin(), bytes.end());
  if (over) to->now_in = virtual_link::state::closing;
  if (to->wants_read && (over || !to->inbox.empty())) {
    to->wants_read = false;
    tell(to->client, {io_kind::readable, id, lookup_id::none, 0});
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
  const listener there = find_listener(to, link);
  hear(wire_event::kind::opens, link);
  if (there == listener::swallows) return id;
  if (there == listener::refuses) link.node = broker_->node_count();
  at(now_ + network_.latency(), [this, id] { knock(id); });
  return id;
}

listener world::find_listener(const ip_address& to, virtual_link& link) {
  link.node = broker_->node_count();
  const listener there = names_.at(to);
  if (const auto left = left_.find(to.port); left != left_.end()) {
    if (left->second.nobody) return there == listener::node ? *left->second.nobody : there;
    link.node = left->second.node;
    link.retired = left->second.how;
    return there;
  }
  for (std::size_t i = 0; i < broker_->node_count(); ++i) {
    const bool leads_here =
        has_entrance_ && to.port == entrance && broker_->running((entered_ + i) % broker_->node_count());
    if (leads_here) {
      link.node = (entered_ + i) % broker_->node_count();
      ++entered_;
      break;
    }
    if (broker_->node(i).port == to.port) link.node = i;
  }
  return there;
}

std::string world::bootstrap() const { return "sim:" + std::to_string(has_entrance_ ? entrance : 9092); }

// A SYN that nobody hears is sent again after 1 s, 2 s, 4 s, ..., as long as the client waits.
void world::knock(link_id id) {
  virtual_link* link = find(id);
  if (link == nullptr || link->now_in != virtual_link::state::connecting) return;
  if (network_.cut_until(link->client, link->node, now_) > now_) {
    at(now_ + std::chrono::seconds(1 << std::min(link->knocks++, 5)), [this, id] { knock(id); });
    return;
  }
  if (link->node >= broker_->node_count() || now_ < back_at_ || !broker_->running(link->node)) {
    link->now_in = virtual_link::state::closed;
    hear(wire_event::kind::ended, *link, {}, ECONNREFUSED);
    tell(link->client, {io_kind::closed, id, lookup_id::none, ECONNREFUSED});
    return;
  }
  link->now_in = virtual_link::state::open;
  link->at_broker = broker_->connect(link->node, broker_time());
  by_connection_[link->at_broker] = id;
  if (link->retired) broker_->retire(link->at_broker, *link->retired);
  hear(wire_event::kind::connected, *link);
  tell(link->client, {io_kind::connected, id, lookup_id::none, 0});
}

io_result world::write(link_id id, std::span<const bytes_view> pieces) {
  virtual_link* link = find(id);
  if (link == nullptr || link->now_in == virtual_link::state::closed) return {io_status::closed, 0, ECONNRESET};
  if (link->now_in == virtual_link::state::closing) return {io_status::closed, 0, EPIPE};
  std::size_t room = send_buffer > link->unread_by_broker ? send_buffer - link->unread_by_broker : 0;
  if (network_.usual().torn && tear_rng_.below(4) == 0) room = std::min<std::size_t>(room, 1 + tear_rng_.below(2000));
  auto bytes = std::make_shared<std::vector<std::byte>>();
  std::size_t asked = 0;
  for (const bytes_view& piece : pieces) {
    asked += piece.size();
    const std::size_t take = std::min(piece.size(), room - bytes->size());
    bytes->insert(bytes->end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(take));
  }
  if (bytes->empty()) return {io_status::would_block, 0, 0};
  link->unread_by_broker += bytes->size();
  hear(wire_event::kind::sent, *link, *bytes);
  send_up(id, bytes);
  return {bytes->size() < asked ? io_status::would_block : io_status::ok, bytes->size(), 0};
}

// What is lost stays in the send buffer, since nobody acknowledges it.
void world::send_up(link_id id, std::shared_ptr<std::vector<std::byte>> bytes) {
  virtual_link& link = links_.at(id);
  const auto when = network_.arrival(link.up, link.client, link.node, bytes->size(), now_);
  if (!when) return;
  at(*when, [this, id, bytes] {
    virtual_link* from = find(id);
    if (from == nullptr || from->up.lost) return;
    from->unread_by_broker -= bytes->size();
    const auto known = by_connection_.find(from->at_broker);
    if (from->now_in == virtual_link::state::open && known != by_connection_.end() && known->second == id) {
      broker_->receive(from->at_broker, *bytes, broker_time());
      collect_outputs();
    }
    if (from->wants_write) {
      from->wants_write = false;
      tell(from->client, {io_kind::writable, id, lookup_id::none, 0});
    }
  });
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
  if (network_.usual().torn && tear_rng_.below(3) == 0) limit = std::min<std::size_t>(limit, 1 + tear_rng_.below(900));
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
  hear(wire_event::kind::ended, *link);
  const auto known = by_connection_.find(link->at_broker);
  if (known == by_connection_.end() || known->second != id) {
    links_.erase(id);
    return;
  }
  // The broker sees the end when it would: what was written before still arrives. Or it never does.
  const auto connection = link->at_broker;
  const auto when = network_.arrival(link->up, link->client, link->node, 0, now_);
  link->client = -1;
  if (!when) {
    ghosts_.push_back(connection);
    by_connection_.erase(known);
    links_.erase(id);
    return;
  }
  at(*when, [this, connection, id] {
    links_.erase(id);
    const auto still = by_connection_.find(connection);
    if (still == by_connection_.end() || still->second != id) return;
    by_connection_.erase(still);
    broker_->disconnect(connection);
  });
}

std::size_t world::leaving() const {
  return static_cast<std::size_t>(
      std::count_if(links_.begin(), links_.end(), [](const auto& one) { return one.second.client < 0; }));
}

void world::end_link(virtual_link& link, int why) {
  if (const auto known = by_connection_.find(link.at_broker);
      known != by_connection_.end() && known->second == link.id) {
    by_connection_.erase(known);
    broker_->disconnect(link.at_broker);
  }
  link.now_in = virtual_link::state::closed;
  link.close_errno = why;
  link.inbox.clear();
  hear(wire_event::kind::ended, link, {}, why);
  tell(link.client, {io_kind::closed, link.id, lookup_id::none, why});
}

lookup_id world::resolve(int who, std::string_view, std::uint16_t port) {
  const lookup_id id{next_lookup_++};
  lookups_[id] = port;
  at(names_.answers_from(now_) + std::chrono::microseconds(resolve_rng_.below(500)), [this, who, id] {
    if (lookups_.contains(id)) tell(who, {io_kind::resolved, {}, id, 0});
  });
  return id;
}

lookup_answer world::answer(lookup_id lookup) {
  const auto found = lookups_.find(lookup);
  if (found == lookups_.end()) return {};
  const std::uint16_t port = found->second;
  lookups_.erase(found);
  return names_.answer(port, now_);
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
