// driver: what the core may ask of the outside world during a step, and the events that come back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

using protocol::bytes_view;

/// A socket address: an IPv4 address in the first four bytes, or an IPv6 one in all sixteen. One that is neither has a
/// name instead, which only the driver that gave it out can read: a Unix socket's "unix:/path", or what the program's
/// own connector opens.
struct ip_address {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
  std::uint32_t scope = 0;
  std::uint16_t port = 0;
  std::string name = {};
  friend bool operator==(const ip_address&, const ip_address&) = default;
};
std::string to_string(const ip_address& address);
/// Without the port and without brackets.
std::string host_of(const ip_address& address);

/// Slot and generation: an event that is late for a slot since reused is dropped by comparing the whole id.
struct link_id {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0: no link
  explicit operator bool() const { return generation != 0; }
  friend auto operator<=>(const link_id&, const link_id&) = default;
};
enum class lookup_id : std::uint64_t { none = 0 };

enum class io_kind : std::uint8_t { resolved, connected, readable, writable, closed };
struct io_event {
  io_kind kind;
  link_id link{};                      ///< of connected, readable, writable, closed
  lookup_id lookup = lookup_id::none;  ///< of resolved: the answer waits in driver::answer
  int sys_error = 0;                   ///< errno of closed; 0: the peer closed
};

enum class io_status : std::uint8_t { ok, would_block, closed };
struct io_result {
  io_status status = io_status::ok;
  std::size_t bytes = 0;  ///< moved, also beside would_block
  int sys_error = 0;      ///< errno beside closed; 0: the peer closed
};
enum class interest : std::uint8_t { read = 1, write = 2 };

struct lookup_answer {
  std::vector<ip_address> addresses;
  std::vector<std::string> canonical = {};  ///< the name each address goes by, where that was asked for; else empty
  std::string failure = {};                 ///< why there are none
};

/// Handed to core::step, valid during that call only and never stored: no destructor can reach it. Buffers are borrowed
/// during a call, so closing is immediate.
class driver {
 public:
  /// Starts a name look-up; never blocks. A `resolved` event follows unless forget() is called.
  virtual lookup_id resolve(std::string_view host, std::uint16_t port) = 0;
  /// The same, and the name that each address goes by (a reverse look-up). Drivers without one answer none.
  virtual lookup_id resolve_canonical(std::string_view host, std::uint16_t port) { return resolve(host, port); }
  /// The answer of a look-up that was announced as resolved; frees it.
  virtual lookup_answer answer(lookup_id lookup) = 0;
  virtual void forget(lookup_id lookup) = 0;

  /// Starts to connect. `connected` or `closed` follows.
  virtual link_id open(const ip_address& address) = 0;
  /// Why a link that was not opened was closed, where errno says too little: a clause; empty: errno says it.
  virtual std::string refusal(link_id) const { return {}; }
  /// Gathers; may be short.
  virtual io_result write(link_id link, std::span<const bytes_view> pieces) = 0;
  /// Scatters; closed with sys_error 0 at the end of the stream.
  virtual io_result read(link_id link, std::span<const std::span<std::byte>> pieces) = 0;
  /// One `readable` or `writable` event, to be asked for again after each would_block.
  virtual void want(link_id link, interest what) = 0;
  /// No later event carries this id.
  virtual void close(link_id link) = 0;

 protected:
  ~driver() = default;
};

}  // namespace v0
}  // namespace ottla
