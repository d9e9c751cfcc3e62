// Cuts a connection's bytes into frames: a 4-byte size, then that many bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Memory follows the bytes that have really come, never the size that a frame claims: a peer that announces 100 MiB
/// and sends ten bytes costs ten bytes.
class frame_splitter {
 public:
  explicit frame_splitter(std::size_t max_frame_bytes) : max_frame_(max_frame_bytes) {}

  void push(std::span<const std::byte> bytes);
  /// The next whole frame, without its size; valid until pop() or push().
  std::optional<std::span<const std::byte>> front() const;
  void pop();

  std::size_t buffered() const { return bytes_.size() - head_; }
  /// Not empty when the bytes cannot be a stream of requests: the connection is to be closed with this reason.
  std::string broken() const;

 private:
  std::optional<std::int32_t> announced() const;

  std::size_t max_frame_;
  std::size_t head_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
