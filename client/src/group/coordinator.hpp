// coordinator: which broker coordinates a group or a transactional id, as last heard; asked for again when that proves
// wrong (C-39).
#pragma once

#include <optional>
#include <string>

#include "ottla/net/coordinator_lookup.hpp"
#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {

/// The core's thread only. Its owner steps it while a coordinator is needed.
class coordinator {
 public:
  explicit coordinator(std::string key, coordinator_kind kind = coordinator_kind::group)
      : key_(std::move(key)), kind_(kind) {}

  /// The broker to ask, or no_broker while it is looked for.
  broker_id known() const { return broker_; }
  /// Asks for it if it is not known and nothing is under way; returns when to be stepped next. `alive` guards the
  /// answer; `changed` runs with it.
  steady_ns step(core& on, const std::weak_ptr<void>& alive, const std::function<void()>& changed);
  /// What we took for the coordinator is none, or cannot be reached. Says whether that was news.
  bool forget(broker_id whom);
  /// A refusal that trying again will not mend (not authorized, an invalid group id); taken by whoever tells it.
  error take_refusal() { return std::exchange(refusal_, {}); }
  /// Why it is not known yet; empty at first.
  const error& last_failure() const { return last_; }

 private:
  void answered(core& on, const response& answer);
  error read(core& on, const response& answer);

  std::string key_;
  coordinator_kind kind_;
  broker_id broker_ = no_broker;
  bool asking_ = false;
  steady_ns not_before_{};
  std::optional<backoff> wait_;
  error last_;
  error refusal_;
};

}  // namespace v0
}  // namespace ottla
