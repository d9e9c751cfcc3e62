// Parts of a message are replaced, moved and cut; what they mean comes from the walk.
#include "ottla/protocol_text/message_mutator.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {

constexpr std::string_view names[damages] = {"none",    "flipped bit", "wrong length", "absurd count", "extreme value",
                                             "swapped", "deleted",     "repeated",     "extended",     "cut"};

template <class T>
const T& one_of(const std::vector<T>& all, seeded_random& source) {
  return all[source.below(all.size())];
}

void append_uvarint(std::uint64_t value, std::vector<std::byte>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::byte>(value | 0x80));
  out.push_back(static_cast<std::byte>(value));
}

/// As the walk names encodings; a varint keeps 32 bits.
std::vector<std::byte> encoded(std::string_view encoding, std::size_t width, std::int64_t number) {
  std::vector<std::byte> out;
  if (encoding.starts_with("uvarint")) {
    append_uvarint(static_cast<std::uint32_t>(encoding == "uvarint" ? number : number + 1), out);
    return out;
  }
  for (std::size_t i = width; i > 0; --i)
    out.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(number) >> 8 * (i - 1)));
  return out;
}

/// Beside the right one, and where readers have gone wrong before.
std::int64_t wrong_number(std::int64_t right, seeded_random& source) {
  constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  const std::int64_t choices[] = {right + 1, right - 1, 0, -1, -2, largest, 32767, 2 * right + 1};
  const std::int64_t wrong = choices[source.below(std::size(choices))];
  return wrong == right ? right + 1 : wrong;
}

std::int64_t absurd_number(seeded_random& source) {
  constexpr std::int64_t choices[] = {0x7fffffff, 0x7ffffffe, 0x40000000, 0x10000000, 0xffffff, -2};
  return choices[source.below(std::size(choices))];
}

}  // namespace

std::string_view name(damage kind) { return names[static_cast<std::size_t>(kind)]; }

message_mutator::message_mutator(const message_type& message, std::int16_t version, protocol::bytes_view body)
    : body_(body.begin(), body.end()) {
  (void)walk_bytes(message, version, body_, [&](const message_part& each) {
    const std::size_t index = parts_.size();
    parts_.push_back({each.kind, each.offset, each.bytes.size(), each.number, each.encoding, std::string{each.path}});
    if (each.kind == part_kind::length || each.kind == part_kind::tag_size) lengths_.push_back(index);
    if (each.kind == part_kind::count || each.kind == part_kind::tag_count) counts_.push_back(index);
    if (each.bytes.empty()) return;
    filled_.push_back(index);
    const bool number = each.kind == part_kind::value && each.field != nullptr && fixed_size(each.field->type) != 0;
    if (number && each.bytes.size() <= 8) numbers_.push_back(index);
  });
}

std::string message_mutator::told(const part& one) const {
  return "the " + std::string{protocol_text::name(one.kind)} + " of " + one.path;
}

void message_mutator::insert(std::size_t at, protocol::bytes_view bytes, damaged_message& out) const {
  out.bytes = body_;
  out.bytes.insert(out.bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin(), bytes.end());
}

void message_mutator::rewrite(const part& one, std::int64_t number, damaged_message& out) const {
  const auto from = body_.begin() + static_cast<std::ptrdiff_t>(one.offset);
  out.bytes.assign(body_.begin(), from);
  const auto instead = encoded(one.encoding, one.size, number);
  out.bytes.insert(out.bytes.end(), instead.begin(), instead.end());
  out.bytes.insert(out.bytes.end(), from + static_cast<std::ptrdiff_t>(one.size), body_.end());
  out.what = told(one) + " says " + std::to_string(number) + " instead of " + std::to_string(one.number);
}

void message_mutator::swap(seeded_random& source, damaged_message& out) const {
  const part* first = &parts_[one_of(filled_, source)];
  const part* second = &parts_[one_of(filled_, source)];
  if (first->offset > second->offset) std::swap(first, second);
  if (first == second) return;
  const auto piece = [&](std::size_t from, std::size_t to) {
    out.bytes.insert(out.bytes.end(), body_.begin() + static_cast<std::ptrdiff_t>(from),
                     body_.begin() + static_cast<std::ptrdiff_t>(to));
  };
  out.bytes.clear();
  piece(0, first->offset);
  piece(second->offset, second->offset + second->size);
  piece(first->offset + first->size, second->offset);
  piece(first->offset, first->offset + first->size);
  piece(second->offset + second->size, body_.size());
  out.kind = damage::swapped;
  out.what = told(*first) + " and " + told(*second) + " have changed places";
}

damaged_message message_mutator::next(seeded_random& source) const {
  return next(static_cast<damage>(1 + source.below(damages - 1)), source);
}

damaged_message message_mutator::next(damage kind, seeded_random& source) const {
  damaged_message out{damage::none, "nothing is damaged", body_};
  if (kind == damage::none || body_.empty()) return out;
  const auto needs = [&](const indices& some) {
    if (!some.empty()) out.kind = kind;
    return !some.empty();
  };
  switch (kind) {
    case damage::wrong_length:
      if (needs(lengths_)) {
        const part& one = parts_[one_of(lengths_, source)];
        rewrite(one, wrong_number(one.number, source), out);
      }
      return out;
    case damage::absurd_count:
      if (needs(counts_)) rewrite(parts_[one_of(counts_, source)], absurd_number(source), out);
      return out;
    case damage::extreme_value:
      if (needs(numbers_)) {
        const part& one = parts_[one_of(numbers_, source)];
        const auto lowest = static_cast<std::int64_t>(~std::uint64_t{0} << (8 * one.size - 1));
        rewrite(one, source.one_in(2) ? lowest : ~lowest, out);
      }
      return out;
    case damage::swapped:
      if (filled_.size() > 1) swap(source, out);
      return out;
    case damage::deleted:
    case damage::repeated:
      if (needs(filled_)) {
        const part& one = parts_[one_of(filled_, source)];
        const auto from = static_cast<std::ptrdiff_t>(one.offset), size = static_cast<std::ptrdiff_t>(one.size);
        if (kind == damage::deleted) out.bytes.erase(out.bytes.begin() + from, out.bytes.begin() + from + size);
        if (kind == damage::repeated)
          insert(one.offset, protocol::bytes_view{body_}.subspan(one.offset, one.size), out);
        out.what = told(one) + (kind == damage::deleted ? " is gone" : " is there twice");
      }
      return out;
    case damage::flipped_bit: {
      const std::size_t at = source.below(body_.size());
      out.bytes[at] ^= static_cast<std::byte>(1U << source.below(8));
      out.what = "a bit of byte " + std::to_string(at) + " is flipped";
      break;
    }
    case damage::extended: {
      const std::vector<std::byte> noise(1 + source.below(64), static_cast<std::byte>(source.next()));
      const bool behind = filled_.empty() || source.one_in(2);
      const std::size_t at = behind ? body_.size() : parts_[one_of(filled_, source)].offset;
      insert(at, noise, out);
      out.what = std::to_string(noise.size()) + " bytes are put in at byte " + std::to_string(at);
      break;
    }
    default:
      out.bytes.resize(source.below(body_.size()));
      out.what = "it ends after " + std::to_string(out.bytes.size()) + " of " + std::to_string(body_.size()) + " bytes";
      break;
  }
  out.kind = kind;
  return out;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
