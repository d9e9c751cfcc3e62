// tls_session: TLS between a connection and the driver: the driver's read and write, with ciphertext behind them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "ottla/net/driver.hpp"
#include "tls_context.hpp"

namespace ottla {
inline namespace v0 {

/// One link's. It borrows the driver during a call only. What was accepted by write() counts as written, though up to
/// 80 KiB of it may wait here for the socket: drain() writes it.
class tls_session {
 public:
  enum class progress : std::uint8_t { done, under_way, failed };

  tls_session(tls_context& context, const std::string& host, std::uint16_t port);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  progress shake_hands(driver& io, link_id link);
  /// As driver::read; would_block only when no plaintext is left inside.
  io_result read(driver& io, link_id link, std::span<const std::span<std::byte>> pieces);
  /// As driver::write; small pieces travel together in records of up to 16 KiB.
  io_result write(driver& io, link_id link, std::span<const bytes_view> pieces);
  /// Writes what waits; would_block while something still does.
  io_status drain(driver& io, link_id link);
  bool has_pending() const { return begin_ < pending_.size(); }
  /// Says goodbye, as far as the socket takes it.
  void end(driver& io, link_id link);

  /// Why it failed, a clause; empty where the link ended beneath it (then the result has the errno).
  const std::string& failure() const { return failure_; }
  /// The errno of the link beneath, when it ended; 0: the peer closed it.
  int sys_error() const { return sys_error_; }
  bool resumed() const;
  /// For those that look at its certificates.
  const ssl_st* handle() const { return session_; }

 private:
  struct binding;  // OpenSSL's view of this: the BIO's callbacks
  io_result settle(int returned, std::size_t moved);
  io_result encrypt(driver& io, link_id link, std::span<const bytes_view> pieces);

  ssl_st* session_ = nullptr;
  driver* io_ = nullptr;  // during a call
  link_id link_{};
  io_status below_ = io_status::ok;  // what the driver said last
  int sys_error_ = 0;
  std::vector<std::byte> pending_;  // ciphertext the socket has not taken, from begin_
  std::size_t begin_ = 0;
  bool collects_ = false;                  // records, in pending_, before the socket is asked
  std::unique_ptr<std::byte[]> gathered_;  // small pieces on their way into one record
  std::string failure_;
};

}  // namespace v0
}  // namespace ottla
