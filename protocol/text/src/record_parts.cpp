// Taking and telling: every step is bounded by what is there.
#include "record_parts.hpp"

#include <algorithm>

#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/json_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::size_t most_shown = 64;

/// Up to the first byte that belongs to no character.
std::size_t valid_length(std::string_view text) {
  std::size_t valid = 0;
  while (valid < text.size()) {
    const std::size_t length = utf8_length(text.substr(valid));
    if (length == 0) break;
    valid += length;
  }
  return valid;
}
}  // namespace

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  return std::to_string(n) + ' ' + std::string{n == 1 ? one : many};
}

std::string blob_text(protocol::bytes_view bytes) {
  const bool cut = bytes.size() > most_shown;
  const std::string_view text = protocol::as_text(bytes.first(std::min(most_shown, bytes.size())));
  const std::size_t valid = valid_length(text);
  std::string out;
  if (valid == text.size() || (cut && valid + 4 > text.size())) {  // a cut may go through a character
    json_writer quoted;
    quoted.string(text.substr(0, valid));
    out = quoted.text();
  } else {
    out = "0x";
    for (const std::byte b : protocol::as_bytes(text)) append_hex(out, b);
  }
  return out + (cut ? "..." : "");
}

bool part_cursor::fail(std::size_t offset, std::string what) {
  state_.error = record_walk_error{{offset, state_.path, std::move(what)}, inflated_};
  return false;
}

bool part_cursor::skip(std::size_t size, std::string_view what) {
  if (left() < size)
    return fail(std::string{what} + " of " + counted(size, "byte", "bytes") + " expected, " +
                (left() == 0 ? "none is" : std::to_string(left()) + (left() == 1 ? " is" : " are")) + " left");
  at_ += size;
  return true;
}

bool part_cursor::read_varint(unsigned width, std::int64_t& out, std::string_view what) {
  const std::size_t start = at_;
  std::uint64_t bits = 0;
  for (unsigned shift = 0; shift < width; shift += 7) {
    if (at_ == end_) return fail("the rest of " + std::string{what} + " (a varint) expected, no byte is left");
    const auto byte = std::to_integer<std::uint64_t>(bytes_[at_++]);
    bits |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    // Bits above the 32nd are dropped, as readers everywhere do.
    out = width == 32 ? protocol::unzigzag32(static_cast<std::uint32_t>(bits)) : protocol::unzigzag(bits);
    return true;
  }
  return fail(start, std::string{what} + " is a varint of more than " + std::to_string(at_ - start) + " bytes");
}

void part_cursor::tell(std::string_view name, std::string_view encoding, std::string value, part_kind kind) {
  const std::size_t before = state_.path.size();
  if (!name.empty()) state_.path.append(1, '.').append(name);
  const auto bytes = bytes_.subspan(told_, at_ - told_);
  state_.each({kind, told_, bytes, inflated_, state_.path, encoding, std::move(value)});
  state_.path.resize(before);
  told_ = at_;
}

bool part_cursor::take_bytes(std::string_view name, bool varint_length, sized& out,
                             const std::function<std::string(protocol::bytes_view)>& text) {
  std::int64_t size = 0;
  std::int32_t fixed = 0;
  const std::string what = "the length of " + std::string{name};
  if (varint_length ? !read_varint(32, size, what) : !read(fixed, what)) return false;
  if (!varint_length) size = fixed;
  out.bytes.reset();
  const bool null = size < 0;
  tell(name, varint_length ? "varint" : "int32",
       null ? "null" : counted(static_cast<std::uint64_t>(size), "byte", "bytes"),
       null ? part_kind::null : part_kind::length);
  if (null) return true;
  if (!skip(static_cast<std::size_t>(size), name)) return false;
  out.bytes = bytes_.subspan(told_, at_ - told_);
  tell(name, "bytes", text(*out.bytes));
  return true;
}

bool take_compressed(part_cursor& in, std::string_view name, std::size_t size, protocol::codec codec,
                     protocol::lz4_framing framing) {
  record_walk_state& state = in.state();
  const std::size_t start = in.at();
  const auto packed = in.rest().first(size);
  if (!in.skip(size, name)) return false;
  state.inflated.clear();
  const protocol::inflate_limits limits{.max_bytes = state.left.inflated_bytes, .max_ratio = 0};
  const auto error = state.inflater.decompress(codec, packed, state.inflated, limits, framing);
  if (error != protocol::record_error::none) return in.fail(start, std::string{protocol::describe(error)});
  const std::size_t inflated = state.inflated.size();
  state.left.inflated_bytes -= inflated;
  in.tell(name, protocol::name(codec), counted(inflated, "byte", "bytes") + " when inflated");
  return true;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
