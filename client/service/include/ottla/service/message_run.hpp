// message_run: messages that a handler is called for one behind the other, as long as it says done.
#pragma once

#include <atomic>
#include <cstdint>

#include "ottla/consumed_record.hpp"
#include "ottla/service/message.hpp"

namespace ottla {
inline namespace v0 {

/// What the runtime gives a handler's loop (message_handler::run). Not for applications; it is laid open for the sake
/// of inlining, since `next` is a cost of every message. What a message does not need each time happens in `look`:
///
///     handler(front) ─ next ─ handler ─ next ─ ... ─ next ─ look: clock, metrics, guards, whether the turn is over
///                      └─────── a stretch of messages ────┘
///
/// A handler that takes long has stretches of one message.
class message_run {
 public:
  message_run(const message_run&) = delete;
  message_run& operator=(const message_run&) = delete;

  /// Borrowed until `next`.
  const message& front() const { return front_; }
  /// What is in front was handled. True: the next one is in front now, and is to be handled.
  bool next() {
    if (walk_ != nullptr) {
      ++*walk_;
    } else {
      ++front_.record_;
    }
    --left_;
    if (left_ == 0 || abandoned_->load(std::memory_order_relaxed)) [[unlikely]] {
      if (!look()) return false;
    }
    offset_->store(front_.offset(), std::memory_order_release);
    return true;
  }

 protected:
  /// `walk`: the records, the first of which is `first.record()`; null: they lie behind that one in an array.
  message_run(const message& first, record_iterator* walk, const std::atomic<bool>& abandoned,
              std::atomic<std::int64_t>& offset)
      : front_(first), walk_(walk), abandoned_(&abandoned), offset_(&offset) {}
  ~message_run() = default;

  /// At the end of a stretch, and once nobody waits for more: what is in front was not begun, or does not exist. True:
  /// it is to be handled; `left_` was set.
  virtual bool look() = 0;
  /// From the next one on it is the first try.
  void first_try() {
    front_.tries_ = 1;
    front_.last_failure_ = {};
  }

  message front_;
  std::uint32_t left_ = 1;  // of this stretch, with the one in front

 private:
  record_iterator* walk_;
  const std::atomic<bool>* abandoned_;
  std::atomic<std::int64_t>* offset_;  // whose handler runs, for whoever wonders
};

}  // namespace v0
}  // namespace ottla
