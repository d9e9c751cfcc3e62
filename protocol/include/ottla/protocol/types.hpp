// The vocabulary of the generated structs: views, arrays, ids, tagged fields. Nothing here owns memory.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace protocol {

class reader;
class writer;

using bytes_view = std::span<const std::byte>;

/// Views the characters of a string as bytes.
inline bytes_view as_bytes(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }
/// Views bytes as characters; they need not be UTF-8.
inline std::string_view as_text(bytes_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// 16 bytes, compared as they stand on the wire. All zero means "none" (KIP-516).
struct uuid {
  std::array<std::byte, 16> bytes{};
  friend auto operator<=>(const uuid&, const uuid&) = default;
  [[nodiscard]] bool is_zero() const { return *this == uuid{}; }
};

/// Strong ids: where the official definition knows the entity, so do we. -1 is "none" for both.
enum class broker_id : std::int32_t {};
enum class producer_id : std::int64_t {};

/// A view of n values that live elsewhere: in an arena (decoded) or in the caller's vector (to be encoded). Copies
/// share.
template <class T>
class array {
 public:
  using value_type = T;
  constexpr array() = default;
  constexpr array(T* data, std::size_t size) : data_{data}, size_{size} {}
  /// From a span, vector or std::array that outlives this view.
  template <class Range>
  requires(!std::is_same_v<std::remove_cvref_t<Range>, array> &&
           requires(Range & range) {
             { range.data() } -> std::convertible_to<T*>;
             { range.size() } -> std::convertible_to<std::size_t>;
           }) constexpr array(Range& range)
      : data_{range.data()}, size_{range.size()} {}

  [[nodiscard]] constexpr T* begin() const { return data_; }
  [[nodiscard]] constexpr T* end() const { return data_ + size_; }
  [[nodiscard]] constexpr T* data() const { return data_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr T& operator[](std::size_t index) const { return data_[index]; }
  [[nodiscard]] constexpr T& front() const { return data_[0]; }
  [[nodiscard]] constexpr T& back() const { return data_[size_ - 1]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};
template <class Range>
array(Range&) -> array<std::remove_pointer_t<decltype(std::declval<Range&>().data())>>;

/// A tagged field that the chosen version does not know (KIP-482): kept, and written again.
struct tagged_field {
  std::uint32_t tag = 0;
  bytes_view data{};
};
/// Ascending by tag, no tag twice.
using tagged_fields = array<tagged_field>;

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
