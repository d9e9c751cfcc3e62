// message_handler: anything that can be called with a message and says what became of it.
#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "ottla/service/message.hpp"
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
      : call_([shared = std::make_shared<Handler>(std::move(handler))](const message& what) {
          return guarded(*shared, what);
        }) {}

  explicit operator bool() const { return static_cast<bool>(call_); }
  verdict operator()(const message& what) const { return call_(what); }

 private:
  template <class Handler>
  static verdict guarded(Handler& handler, const message& what) {
#if defined(__cpp_exceptions)
    try {
      return plain(handler, what);
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
    return plain(handler, what);
#endif
  }
  template <class Handler>
  static verdict plain(Handler& handler, const message& what) {
    if constexpr (std::is_void_v<std::invoke_result_t<Handler&, const message&>>) {
      handler(what);
      return done;
    } else {
      return handler(what);
    }
  }

  std::function<verdict(const message&)> call_;
};

}  // namespace v0
}  // namespace ottla
