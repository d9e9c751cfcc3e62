// The rare end of writing a record: its size field turned out wider or narrower than was guessed.
#include "ottla/protocol/record_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

std::byte* record_detail::place_body(std::byte* out, const std::byte* body, std::size_t size) noexcept {
  const std::size_t bits = size << 1;
  std::byte* const place = out + varint_size(bits);
  std::memmove(place, body, size);
  (void)write_varint(out, bits);
  return place + size;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
