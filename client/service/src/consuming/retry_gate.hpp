// retry_gate: whether a record of a partition with retry topics may be handled now, and what its handler is told of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "../retrying/retried_record.hpp"
#include "flow.hpp"
#include "key_hash.hpp"
#include "ottla/service/message.hpp"

namespace ottla {
inline namespace v0 {

/// What retry topics ask of one record before its handler: its time, and that it overtakes nothing.
class retry_gate {
 public:
  static bool needed(const flow_partition& of) { return of.retrying.level > 0 || of.retrying.keys != nullptr; }
  retry_gate(const flow_partition& of, const record_run& run) : of_(of), part_(of.retrying) {
    if (part_.level > 0) read_ = run.account().read;
  }

  /// False: the turn is over, and `out` says how.
  bool admits(const record_view& record, steady_ns now, turn_report& out) {
    if (part_.level > 0) {
      said_.emplace(record, static_cast<int>(part_.level), *part_.names);
      origin_ = said_->origin();
      out.tried_before = said_->tries();
      // One that is in the way of what is finished already has its try at once, rather than that those have another.
      const steady_ns due = after(read_.mono, said_->wait(read_.wall, part_.time));
      if (now < due && !of_.abandoned.load(std::memory_order_relaxed)) {
        out.how = turn_report::outcome::held;
        out.until = due;
        return false;
      }
    }
    keyed_ = part_.keys != nullptr && !record.key().is_null();
    if (!keyed_) return true;
    key_ = key_hash(record.key().bytes());
    out.to = part_.keys->waits_at(part_.level, key_);
    if (out.to > 0) out.how = turn_report::outcome::follows;
    return out.to == 0;
  }
  message say(const record_view& record, int tries, std::string_view why) const {
    if (!said_) return message(record, tries, why, &of_.abandoned);
    return message(record, said_->tries() + tries, tries > 1 ? why : std::string_view(said_->error()), &of_.abandoned,
                   &origin_);
  }
  /// What was admitted last is done.
  void finished() const {
    if (part_.level > 0 && keyed_) part_.keys->finished(part_.level, key_);
  }

 private:
  const flow_partition& of_;
  const retry_part& part_;
  instant read_{};
  std::optional<retried_record> said_;
  message_origin origin_;
  bool keyed_ = false;
  std::uint64_t key_ = 0;
};

}  // namespace v0
}  // namespace ottla
