// message: a record as its handler sees it: borrowed for the call, with what happened to it so far.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "ottla/consumed_record.hpp"

namespace ottla {
inline namespace v0 {

/// Where a message was first. Borrows as the message does.
struct message_origin {
  std::string_view topic{};
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::int64_t timestamp = -1;  ///< ms since 1970 UTC; -1: none
  int tier = 0;                 ///< of the retry topic that it comes from now, 1 and up; 0: it is where it was first
};

/// Lives during the handler's call, and so do its views; `record().to_owned()` is the way to keep one.
class message {
 public:
  /// For the runtime, and for tests of handlers. Borrows all of it.
  explicit message(const record_view& record, int tries = 1, std::string_view last_failure = {},
                   const std::atomic<bool>* abandoned = nullptr, const message_origin* origin = nullptr)
      : record_(&record), tries_(tries), last_failure_(last_failure), abandoned_(abandoned), origin_(origin) {}

  const record_view& record() const { return *record_; }
  std::string_view topic() const { return record_->topic(); }
  std::int32_t partition() const { return record_->partition(); }
  std::int64_t offset() const { return record_->offset(); }
  /// ms since 1970 UTC; -1: none.
  std::int64_t timestamp() const { return record_->timestamp(); }
  blob key() const { return record_->key(); }
  blob value() const { return record_->value(); }
  header_range headers() const { return record_->headers(); }
  /// The value of the last header of that name; null if there is none or it is null.
  blob header(std::string_view name) const { return record_->header(name); }

  /// Itself, or for a record of a retry topic (retry_topics.hpp) what its headers say: the message that failed. Whoever
  /// can write to the topic can write anything there.
  message_origin origin() const {
    if (origin_ != nullptr) return *origin_;
    return {topic(), partition(), offset(), timestamp(), 0};
  }

  /// Which try this is, from 1 up. Counted by this consumer: after a rebalance or a restart it begins at 1 again; in a
  /// retry topic, with what was tried before it came there.
  int tries() const { return tries_; }
  /// Why the try before failed; empty at the first.
  std::string_view last_failure() const { return last_failure_; }
  /// Whether nobody waits for the verdict any more but to go on: the consumer is stopping, or the partition is given
  /// up. A handler that takes long may look, and return early: what is not `done` will be delivered again.
  bool abandoned() const { return abandoned_ != nullptr && abandoned_->load(std::memory_order_relaxed); }

 private:
  friend class message_run;
  const record_view* record_;
  int tries_;
  std::string_view last_failure_;
  const std::atomic<bool>* abandoned_;
  const message_origin* origin_;
};

}  // namespace v0
}  // namespace ottla
