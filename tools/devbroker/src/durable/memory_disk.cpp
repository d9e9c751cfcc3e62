// A disk that is a value.
#include "ottla/mock/memory_disk.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {

std::string memory_disk::why_not(std::size_t work, bool needs_room) {
  if (!stopped_ && full && needs_room) return "no space left";
  stopped_ = stopped_ || work > stops_at_ - std::min(stops_at_, work_);
  if (stopped_) return "the disk stands still";
  work_ += work;
  return {};
}

std::string memory_disk::list(std::vector<std::string>& names) {
  for (const auto& [name, bytes] : files) names.push_back(name);
  return {};
}

std::string memory_disk::read(std::string_view name, std::vector<std::byte>& bytes) {
  const auto found = files.find(name);
  if (found == files.end()) return "there is no " + std::string(name);
  bytes = found->second;
  return {};
}

std::string memory_disk::append(std::string_view name, std::span<const std::byte> bytes) {
  const bool stood_still = stopped_;
  const std::size_t left = stops_at_ - std::min(stops_at_, work_);
  std::string why = why_not(bytes.size() + 1, true);
  if (!why.empty() && !stood_still && stopped_ && left > 0) {
    bytes = bytes.first(std::min(bytes.size(), left - 1));  // torn
  } else if (!why.empty()) {
    return why;
  }
  file& to = files[std::string(name)];
  to.insert(to.end(), bytes.begin(), bytes.end());
  return why;
}

std::string memory_disk::replace(std::string_view name, std::span<const std::byte> bytes) {
  if (std::string why = why_not(1, true); !why.empty()) return why;
  files[std::string(name)].assign(bytes.begin(), bytes.end());
  return {};
}

std::string memory_disk::truncate(std::string_view name, std::size_t size) {
  const auto found = files.find(name);
  if (found == files.end()) return "there is no " + std::string(name);
  if (std::string why = why_not(1, false); !why.empty()) return why;
  found->second.resize(std::min(size, found->second.size()));
  return {};
}

std::string memory_disk::remove(std::string_view name) {
  if (std::string why = why_not(1, false); !why.empty()) return why;
  if (const auto found = files.find(name); found != files.end()) files.erase(found);
  return {};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
