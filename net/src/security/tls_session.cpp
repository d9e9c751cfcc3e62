// tls_session: OpenSSL over a BIO that reads from and writes to the driver itself.
#include "tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "tls_identity.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t record_size = std::size_t{16} << 10;
// Of ciphertext, for one system call: what a call costs by itself shows no more, and it stays in the processor's cache.
constexpr std::size_t enough = std::size_t{64} << 10;

}  // namespace

//     SSL_read -> BIO -> driver::read            straight into OpenSSL's buffer
//     SSL_write -> BIO -> driver::write          straight from it, and what the socket does not take into pending_
//     SSL_write -> BIO -> pending_ -> driver::write   several records of a large request together
struct tls_session::binding {
  static int write(BIO* bio, const char* data, int size) {
    auto& self = *static_cast<tls_session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto count = static_cast<std::size_t>(size);
    std::size_t taken = 0;
    if (!self.collects_ && !self.has_pending()) {
      const bytes_view all(reinterpret_cast<const std::byte*>(data), count);
      const io_result wrote = self.io_->write(self.link_, {&all, 1});
      if (wrote.status == io_status::closed) {
        self.below_ = io_status::closed;
        self.sys_error_ = wrote.sys_error;
        return -1;
      }
      taken = wrote.bytes;
    }
    const auto* rest = reinterpret_cast<const std::byte*>(data);
    self.pending_.insert(self.pending_.end(), rest + taken, rest + count);
    return size;
  }
  static int read(BIO* bio, char* to, int room) {
    auto& self = *static_cast<tls_session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::span<std::byte> all(reinterpret_cast<std::byte*>(to), static_cast<std::size_t>(room));
    const io_result got = self.io_->read(self.link_, {&all, 1});
    if (got.bytes > 0) return static_cast<int>(got.bytes);
    if (got.status == io_status::closed) {
      self.below_ = io_status::closed;
      self.sys_error_ = got.sys_error;
      return got.sys_error == 0 ? 0 : -1;
    }
    BIO_set_retry_read(bio);
    return -1;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ottla driver");
      BIO_meth_set_write(out, &binding::write);
      BIO_meth_set_read(out, &binding::read);
      BIO_meth_set_ctrl(out, &binding::control);
      return out;
    }();
    return made;
  }

  // Lends the driver to the callbacks for one call, and leaves no error of somebody else in the queue.
  binding(tls_session& of, driver& io, link_id link) : self(of) {
    ERR_clear_error();
    self.io_ = &io;
    self.link_ = link;
    self.below_ = io_status::ok;
  }
  ~binding() { self.io_ = nullptr; }
  binding(const binding&) = delete;
  binding& operator=(const binding&) = delete;
  tls_session& self;
};

tls_session::tls_session(tls_context& context, const std::string& host, std::uint16_t port)
    : session_(context.open(host, port)) {
  BIO* bio = session_ == nullptr ? nullptr : BIO_new(binding::method());
  if (bio == nullptr) {
    failure_ = "there is no memory for a TLS session";
    return;
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_, bio, bio);
}

tls_session::~tls_session() { SSL_free(session_); }

bool tls_session::resumed() const { return SSL_session_reused(session_) == 1; }

// What a return value of OpenSSL means to who asked for `moved` bytes and more.
io_result tls_session::settle(int returned, std::size_t moved) {
  const int why = SSL_get_error(session_, returned);
  if (below_ == io_status::closed) return {io_status::closed, moved, sys_error_};
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {io_status::would_block, moved, 0};
  if (why == SSL_ERROR_ZERO_RETURN) return {io_status::closed, moved, 0};
  const tls_context::peer* peer = tls_context::peer_of(session_);
  failure_ = peer == nullptr || peer->fault == 0 ? tls_error_clause() : peer->why_refused();
  ERR_clear_error();
  return {io_status::closed, moved, 0};
}

