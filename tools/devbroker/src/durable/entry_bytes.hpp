// The fields of what is kept on disk beside the logs: written one after the other, read back with every length checked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/types.hpp"
#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Numbers big endian; texts, bytes and lists behind a count of 32 bits.
class entry_writer {
 public:
  explicit entry_writer(std::vector<std::byte>& out) : out_(out) {}

  template <class Integer>
  void number(Integer value) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof value);
    store_big_endian(out_.data() + at, value);
  }
  void flag(bool value) { number<std::uint8_t>(value ? 1 : 0); }
  void count(std::size_t value) { number(static_cast<std::uint32_t>(value)); }
  void bytes(std::span<const std::byte> value) {
    count(value.size());
    out_.insert(out_.end(), value.begin(), value.end());
  }
  void text(std::string_view value) { bytes(std::as_bytes(std::span(value))); }
  void text(const std::optional<std::string>& value) {
    flag(value.has_value());
    if (value) text(std::string_view(*value));
  }
  void id(const protocol::uuid& value) { out_.insert(out_.end(), value.bytes.begin(), value.bytes.end()); }

 private:
  std::vector<std::byte>& out_;
};

/// Past the end everything is zero or empty and ok() false, for good.
class entry_reader {
 public:
  explicit entry_reader(std::span<const std::byte> from) : rest_(from) {}

  template <class Integer>
  Integer number() {
    const auto from = take(sizeof(Integer));
    return from.empty() ? Integer{} : load_big_endian<Integer>(from.data());
  }
  bool flag() { return number<std::uint8_t>() != 0; }
  /// How many things follow, each of at least one byte: never more than there are bytes.
  std::size_t count() {
    const auto value = number<std::uint32_t>();
    if (value > rest_.size()) ok_ = false;
    return ok_ ? value : 0;
  }
  std::vector<std::byte> bytes() {
    const auto from = take(count());
    return {from.begin(), from.end()};
  }
  std::string text() {
    const auto from = take(count());
    return std::string(protocol::as_text(from));
  }
  std::optional<std::string> nullable_text() { return flag() ? std::optional(text()) : std::nullopt; }
  protocol::uuid id() {
    protocol::uuid out;
    const auto from = take(out.bytes.size());
    if (!from.empty()) std::memcpy(out.bytes.data(), from.data(), from.size());
    return out;
  }
  bool ok() const { return ok_; }
  /// All read, and nothing left over.
  bool is_done() const { return ok_ && rest_.empty(); }

 private:
  std::span<const std::byte> take(std::size_t size) {
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const auto out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
