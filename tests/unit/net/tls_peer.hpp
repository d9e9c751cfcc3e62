// tls_peer: the other side of TLS for tests: an authority, certificates signed by it, and a server on a virtual link.
#pragma once

#include <memory>
#include <string>

#include "wire.hpp"

struct evp_pkey_st;
struct x509_st;
struct ssl_ctx_st;
struct ssl_st;

namespace ottla::test {

struct openssl_free {
  void operator()(evp_pkey_st* what) const;
  void operator()(x509_st* what) const;
  void operator()(ssl_ctx_st* what) const;
  void operator()(ssl_st* what) const;
};
template <class T>
using openssl_ptr = std::unique_ptr<T, openssl_free>;

/// A certificate and its key. Without an authority it signs itself, and may sign others.
struct identity {
  struct wish {
    std::string name;        // common name, and of the host (DNS, or an address)
    int valid_for_days = 1;  // below 0: expired
    const identity* by = nullptr;
  };
  explicit identity(const wish& asked);
  std::string certificate_pem() const;
  /// Encrypted, where a password is given.
  std::string key_pem(std::string_view password = {}) const;
  std::string pkcs12(const std::string& password) const;

  openssl_ptr<evp_pkey_st> key;
  openssl_ptr<x509_st> certificate;
  const identity* authority;
};

/// A TLS server that takes what the client wrote to a virtual link and feeds its own bytes back.
class tls_peer {
 public:
  explicit tls_peer(const identity& who, const identity* clients_must_be_signed_by = nullptr);
  /// The link that it answers from now on: a new session.
  void attach(scripted_driver& io, virtual_link& link);
  /// Reads what came; true if anything went back.
  bool work();
  /// Plaintext to the client.
  void say(std::span<const std::byte> bytes);
  bool established() const;
  bool resumed() const;
  std::string asked_name() const;  // SNI
  /// For what a test wishes of OpenSSL itself.
  ssl_ctx_st* context() const { return context_.get(); }
  ssl_st* session() const { return session_.get(); }
  /// What the client said inside, as a link of its own: take_request and friends read it.
  virtual_link heard;
  /// How many TLS records of application data came.
  int records = 0;
  /// Why the server would not go on; empty: it does.
  std::string failure;

 private:
  void flush();
  openssl_ptr<ssl_ctx_st> context_;
  openssl_ptr<ssl_st> session_;
  scripted_driver* io_ = nullptr;
  virtual_link* link_ = nullptr;
  std::size_t taken_ = 0;
};

}  // namespace ottla::test
