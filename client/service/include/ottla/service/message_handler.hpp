// message_handler: anything that can be called with a message and says what became of it.
#pragma once

#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "ottla/service/message_run.hpp"
#include "ottla/service/verdict.hpp"

namespace ottla {
inline namespace v0 {

/// A type's name for people, from std::type_info::name().
std::string readable_type(const char* name);

/// Made from whatever takes a `const message&` and returns a verdict, or what makes one (`done`, an error,
/// result<void>), or nothing, which is done. It need not be copyable: copies share it. With several workers it is
/// called on several threads at once, but for messages that have an order one behind the other.
///
/// **What it throws asks for another try**, with the type's name as the kind of failure. It is caught here, where the
/// application is compiled: the library itself has no exceptions.
class message_handler {
 public:
  message_handler() = default;
  template <class Handler>
  requires std::invocable<Handler&, const message&> &&(!std::same_as<std::remove_cvref_t<Handler>, message_handler>)
      message_handler(Handler handler)  // NOLINT: implicit
      : handler_(std::make_shared<Handler>(std::move(handler))), run_(&guarded<Handler>) {}

  explicit operator bool() const { return handler_ != nullptr; }
  verdict operator()(const message& what) const;
  /// For the runtime: calls it for one message after the other, and returns at the first verdict that is not done,
  /// whose message is in front then; or done, when the run has no next one.
  verdict run(message_run& all) const { return run_(handler_.get(), all); }

 private:
  // The whole loop is compiled with the handler in it: what is called through a pointer is a run, not a message.
  template <class Handler>
  static verdict guarded(void* erased, message_run& all) {
    Handler& handler = *static_cast<Handler*>(erased);
#if defined(__cpp_exceptions)
    try {
      return each(handler, all);
    } catch (const std::exception& e) {
#if defined(__cpp_rtti)
      std::string type = readable_type(typeid(e).name());
#else
      std::string type = "std::exception";
#endif
      return temporary_error{.why = e.what(), .delay = {}, .type = std::move(type)};
    } catch (...) {
      return temporary_error{.why = "threw something that is no std::exception", .delay = {}, .type = "exception"};
    }
#else
    return each(handler, all);
#endif
  }
  template <class Handler>
  static verdict each(Handler& handler, message_run& all) {
    do {
      if constexpr (std::is_void_v<std::invoke_result_t<Handler&, const message&>>) {
        handler(all.front());
      } else {
        verdict said = handler(all.front());
        if (!said.is_done()) return said;
      }
    } while (all.next());
    return done;
  }

  std::shared_ptr<void> handler_;
  verdict (*run_)(void* handler, message_run& all) = nullptr;
};

}  // namespace v0
}  // namespace ottla
