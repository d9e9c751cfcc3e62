// scripted_driver: a driver whose links are buffers: a test accepts, refuses, feeds, cuts and ends them, and reads what
// was written.
#pragma once

#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ottla/net/address.hpp"
#include "ottla/net/driver.hpp"

namespace ottla::test {

using byte_string = std::vector<std::byte>;

struct virtual_link {
  link_id id;
  host_port to;         // the name that was resolved, where one was
  std::string address;  // what it was resolved to
  bool connected = false;
  bool closed = false;                // by the core
  byte_string sent;                   // everything written, in order
  std::size_t read_so_far = 0;        // how much of `sent` the script has looked at
  byte_string incoming;               // fed and not read yet
  std::size_t write_room = SIZE_MAX;  // bytes until would_block
  int writes = 0;                     // that took something
  std::size_t read_chunk = SIZE_MAX;  // most that one read gives
  bool ended = false;
  int end_error = 0;
  bool wants_read = false, wants_write = false;
};

class scripted_driver final : public driver {
 public:
  // The script.

  /// New links connect at once; otherwise accept() does it.
  bool auto_accept = false;
  /// Names resolve at once; otherwise answer_name() does it.
  bool auto_resolve = true;
  /// host:port that refuse every connection.
  std::set<std::string> down;
  /// Several addresses for a name; others get one of their own. Empty: it does not resolve.
  std::map<std::string, std::vector<std::uint8_t>> names;
  /// What the addresses of a name go by, for those who ask.
  std::map<std::string, std::vector<std::string>> canonical;

  void answer_name(std::size_t which);
  void accept(virtual_link& link);
  void refuse(virtual_link& link, int error = ECONNREFUSED);
  void feed(virtual_link& link, std::span<const std::byte> bytes);
  void end(virtual_link& link, int error = 0);
  /// Room in the send buffer again.
  void drain(virtual_link& link, std::size_t room = SIZE_MAX);

  std::deque<virtual_link>& links() { return links_; }
  virtual_link& link(std::size_t index) { return links_.at(index); }
  virtual_link& last() { return links_.back(); }
  std::size_t open_links() const;
  std::size_t lookups() const { return lookups_.size(); }
  bool has_events() const { return !events_.empty(); }
  std::vector<io_event> take_events() { return std::exchange(events_, {}); }

  // What the core calls.
  lookup_id resolve(std::string_view host, std::uint16_t port) override;
  lookup_id resolve_canonical(std::string_view host, std::uint16_t port) override;
  lookup_answer answer(lookup_id lookup) override;
  void forget(lookup_id lookup) override;
  link_id open(const ip_address& address) override;
  io_result write(link_id link, std::span<const bytes_view> pieces) override;
  io_result read(link_id link, std::span<const std::span<std::byte>> pieces) override;
  void want(link_id link, interest what) override;
  void close(link_id link) override;

 private:
  struct asked_name {
    host_port what;
    bool forgotten = false;
    bool canonical = false;
  };
  virtual_link* find(link_id link);
  std::uint8_t number_of(const std::string& host);

  std::deque<virtual_link> links_;
  std::vector<asked_name> lookups_;
  std::map<std::uint8_t, std::string> hosts_;  // last byte of the address
  std::vector<io_event> events_;
};

}  // namespace ottla::test
