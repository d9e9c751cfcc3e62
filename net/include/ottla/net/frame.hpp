// frame: the memory of one received response, shared by everything that still views into it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// Bytes of one response behind its size field. Filled by a connection, then immutable.
class frame {
 public:
  explicit frame(std::size_t size) : data_(new std::byte[size]), size_(size) {}
  std::span<std::byte> writable() { return {data_.get(), size_}; }
  protocol::bytes_view bytes() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_;
};
using frame_ref = std::shared_ptr<const frame>;

}  // namespace v0
}  // namespace ottla
