// scripted_driver: one-shot interest and late events as the reactor has them, without a kernel.
#include "scripted_driver.hpp"

#include <algorithm>
#include <cstring>

namespace ottla::test {

std::uint8_t scripted_driver::number_of(const std::string& host) {
  for (const auto& [number, name] : hosts_) {
    if (name == host) return number;
  }
  const auto number = static_cast<std::uint8_t>(hosts_.size() + 1);
  hosts_[number] = host;
  return number;
}

lookup_id scripted_driver::resolve(std::string_view host, std::uint16_t port) {
  lookups_.push_back({host_port{std::string(host), port}});
  if (auto_resolve) answer_name(lookups_.size() - 1);
  return lookup_id{lookups_.size()};
}

lookup_id scripted_driver::resolve_canonical(std::string_view host, std::uint16_t port) {
  const lookup_id id = resolve(host, port);
  lookups_.back().canonical = true;
  return id;
}

void scripted_driver::answer_name(std::size_t which) {
  if (!lookups_.at(which).forgotten) events_.push_back({io_kind::resolved, {}, lookup_id{which + 1}, 0});
}

lookup_answer scripted_driver::answer(lookup_id lookup) {
  lookup_answer out;
  const host_port& what = lookups_.at(static_cast<std::size_t>(lookup) - 1).what;
  std::vector<std::uint8_t> numbers;
  if (const auto found = names.find(what.host); found != names.end()) {
    numbers = found->second;
    for (const std::uint8_t number : numbers) hosts_[number] = what.host;
  } else {
    numbers = {number_of(what.host)};
  }
  for (const std::uint8_t number : numbers) {
    ip_address one;
    one.bytes = {10, 0, 0, number};
    one.port = what.port;
    out.addresses.push_back(one);
  }
  if (lookups_[static_cast<std::size_t>(lookup) - 1].canonical) out.canonical = canonical[what.host];
  if (numbers.empty()) out.failure = "Name or service not known";
  return out;
}

void scripted_driver::forget(lookup_id lookup) { lookups_.at(static_cast<std::size_t>(lookup) - 1).forgotten = true; }

link_id scripted_driver::open(const ip_address& address) {
  virtual_link made;
  made.id = {static_cast<std::uint32_t>(links_.size()), 1};
  made.to = {
      hosts_.count(address.bytes[3]) != 0 ? hosts_[address.bytes[3]] : "10.0.0." + std::to_string(address.bytes[3]),
      address.port};
  made.address = to_string(address);
  links_.push_back(std::move(made));
  virtual_link& link = links_.back();
  if (down.contains(to_string(link.to))) {
    refuse(link);
  } else if (auto_accept) {
    accept(link);
  }
  return link.id;
}

virtual_link* scripted_driver::find(link_id link) {
  if (link.generation != 1 || link.slot >= links_.size() || links_[link.slot].closed) return nullptr;
  return &links_[link.slot];
}

void scripted_driver::accept(virtual_link& link) {
  link.connected = true;
  events_.push_back({io_kind::connected, link.id, lookup_id::none, 0});
}

void scripted_driver::refuse(virtual_link& link, int error) {
  events_.push_back({io_kind::closed, link.id, lookup_id::none, error});
}

void scripted_driver::feed(virtual_link& link, std::span<const std::byte> bytes) {
  if (link.closed) return;
  link.incoming.insert(link.incoming.end(), bytes.begin(), bytes.end());
  if (std::exchange(link.wants_read, false)) events_.push_back({io_kind::readable, link.id, lookup_id::none, 0});
}

void scripted_driver::end(virtual_link& link, int error) {
  link.ended = true;
  link.end_error = error;
  if (std::exchange(link.wants_read, false)) events_.push_back({io_kind::readable, link.id, lookup_id::none, 0});
}

void scripted_driver::drain(virtual_link& link, std::size_t room) {
  link.write_room = room;
  if (std::exchange(link.wants_write, false)) events_.push_back({io_kind::writable, link.id, lookup_id::none, 0});
}

std::size_t scripted_driver::open_links() const {
  return static_cast<std::size_t>(
      std::count_if(links_.begin(), links_.end(), [](const virtual_link& one) { return !one.closed; }));
}

io_result scripted_driver::write(link_id id, std::span<const bytes_view> pieces) {
  virtual_link* link = find(id);
  if (link == nullptr) return {io_status::closed, 0, EBADF};
  if (link->ended && link->end_error != 0) return {io_status::closed, 0, link->end_error};
  std::size_t moved = 0;
  for (const bytes_view& piece : pieces) {
    const std::size_t part = std::min(piece.size(), link->write_room);
    link->sent.insert(link->sent.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(part));
    moved += part;
    if (link->write_room != SIZE_MAX) link->write_room -= part;
    if (part < piece.size()) break;
  }
  if (moved > 0) ++link->writes;
  return {moved == 0 ? io_status::would_block : io_status::ok, moved, 0};
}

io_result scripted_driver::read(link_id id, std::span<const std::span<std::byte>> pieces) {
  virtual_link* link = find(id);
  if (link == nullptr) return {io_status::closed, 0, EBADF};
  std::size_t left = std::min(link->incoming.size(), link->read_chunk);
  if (left == 0)
    return link->ended ? io_result{io_status::closed, 0, link->end_error} : io_result{io_status::would_block, 0, 0};
  std::size_t moved = 0;
  for (const std::span<std::byte>& piece : pieces) {
    const std::size_t part = std::min(piece.size(), left);
    if (part > 0) std::memcpy(piece.data(), link->incoming.data() + moved, part);
    moved += part;
    left -= part;
  }
  link->incoming.erase(link->incoming.begin(), link->incoming.begin() + static_cast<std::ptrdiff_t>(moved));
  return {io_status::ok, moved, 0};
}

void scripted_driver::want(link_id id, interest what) {
  virtual_link* link = find(id);
  if (link == nullptr) return;
  if (what == interest::read) {
    if (!link->incoming.empty() || link->ended) {
      events_.push_back({io_kind::readable, id, lookup_id::none, 0});
    } else {
      link->wants_read = true;
    }
  } else if (link->write_room > 0) {
    events_.push_back({io_kind::writable, id, lookup_id::none, 0});
  } else {
    link->wants_write = true;
  }
}

void scripted_driver::close(link_id id) {
  if (virtual_link* link = find(id)) link->closed = true;
}

}  // namespace ottla::test
