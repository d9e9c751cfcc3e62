// result<T>: a value or an error, with std::expected's vocabulary and a type that does not change between C++20 and 23.
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

/// Wraps an error so that it converts to any result<T>: `return unexpected(error{...});`.
class unexpected {
 public:
  explicit unexpected(ottla::error e) : error_(std::move(e)) {}
  ottla::error& error() { return error_; }

 private:
  ottla::error error_;
};

/// Holds a T or an error. Reading the side that is not there is a programmer's error and asserts.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit as in std::expected
  result(unexpected u) : state_(std::in_place_index<1>, std::move(u.error())) {}
  result(ottla::error e) : state_(std::in_place_index<1>, std::move(e)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return get(); }
  const T& value() const& { return get(); }
  T&& value() && { return std::move(get()); }
  T& operator*() & { return get(); }
  const T& operator*() const& { return get(); }
  T&& operator*() && { return std::move(get()); }
  T* operator->() { return &get(); }
  const T* operator->() const { return &get(); }
  template <class U>
  T value_or(U&& other) const& {
    return has_value() ? get() : static_cast<T>(std::forward<U>(other));
  }

  const ottla::error& error() const {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  T& get() {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& get() const {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, ottla::error> state_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  result() = default;
  result(unexpected u) : error_(std::move(u.error())) {}
  result(ottla::error e) : error_(std::move(e)) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  const ottla::error& error() const {
    assert(!has_value());
    return error_;
  }

 private:
  ottla::error error_;
};

}  // namespace v0
}  // namespace ottla
