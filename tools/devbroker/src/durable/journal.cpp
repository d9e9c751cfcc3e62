// All that outlives a restart beside the logs: a file of entries.
#include "durable/journal.hpp"

#include "ottla/protocol/crc32c.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t entry_header = 8;
constexpr std::size_t room_to_grow = std::size_t{4} << 20;
constexpr std::size_t kept_capacity = std::size_t{1} << 20;

}  // namespace

std::size_t journal::begin(entry_kind kind) {
  const std::size_t at = pending_.size();
  pending_.resize(at + entry_header);
  pending_.push_back(static_cast<std::byte>(kind));
  return at;
}

void journal::end(std::size_t at) {
  const auto whole = std::span(pending_).subspan(at);
  store_big_endian(whole.data(), static_cast<std::uint32_t>(whole.size() - entry_header));
  store_big_endian(whole.data() + 4, protocol::crc32c(whole.subspan(entry_header)));
}

std::string journal::open(disk& on, std::function<void()> add_all) {
  disk_ = &on;
  add_all_ = std::move(add_all);
  return rewrite();
}

std::string journal::persist() {
  if (!is_open() || (pending_.empty() && !is_behind_)) return {};
  if (is_behind_ || size_ + pending_.size() > 2 * size_at_first_ + room_to_grow) return rewrite();
  std::string why = disk_->append(file, pending_);
  if (why.empty()) size_ += pending_.size();
  is_behind_ = !why.empty();
  pending_.clear();
  if (pending_.capacity() > kept_capacity) std::vector<std::byte>().swap(pending_);
  return why;
}

std::string journal::rewrite() {
  pending_.clear();  // what they say is true of the things themselves by now
  add_all_();
  std::string why = disk_->replace(file, pending_);
  if (why.empty()) size_ = size_at_first_ = pending_.size();
  is_behind_ = !why.empty();
  std::vector<std::byte>().swap(pending_);
  return why;
}

std::size_t journal::read(std::span<const std::byte> bytes,
                          const std::function<bool(entry_kind, entry_reader&)>& each) {
  std::size_t at = 0;
  while (bytes.size() - at > entry_header) {
    const auto rest = bytes.subspan(at);
    const std::size_t size = load_big_endian<std::uint32_t>(rest.data());
    if (size == 0 || size > rest.size() - entry_header) break;
    const auto body = rest.subspan(entry_header, size);
    if (protocol::crc32c(body) != load_big_endian<std::uint32_t>(rest.data() + 4)) break;
    entry_reader in(body.subspan(1));
    if (!each(static_cast<entry_kind>(body.front()), in)) break;
    at += entry_header + size;
  }
  return at;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
