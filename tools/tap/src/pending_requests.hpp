// The requests of a connection that wait for their responses, in the order they went out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

struct pending_request {
  std::optional<request_head> head{};  ///< none: a SASL token, which has no header
  instant sent{};
};

/// Brokers answer in order, so what is looked for is nearly always in front.
class pending_requests {
 public:
  explicit pending_requests(std::size_t most) : most_(most) {}

  void add(pending_request one) {
    if (waiting_.size() == most_) waiting_.pop_front();
    waiting_.push_back(std::move(one));
  }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

  /// The request of that correlation id, or else a token that is next in line.
  [[nodiscard]] const pending_request* find(std::int32_t correlation_id) const {
    const std::size_t at = index_of(correlation_id);
    return at == waiting_.size() ? token_in_front() : &waiting_[at];
  }
  [[nodiscard]] const pending_request* token_in_front() const {
    return !waiting_.empty() && !waiting_.front().head ? &waiting_.front() : nullptr;
  }

  std::optional<pending_request> take(std::int32_t correlation_id) {
    const std::size_t at = index_of(correlation_id);
    if (at == waiting_.size()) return take_token();
    pending_request out = std::move(waiting_[at]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
    // A token that was answered by nothing (GSSAPI's last one may be) will not be answered any more.
    while (token_in_front() != nullptr) waiting_.pop_front();
    return out;
  }

  std::optional<pending_request> take_token() {
    if (token_in_front() == nullptr) return std::nullopt;
    pending_request out = std::move(waiting_.front());
    waiting_.pop_front();
    return out;
  }

 private:
  [[nodiscard]] std::size_t index_of(std::int32_t correlation_id) const {
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (waiting_[i].head && waiting_[i].head->correlation_id == correlation_id) return i;
    }
    return waiting_.size();
  }

  std::size_t most_;
  std::deque<pending_request> waiting_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
