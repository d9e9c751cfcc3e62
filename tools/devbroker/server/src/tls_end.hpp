// TLS at the broker's end of a socket: ciphertext and plaintext move in and out of it, it never touches the socket.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ottla/mock/tls_files.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace ottla {
inline namespace v0 {
namespace mock {

struct openssl_deleter {
  void operator()(ssl_ctx_st* what) const;
  void operator()(ssl_st* what) const;
};
using tls_context = std::unique_ptr<ssl_ctx_st, openssl_deleter>;

/// Null, and why, if the files cannot be used.
tls_context open_tls(const tls_files& files, std::string& why);

class tls_end {
 public:
  explicit tls_end(ssl_ctx_st* context);

  /// Bytes off the socket; what they say is appended to `plain`. False: the client does not speak TLS, or has ended
  /// it; pending() may still hold an alert for it.
  bool take(std::span<const std::byte> bytes, std::vector<std::byte>& plain);
  /// What the broker says, to be sent once the handshake is over.
  void give(std::span<const std::byte> bytes);
  bool ready() const;
  /// Of the certificate that the client has shown, the latest part first and without blanks (RFC 2253), as Kafka makes
  /// a principal of it; empty: none.
  std::string client_subject() const;

  /// Bytes for the socket.
  std::span<const std::byte> pending() const { return std::span(out_).subspan(sent_); }
  void consume(std::size_t bytes);
  /// Why take() said false, a clause.
  const std::string& why() const { return why_; }

 private:
  void collect();
  std::unique_ptr<ssl_st, openssl_deleter> session_;
  std::vector<std::byte> out_;
  std::size_t sent_ = 0;
  std::string why_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
