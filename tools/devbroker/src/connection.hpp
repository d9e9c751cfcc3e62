// One client's connection: bytes in, answers out, and the request that holds up the others.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api_table.hpp"
#include "frame_splitter.hpp"
#include "ottla/mock/fault.hpp"
#include "sasl/authentication.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// What of a request outlives its frame.
struct request_mark {
  const api_entry* api = nullptr;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::optional<fault> trouble;
  std::chrono::milliseconds hold{0};  // after the answer nothing more is read for as long (KIP-219)
};

struct waiting_request {
  request_mark mark;
  std::string client_id;
  std::unique_ptr<parked_request> request;
};

struct held_answer {
  std::vector<std::byte> bytes;
  std::chrono::nanoseconds until{};
};

class connection {
 public:
  connection(std::size_t node, std::size_t max_frame_bytes, authentication begins)
      : in(max_frame_bytes), who(std::move(begins)), node_(node) {}

  frame_splitter in;
  authentication who;
  std::optional<waiting_request> parked;
  std::optional<held_answer> held;
  bool hung = false;                            // a fault: nothing is answered any more
  std::optional<protocol::error_code> retired;  // what Metadata is answered with; nothing else is served

  std::size_t node() const { return node_; }
  std::span<const std::byte> output() const { return std::span<const std::byte>(out_).subspan(out_head_); }
  std::size_t unread() const { return out_.size() - out_head_; }
  void send(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void consume(std::size_t bytes) {
    out_head_ += bytes;
    if (out_head_ < out_.size()) return;
    out_head_ = 0;
    out_.clear();
    if (out_.capacity() > kept_capacity) std::vector<std::byte>().swap(out_);
  }
  void close(std::string why) {
    if (closed_) return;
    closed_ = true;
    reason_ = std::move(why);
    parked.reset();
    held.reset();
  }
  void drop_output() { consume(unread()); }
  bool closed() const { return closed_; }
  const std::string& reason() const { return reason_; }

  /// A broker answers a connection's requests strictly in order: while one waits, those behind it do too.
  bool busy() const { return closed_ || hung || parked.has_value() || held.has_value(); }

 private:
  static constexpr std::size_t kept_capacity = std::size_t{4} << 20;

  std::size_t node_;
  std::vector<std::byte> out_;
  std::size_t out_head_ = 0;
  bool closed_ = false;
  std::string reason_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
