// A random message is written as the schema has it, then the body, the header or the frame is damaged.
#include "fuzz_case.hpp"

#include <algorithm>

#include "ottla/protocol/writer.hpp"
#include "ottla/protocol_text/message_mutator.hpp"

namespace ottla::fuzz {

using protocol_text::message_type;
using protocol_text::seeded_random;

namespace {

constexpr std::size_t memory_limit = std::size_t{16} << 20;
constexpr std::size_t header_bytes = 10;  // key, version, correlation, length of the client id

/// In twelve draws: well formed, another version, the frame, the header, and eight times the body.
enum class target { nothing, version, frame, header, body };

target chosen(seeded_random& source) {
  const std::uint64_t drawn = source.below(12);
  return drawn < 4 ? static_cast<target>(drawn) : target::body;
}

std::vector<std::byte> random_body(const message_type& message, std::int16_t version, seeded_random& source) {
  protocol::arena memory{memory_limit};
  protocol::writer out;
  if (message.operations().random_bytes(source, version, memory, out)) return {};
  return {out.view().begin(), out.view().end()};
}

/// A version near the ends of what there is.
std::int16_t other_version(const message_type& message, seeded_random& source) {
  const int span = message.max_unstable_version - message.min_version + 5;
  return static_cast<std::int16_t>(message.min_version - 2 +
                                   static_cast<int>(source.below(static_cast<std::uint64_t>(span))));
}

void patch_size(fuzz_case& one, std::uint32_t size) {
  for (std::size_t i = 0; i < 4; ++i) one.frame[i] = static_cast<std::byte>(size >> 8 * (3 - i));
}

void damage_frame(fuzz_case& one, seeded_random& source) {
  const auto right = static_cast<std::uint32_t>(one.frame.size() - 4);
  const std::uint32_t choices[] = {0,         1,          7,          right - 1,  right + 1,
                                   right / 2, 0x7fffffff, 0x80000000, 0xffffffff, 100 << 20};
  const std::uint32_t wrong = choices[source.below(std::size(choices))];
  patch_size(one, wrong);
  one.complete = wrong <= right;
  one.judged = false;
  one.what =
      "the frame says " + std::to_string(static_cast<std::int32_t>(wrong)) + " bytes and has " + std::to_string(right);
}

void damage_header(fuzz_case& one, seeded_random& source) {
  const std::size_t at = 4 + source.below(std::min(one.frame.size() - 4, header_bytes + 4));
  one.frame[at] = static_cast<std::byte>(source.next());
  one.judged = false;
  one.what =
      "byte " + std::to_string(at - 4) + " of the header is " + std::to_string(std::to_integer<int>(one.frame[at]));
}

}  // namespace

std::vector<const message_type*> requests_of(std::string_view api) {
  std::vector<const message_type*> out;
  for (const message_type& one : protocol_text::all_messages()) {
    if (one.kind == protocol_text::message_kind::request && (api.empty() || one.api == api)) out.push_back(&one);
  }
  return out;
}

fuzz_case make_case(std::uint64_t seed, std::uint64_t run, std::span<const message_type* const> among) {
  // Runs are apart from each other, so that any of them can be made without those before it.
  seeded_random source{seed ^ (run + 1) * 0xd1342543de82ef95};
  fuzz_case one;
  one.message = among[source.below(among.size())];  // one draw, however many there are
  const message_type& message = *one.message;
  const auto versions = static_cast<std::uint64_t>(message.max_unstable_version - message.min_version + 1);
  const auto written_as = static_cast<std::int16_t>(message.min_version + static_cast<int>(source.below(versions)));
  one.version = written_as;
  one.correlation = static_cast<std::int32_t>(run & 0x7fffffff);
  one.what = "well formed";
  std::vector<std::byte> body = random_body(message, written_as, source);
  const target what = chosen(source);
  if (what == target::version) {
    one.version = other_version(message, source);
    one.what = "version " + std::to_string(written_as) + " is sent as " + std::to_string(one.version);
  }
  if (what == target::body) {
    auto damaged = protocol_text::message_mutator{message, written_as, body}.next(source);
    body = std::move(damaged.bytes);
    one.what = std::move(damaged.what);
  }
  protocol::writer out;
  out.int32(0);
  out.int16(static_cast<std::int16_t>(*message.key));
  out.int16(one.version);
  out.int32(one.correlation);
  out.string("ottla-fuzz");
  if (message.header_version(one.version) >= 2) out.uvarint(0);
  out.raw(body);
  one.frame.assign(out.view().begin(), out.view().end());
  patch_size(one, static_cast<std::uint32_t>(one.frame.size() - 4));
  if (what == target::frame) damage_frame(one, source);
  if (what == target::header) damage_header(one, source);
  return one;
}

}  // namespace ottla::fuzz
