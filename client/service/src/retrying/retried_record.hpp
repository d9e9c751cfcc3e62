// retried_record: what a record of a retry topic says of itself, read with distrust.
#pragma once

#include <chrono>

#include "ottla/service/dead_letter.hpp"
#include "ottla/service/message.hpp"

namespace ottla {
inline namespace v0 {

class retried_record {
 public:
  /// `tier`: of the topic it was read from, 1 and up. Without an origin that can be read, it is one of its own.
  retried_record(const record_view& from, int tier, const dead_letter_names& names);

  /// Before it came here; 0: it went along for the order of its key, and was never tried.
  int tries() const { return tries_; }
  const std::string& error() const { return note_.error; }
  const std::string& type() const { return note_.exception_type; }
  /// Borrows from this.
  message_origin origin() const {
    return {note_.from.topic, note_.from.partition, note_.offset, note_.timestamp, tier_};
  }
  /// How long after `read` it waits: until its time, and never longer than `longest`.
  std::chrono::nanoseconds wait(wall_ms read, std::chrono::milliseconds longest) const;

 private:
  dead_letter_note note_;
  int tier_;
  int tries_ = 0;
};

}  // namespace v0
}  // namespace ottla
