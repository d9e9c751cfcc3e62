// record: what is sent: a key, a value, headers. Keys and values are blobs: null is not empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/record_writer.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// Borrowed bytes that may be null (a tombstone's value, an absent key). Converts from text, spans and vectors of
/// bytes.
class blob {
 public:
  constexpr blob() = default;
  constexpr blob(std::nullptr_t) {}
  blob(const char* text) : blob(std::string_view(text)) {}
  blob(std::string_view text)
      : data_(reinterpret_cast<const std::byte*>(text.data())), size_(text.size()), null_(false) {}
  blob(const std::string& text) : blob(std::string_view(text)) {}
  blob(protocol::bytes_view bytes) : data_(bytes.data()), size_(bytes.size()), null_(false) {}
  blob(const std::vector<std::byte>& bytes) : blob(protocol::bytes_view(bytes)) {}
  blob(const std::optional<protocol::bytes_view>& bytes) {
    if (bytes) *this = blob(*bytes);
  }

  constexpr bool is_null() const { return null_; }
  constexpr std::size_t size() const { return size_; }
  protocol::bytes_view bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  std::optional<protocol::bytes_view> optional() const {
    return null_ ? std::nullopt : std::optional<protocol::bytes_view>(bytes());
  }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  bool null_ = true;
};

/// A record's header; names may repeat, order is kept, a value may be null.
using record_header = protocol::header_view;

inline constexpr std::int32_t any_partition = -1;
inline constexpr std::int64_t now_timestamp = -1;

/// Borrows everything it names during the call it is passed to, and not longer.
struct record {
  blob key{};
  blob value{};
  std::span<const record_header> headers{};
  std::int32_t partition = any_partition;  ///< any_partition: the partitioner chooses
  std::int64_t timestamp = now_timestamp;  ///< ms since 1970 UTC; now_timestamp: the time of the call
};

}  // namespace v0
}  // namespace ottla
