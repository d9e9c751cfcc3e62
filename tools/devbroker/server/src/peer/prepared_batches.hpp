// One record batch, repeated in memory as often as an answer may need it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ottla/mock/run_peer.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// The bytes never change: an answer sends eight bytes of its own for the base offset in front of each batch's rest,
/// which the CRC does not cover.
class prepared_batches {
 public:
  static constexpr std::size_t offset_bytes = 8;

  explicit prepared_batches(const run_peer_options& options);

  std::size_t batch_size() const { return batch_size_; }
  std::int64_t records_per_batch() const { return records_; }
  /// How many copies lie one behind the other.
  std::size_t copies() const { return run_.size() / batch_size_; }
  std::span<const std::byte> run(std::size_t batches) const {
    return std::span<const std::byte>(run_).first(batches * batch_size_);
  }
  bool owns(const std::byte* at) const { return at >= run_.data() && at < run_.data() + run_.size(); }

 private:
  std::size_t batch_size_ = 0;
  std::int64_t records_ = 0;
  std::vector<std::byte> run_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
