// topic_names: names of topics that a coordinator spoke of by id: as metadata has them, or asked of the cluster until
// it knows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {

/// The core's thread only; its owner steps it.
class topic_names {
 public:
  /// Knows these from now on, or looks for them, and forgets all others.
  void want(const metadata& known, const std::vector<protocol::uuid>& ids);
  /// Empty while it is not known.
  const std::string& of(const protocol::uuid& id) const;
  /// Asks for what is not known if nothing is under way; returns when to be stepped next. `alive` guards the answer;
  /// `learned` runs when there is a new name.
  steady_ns step(core& on, const std::weak_ptr<void>& alive, const std::function<void()>& learned);

 private:
  bool answered(core& on, const response& answer);

  std::map<protocol::uuid, std::string> names_;  // empty: to be found
  bool asking_ = false;
  steady_ns not_before_{};
  std::optional<backoff> wait_;
};

}  // namespace v0
}  // namespace ottla
