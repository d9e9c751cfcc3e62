// fragile_disk: what a broker keeps, on a disk whose machine stops in the middle of a write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/mock/memory_disk.hpp"
#include "ottla/net/random.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// How a process ends.
enum class death : std::uint8_t {
  killed,     ///< as by kill -9: what it wrote is there, of its last write a beginning
  power_cut,  ///< as on a disk that is flushed with each write: of the last write any sectors, in any order
};

/// Each write that returned is there for good. The one during which the process dies is there in part, and every call
/// after it fails without effect, until somebody picks the disk up again.
class fragile_disk final : public mock::disk {
 public:
  std::string list(std::vector<std::string>& names) override;
  std::string read(std::string_view name, std::vector<std::byte>& bytes) override;
  std::string append(std::string_view name, std::span<const std::byte> bytes) override;
  std::string replace(std::string_view name, std::span<const std::byte> bytes) override;
  std::string truncate(std::string_view name, std::size_t size) override;
  std::string remove(std::string_view name) override;

  /// The process dies during the write behind so many others; the draw says what is left of it.
  void die_after(std::uint64_t writes, death how, std::uint64_t draw);
  /// Now, between two writes.
  void die_now() { dead_ = true; }
  bool dead() const { return dead_; }
  /// Another process takes over; no death is planned for it.
  void revive();

 private:
  enum class fate : std::uint8_t { done, last, never };
  fate next();

  mock::memory_disk on_;
  bool dead_ = false;
  std::optional<std::uint64_t> left_;
  death how_{};
  random_stream rng_{0};
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
