// call_listener: how this layer calls the application's functions in the middle of its own work.
#pragma once

#include <functional>
#include <utility>

namespace ottla {
inline namespace v0 {

/// They must not throw. What one throws ends the process here, whichever thread it is and whatever it is called from,
/// and leaves nothing of ours half done. Handlers of messages are called elsewhere: for them it is a failed try.
template <class Function, class... Arguments>
decltype(auto) call_listener(Function&& of, Arguments&&... arguments) noexcept {
  return std::invoke(std::forward<Function>(of), std::forward<Arguments>(arguments)...);
}

}  // namespace v0
}  // namespace ottla
