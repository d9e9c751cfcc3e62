// A directory as the disk of a dev broker: `ottla broker --data-dir`.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "ottla/mock/disk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// When what was written reaches the medium. In any case it has reached the system before a call returns, so that it
/// outlives the process, however that ends.
enum class flush_policy : std::uint8_t {
  by_the_system,  ///< the system writes it within some seconds: a power failure takes those with it, in any order
  at_once,        ///< each call waits for the medium (fsync): what was acknowledged outlives a power failure
};

/// A directory that belongs to this process until the object goes: a lock in it keeps others out. After a write that
/// failed the file is cut back to what it was; where that fails too, or the medium refuses, the file takes nothing
/// more.
class directory_disk final : public disk {
 public:
  /// Makes the directory if need be. Null, and one sentence that says why: it cannot be made or written, or another
  /// process has it.
  static std::unique_ptr<directory_disk> open(const std::string& path, flush_policy policy, std::string& why);
  ~directory_disk() override;

  std::string list(std::vector<std::string>& names) override;
  std::string read(std::string_view name, std::vector<std::byte>& bytes) override;
  std::string append(std::string_view name, std::span<const std::byte> bytes) override;
  std::string replace(std::string_view name, std::span<const std::byte> bytes) override;
  std::string truncate(std::string_view name, std::size_t size) override;
  std::string remove(std::string_view name) override;

 private:
  class body;
  explicit directory_disk(std::unique_ptr<body> made);

  std::unique_ptr<body> body_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
