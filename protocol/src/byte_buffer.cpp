// The memory of byte_buffer: realloc, because growing large runs then moves pages and not bytes.
#include "ottla/protocol/byte_buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace protocol {

byte_buffer::byte_buffer(byte_buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

byte_buffer& byte_buffer::operator=(byte_buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

byte_buffer::~byte_buffer() { std::free(data_); }

bool byte_buffer::reserve(std::size_t more) noexcept {
  if (more <= capacity_ - size_) return true;
  if (more > std::numeric_limits<std::size_t>::max() - size_) return false;
  const std::size_t capacity = std::max(size_ + more, capacity_ + capacity_ / 2);
  void* const moved = std::realloc(data_, capacity);
  if (moved == nullptr) return false;
  data_ = static_cast<std::byte*>(moved);
  capacity_ = capacity;
  return true;
}

bool byte_buffer::append(bytes_view bytes) noexcept {
  if (bytes.empty()) return true;
  if (!reserve(bytes.size())) return false;
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

void byte_buffer::release() noexcept {
  std::free(data_);
  data_ = nullptr;
  size_ = capacity_ = 0;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