tls_session::progress tls_session::shake_hands(driver& io, link_id link) {
  if (!failure_.empty()) return progress::failed;
  const binding lent(*this, io, link);
  const int returned = SSL_do_handshake(session_);
  if (returned == 1) {
    // A fault that nobody decided upon is one: what OpenSSL has against a chain waits for the application's word.
    if (const tls_context::peer* peer = tls_context::peer_of(session_); peer->fault != 0) {
      failure_ = peer->why_refused();
      return progress::failed;
    }
    return progress::done;
  }
  return settle(returned, 0).status == io_status::would_block ? progress::under_way : progress::failed;
}

io_result tls_session::read(driver& io, link_id link, std::span<const std::span<std::byte>> pieces) {
  const binding lent(*this, io, link);
  std::size_t moved = 0;
  for (std::span<std::byte> piece : pieces) {
    while (!piece.empty()) {
      std::size_t got = 0;
      const int returned = SSL_read_ex(session_, piece.data(), piece.size(), &got);
      if (returned != 1) return settle(returned, moved);
      moved += got;
      piece = piece.subspan(got);
    }
  }
  return {io_status::ok, moved, 0};
}

io_result tls_session::write(driver& io, link_id link, std::span<const bytes_view> pieces) {
  if (const io_status before = drain(io, link); before != io_status::ok) return {before, 0, sys_error_};
  const binding lent(*this, io, link);
  std::size_t left = 0;
  for (const bytes_view piece : pieces) left += piece.size();
  collects_ = left > record_size;
  const io_result wrote = encrypt(io, link, pieces);
  collects_ = false;
  if (wrote.status != io_status::ok) return wrote;
  const io_status after = drain(io, link);
  return {after, wrote.bytes, after == io_status::closed ? sys_error_ : 0};
}

// All of it, or up to where the socket takes no more.
io_result tls_session::encrypt(driver& io, link_id link, std::span<const bytes_view> pieces) {
  std::size_t moved = 0, next = 0, offset = 0;
  while (next < pieces.size()) {
    bytes_view record = pieces[next].subspan(offset);
    if (record.size() < record_size && next + 1 < pieces.size()) {
      if (!gathered_) gathered_ = std::make_unique_for_overwrite<std::byte[]>(record_size);
      std::size_t filled = 0, skip = offset;
      for (std::size_t i = next; i < pieces.size() && filled < record_size; ++i, skip = 0) {
        const bytes_view part = pieces[i].subspan(skip, std::min(pieces[i].size() - skip, record_size - filled));
        std::memcpy(gathered_.get() + filled, part.data(), part.size());
        filled += part.size();
      }
      record = {gathered_.get(), filled};
    }
    std::size_t taken = 0;
    const int returned = SSL_write_ex(session_, record.data(), record.size(), &taken);
    if (returned != 1) return settle(returned, moved);
    moved += taken;
    for (std::size_t left = taken; left > 0;) {
      const std::size_t part = std::min(left, pieces[next].size() - offset);
      left -= part;
      offset += part;
      if (offset == pieces[next].size()) ++next, offset = 0;
    }
    if (pending_.size() < enough) continue;
    if (const io_status after = drain(io, link); after != io_status::ok)
      return {after, moved, after == io_status::closed ? sys_error_ : 0};
  }
  return {io_status::ok, moved, 0};
}

io_status tls_session::drain(driver& io, link_id link) {
  while (has_pending()) {
    const bytes_view rest = bytes_view(pending_).subspan(begin_);
    const io_result wrote = io.write(link, {&rest, 1});
    begin_ += wrote.bytes;
    if (wrote.status == io_status::closed) sys_error_ = wrote.sys_error;
    if (wrote.status != io_status::ok) return wrote.status;
    if (wrote.bytes < rest.size()) return io_status::would_block;
  }
  pending_.clear();
  begin_ = 0;
  return io_status::ok;
}

void tls_session::end(driver& io, link_id link) {
  if (!failure_.empty() || session_ == nullptr || !SSL_is_init_finished(session_)) return;
  const binding lent(*this, io, link);
  SSL_shutdown(session_);
  ERR_clear_error();
}

}  // namespace v0
}  // namespace ottla
