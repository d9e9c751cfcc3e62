// The long way of writing a varint.
#include "ottla/protocol/record_bytes.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

std::byte* varint_detail::write_long(std::byte* out, std::uint64_t bits) noexcept {
  for (; bits >= 0x80; bits >>= 7) *out++ = static_cast<std::byte>(bits | 0x80);
  *out++ = static_cast<std::byte>(bits);
  return out;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
