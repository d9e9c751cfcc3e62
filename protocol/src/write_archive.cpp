// The parts of writing that do not depend on a message.
#include "write_archive.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

void write_archive::optional_value(const std::optional<std::string_view>& in) {
  flexible_ ? out_.compact_nullable_string(in) : out_.nullable_string(in);
}

void write_archive::optional_value(const std::optional<bytes_view>& in) {
  flexible_ ? out_.compact_nullable_bytes(in) : out_.nullable_bytes(in);
}

void write_archive::nullable_records(const char* name, const std::optional<bytes_view>& in) {
  if (in) return records(name, *in);
  optional_value(in);
}

void write_archive::untagged(const tagged_fields& unknown) {
  out_.uvarint(static_cast<std::uint32_t>(unknown.size()));
  tag_writer{*this, unknown}.unknown_below(std::uint64_t{1} << 32);
}

std::size_t write_archive::tag_writer::begin(std::uint32_t number) {
  unknown_below(number);
  if (static_cast<std::int64_t>(number) <= last_) archive_.out_.fail(wire_error::bad_tagged_fields);
  last_ = number;
  archive_.out_.uvarint(number);
  return archive_.out_.begin_sized();
}

void write_archive::tag_writer::unknown_below(std::uint64_t limit) {
  for (; next_ < unknown_.size() && unknown_[next_].tag < limit; ++next_) {
    const tagged_field& one = unknown_[next_];
    // A known tag's number among the unknown, or a list that does not ascend, would be a frame nobody can read.
    if (static_cast<std::int64_t>(one.tag) <= last_)
      return archive_.out_.fail(wire_error::bad_tagged_fields, "tagged fields");
    last_ = one.tag;
    archive_.out_.uvarint(one.tag);
    archive_.out_.uvarint(static_cast<std::uint32_t>(one.data.size()));
    archive_.out_.raw(one.data);
  }
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
