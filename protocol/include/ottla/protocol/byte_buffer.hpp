// A growable run of bytes that is never zero-filled, so that growing costs only what is written.
#pragma once

#include <cstddef>
#include <span>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

// Written at its end: reserve() room, fill free_space(), commit() what was filled. Reserving may move the bytes, so
// hold offsets, not views, while still appending. clear() keeps the memory. Not for several threads at once.
class byte_buffer {
 public:
  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept;
  byte_buffer& operator=(byte_buffer&& other) noexcept;
  byte_buffer(const byte_buffer&) = delete;
  byte_buffer& operator=(const byte_buffer&) = delete;
  ~byte_buffer();

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  bytes_view view() const noexcept { return {data_, size_}; }
  std::byte* data() noexcept { return data_; }
  std::span<std::byte> free_space() noexcept { return {data_ + size_, capacity_ - size_}; }

  // Room for `more` bytes behind the end; what is there grows by half at least, so that many small steps stay linear.
  // False if the system has no memory; nothing changed then.
  [[nodiscard]] bool reserve(std::size_t more) noexcept;
  void commit(std::size_t filled) noexcept { size_ += filled; }
  [[nodiscard]] bool append(bytes_view bytes) noexcept;
  void truncate(std::size_t size) noexcept { size_ = size; }  // size <= size()
  void clear() noexcept { size_ = 0; }
  void release() noexcept;  // gives the memory back as well

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
