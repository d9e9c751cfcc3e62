// unique_function: a move-only std::function, for continuations that own what they need (C++23's move_only_function).
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace ottla {
inline namespace v0 {

template <class Signature>
class unique_function;

template <class R, class... Args>
class unique_function<R(Args...)> {
 public:
  unique_function() = default;
  unique_function(std::nullptr_t) {}  // NOLINT: as std::function
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, unique_function> && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      unique_function(F&& f)
      : callable_(std::make_unique<holder<std::decay_t<F>>>(std::forward<F>(f))) {}  // NOLINT

  explicit operator bool() const { return callable_ != nullptr; }
  R operator()(Args... args) { return callable_->call(std::forward<Args>(args)...); }

 private:
  struct callable {
    virtual ~callable() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct holder final : callable {
    explicit holder(F&& f) : function(std::move(f)) {}
    explicit holder(const F& f) : function(f) {}
    R call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };
  std::unique_ptr<callable> callable_;
};

using task = unique_function<void()>;

}  // namespace v0
}  // namespace ottla
