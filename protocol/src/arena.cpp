// A chain of malloc'ed blocks that double in size up to a megabyte.
#include "ottla/protocol/arena.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace ottla {
inline namespace v0 {
namespace protocol {

namespace {
constexpr std::size_t first_block = 4096;
constexpr std::size_t largest_block = std::size_t{1} << 20;
}  // namespace

struct alignas(std::max_align_t) arena::block {
  block* older;
  std::size_t capacity;
  std::byte* begin() { return reinterpret_cast<std::byte*>(this + 1); }
};

arena::arena(arena&& other) noexcept
    : limit_{other.limit_},
      used_{std::exchange(other.used_, 0)},
      newest_{std::exchange(other.newest_, nullptr)},
      next_{std::exchange(other.next_, nullptr)},
      end_{std::exchange(other.end_, nullptr)} {}

arena& arena::operator=(arena&& other) noexcept {
  if (this != &other) {
    release();
    limit_ = other.limit_;
    used_ = std::exchange(other.used_, 0);
    newest_ = std::exchange(other.newest_, nullptr);
    next_ = std::exchange(other.next_, nullptr);
    end_ = std::exchange(other.end_, nullptr);
  }
  return *this;
}

void* arena::allocate(std::size_t size, std::size_t align) {
  if (size > limit_) return nullptr;
  const auto padding_at = [align](const std::byte* p) {
    return (0 - reinterpret_cast<std::uintptr_t>(p)) & (align - 1);
  };
  std::size_t padding = padding_at(next_);
  if (padding + size > limit_ - used_) return nullptr;
  if (next_ == nullptr || size + padding > static_cast<std::size_t>(end_ - next_)) {
    if (!grow(size + align)) return nullptr;
    padding = padding_at(next_);
    if (padding + size > limit_ - used_) return nullptr;
  }
  std::byte* at = next_ + padding;
  next_ = at + size;
  used_ += padding + size;
  return at;
}

bool arena::grow(std::size_t size) {
  const std::size_t usual = newest_ == nullptr ? first_block : std::min(newest_->capacity * 2, largest_block);
  const std::size_t capacity = std::max(usual, size);
  auto* fresh = static_cast<block*>(std::malloc(sizeof(block) + capacity));
  if (fresh == nullptr) return false;
  *fresh = block{newest_, capacity};
  newest_ = fresh;
  next_ = fresh->begin();
  end_ = next_ + capacity;
  return true;
}

std::string_view arena::copy(std::string_view text) {
  auto* to = static_cast<char*>(allocate(text.size(), 1));
  if (to == nullptr) return {};
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

void arena::reset() {
  used_ = 0;
  if (newest_ == nullptr) return;
  for (block* older = std::exchange(newest_->older, nullptr); older != nullptr;)
    std::free(std::exchange(older, older->older));
  // A single huge frame must not pin its block for good.
  if (newest_->capacity > largest_block) return release();
  next_ = newest_->begin();
  end_ = next_ + newest_->capacity;
}

void arena::release() {
  for (block* at = std::exchange(newest_, nullptr); at != nullptr;) std::free(std::exchange(at, at->older));
  next_ = end_ = nullptr;
  used_ = 0;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
