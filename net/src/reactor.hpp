// reactor: a driver over epoll and non-blocking sockets. Everything but wake() belongs to the thread that steps the
// core.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "opened_streams.hpp"
#include "ottla/net/connector.hpp"
#include "ottla/net/driver.hpp"
#include "ottla/net/time.hpp"
#include "resolver.hpp"
#include "unique_fd.hpp"

namespace ottla {
inline namespace v0 {

class reactor final : public driver {
 public:
  /// Names and streams come from `outside` where it has functions for them, each within `patience`.
  explicit reactor(connector outside = {}, std::chrono::nanoseconds patience = std::chrono::seconds(10));

  /// Appends what happened; waits for at most `wait` if nothing did. Zero only looks.
  void poll(std::chrono::nanoseconds wait, std::vector<io_event>& events);
  /// Calls the program's connector for what was to be resolved and opened since the last call: between steps.
  void ask_connector();
  /// Any thread: ends a poll. Coalesced until the poll returns.
  void wake();
  /// Becomes readable when poll(0) has something to tell, or at the deadline of arm().
  int descriptor() const { return epoll_.get(); }
  /// Whether the next poll has something to tell that the kernel does not announce.
  bool pending() const { return !due_.empty() || !unasked_.empty(); }
  /// For a nested loop: makes descriptor() readable at a deadline, given as a distance from now.
  void arm(std::chrono::nanoseconds from_now);

  lookup_id resolve(std::string_view host, std::uint16_t port) override;
  lookup_id resolve_canonical(std::string_view host, std::uint16_t port) override;
  lookup_answer answer(lookup_id lookup) override { return resolver_.answer(lookup); }
  void forget(lookup_id lookup) override { resolver_.forget(lookup); }
  link_id open(const ip_address& address) override;
  std::string refusal(link_id link) const override;
  io_result write(link_id link, std::span<const bytes_view> pieces) override;
  io_result read(link_id link, std::span<const std::span<std::byte>> pieces) override;
  void want(link_id link, interest what) override;
  void close(link_id link) override;

 private:
  // Edge-triggered: an edge that nobody wanted yet is remembered, so that want() costs no system call.
  struct slot {
    unique_fd fd = unique_fd();
    std::uint32_t generation = 0;
    bool connecting = false;
    bool wants_read = false, wants_write = false;
    bool can_read = false, can_write = false;
    bool hung_up = false;      // the peer's end was seen once and will not be told again
    int failed = 0;            // errno of an open() that failed at once
    std::string refusal = {};  // why the connector opened none
  };
  // What the connector has to be asked: a name, or a stream for a link.
  struct question {
    connect_question what;
    std::optional<names_answer> names;
    link_id link{};
  };
  slot* find(link_id link);
  std::uint32_t free_slot();
  void connect(link_id link, slot& at, const ip_address& address);
  void watch(link_id link, const slot& at);
  void take_opened(std::vector<io_event>& events);
  void on_ready(link_id link, std::uint32_t what, std::vector<io_event>& events);
  void deliver(link_id link, slot& at, std::vector<io_event>& events);

  unique_fd epoll_;
  std::shared_ptr<unique_fd> wake_fd_;
  unique_fd timer_fd_;
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<link_id> due_;  // links whose event is ready without asking the kernel
  connector outside_;
  std::chrono::nanoseconds patience_;
  std::deque<question> unasked_;
  opened_streams opened_;
  resolver resolver_;
};

}  // namespace v0
}  // namespace ottla
