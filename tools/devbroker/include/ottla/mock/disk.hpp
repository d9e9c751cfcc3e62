// Where a dev broker keeps what is to outlive it: files by name, and nothing but what it needs of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

/// The broker does no I/O itself: whoever hosts it hands in the disk, a directory behind `ottla broker --data-dir`, a
/// value in tests and simulations. Names are relative, with at most one '/' in them:
/// `orders-0/00000000000000000000.log`.
///
/// Every call says "" when it is done, else in a few words why not. Calls that succeed take effect in their order, and
/// outlive the process; what else they outlive is the disk's business. A call that fails leaves the file as it was, or
/// refuses all further appends to it.
class disk {
 public:
  virtual ~disk() = default;

  /// All files, ordered by name.
  virtual std::string list(std::vector<std::string>& names) = 0;
  /// All of the file.
  virtual std::string read(std::string_view name, std::vector<std::byte>& bytes) = 0;
  /// At the end of the file, which is made if need be.
  virtual std::string append(std::string_view name, std::span<const std::byte> bytes) = 0;
  /// The whole file at once: whoever reads it finds the old bytes or the new ones.
  virtual std::string replace(std::string_view name, std::span<const std::byte> bytes) = 0;
  /// Keeps the first `size` bytes.
  virtual std::string truncate(std::string_view name, std::size_t size) = 0;
  /// Gone, or never there.
  virtual std::string remove(std::string_view name) = 0;

 protected:
  disk() = default;
  disk(const disk&) = default;
  disk& operator=(const disk&) = default;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
