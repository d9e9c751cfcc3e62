// The parts of reading that do not depend on a message.
#include "read_archive.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

void read_archive::optional_value(std::optional<std::string_view>& out, bool allowed) {
  out = flexible_ ? in_.compact_nullable_string() : in_.nullable_string();
  if (!out && !allowed) in_.fail(wire_error::unexpected_null);
}

void read_archive::optional_value(std::optional<bytes_view>& out, bool allowed) {
  out = flexible_ ? in_.compact_nullable_bytes() : in_.nullable_bytes();
  if (!out && !allowed) in_.fail(wire_error::unexpected_null);
}

void read_archive::untagged(tagged_fields& unknown) {
  each_tag(unknown, [](std::uint32_t) { return false; });
}

/// `most`: how many may still follow, which sizes the list when the first one comes.
void read_archive::keep(tagged_fields& unknown, std::uint32_t tag, std::size_t size, std::size_t most) {
  if (unknown.data() == nullptr) {
    auto* first = in_.memory().make<tagged_field>(most);
    if (first == nullptr) return in_.fail(wire_error::memory_limit);
    unknown = tagged_fields{first, 0};
  }
  unknown = tagged_fields{unknown.data(), unknown.size() + 1};
  unknown.back() = {tag, in_.take(size)};
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
