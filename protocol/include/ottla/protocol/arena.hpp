// Memory for what one frame decodes to: bump allocation with a hard limit, freed as a whole.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace protocol {

/// Owned by whoever owns the frame; decoded views die with it. One thread at a time.
class arena {
 public:
  static constexpr std::size_t default_limit = std::size_t{64} << 20;

  /// No memory is taken before the first allocation.
  explicit arena(std::size_t limit_bytes = default_limit) : limit_{limit_bytes} {}
  arena(arena&& other) noexcept;
  arena& operator=(arena&& other) noexcept;
  ~arena() { release(); }

  /// nullptr when the limit would be passed or the system has no memory. `align` is a power of two.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t align);

  /// n value-initialised objects, or nullptr. Destructors are never run.
  template <class T>
  [[nodiscard]] T* make(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (n > limit_ / sizeof(T)) return nullptr;
    T* first = static_cast<T*>(allocate(n * sizeof(T), alignof(T)));
    if (first != nullptr) std::uninitialized_value_construct_n(first, n);
    return first;
  }

  /// A copy that lives as long as the arena; an empty view with null data past the limit.
  [[nodiscard]] std::string_view copy(std::string_view text);

  /// Forgets everything, keeps the newest block for the next frame.
  void reset();
  /// Bytes handed out since the last reset, padding included.
  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }

 private:
  struct block;
  void release();
  bool grow(std::size_t size);

  std::size_t limit_;
  std::size_t used_ = 0;
  block* newest_ = nullptr;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
};

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
