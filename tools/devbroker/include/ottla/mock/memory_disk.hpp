// A disk that is a value: for tests of what a broker finds after a crash, with writes that tear and disks that are
// full.
#pragma once
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "ottla/mock/disk.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Copies of it are copies of all files: "what if the machine had stopped here".
class memory_disk final : public disk {
 public:
  using file = std::vector<std::byte>;

  std::string list(std::vector<std::string>& names) override;
  std::string read(std::string_view name, std::vector<std::byte>& bytes) override;
  std::string append(std::string_view name, std::span<const std::byte> bytes) override;
  std::string replace(std::string_view name, std::span<const std::byte> bytes) override;
  std::string truncate(std::string_view name, std::size_t size) override;
  std::string remove(std::string_view name) override;

  /// What has been asked of it so far: a byte of append counts one, and so does every call.
  std::size_t work() const { return work_; }
  /// Once this much work is done it stands still: an append then leaves what still fits, anything else leaves nothing,
  /// and every call fails from there on.
  void stop_at(std::size_t work) { stops_at_ = work; }
  /// Whether it stands still.
  bool stopped() const { return stopped_; }
  /// No room for a byte more, until it is false again: what would need one is refused and leaves no trace.
  bool full = false;

  std::map<std::string, file, std::less<>> files;

 private:
  std::string why_not(std::size_t work, bool needs_room);

  std::size_t work_ = 0;
  std::size_t stops_at_ = std::numeric_limits<std::size_t>::max();
  bool stopped_ = false;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
