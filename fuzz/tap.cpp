// Conversations through the tap: whatever both sides say, every byte goes on, and what is shown of it is JSON.
#include <algorithm>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/json_value.hpp"
#include "ottla/tap/conversation.hpp"
#include "ottla/tap/line_maker.hpp"

namespace {

using namespace ottla;

void expect_json(std::string line) {
  protocol::arena memory(std::size_t{256} << 20);
  std::string why;
  line.pop_back();
  if (line.find('\n') != std::string::npos || protocol_text::parse_json(line, memory, why) == nullptr) std::abort();
}

}  // namespace

// The input is a row of pieces: a byte that says whose it is (top bit: the broker's) and whether a size goes in front
// (second bit: not), two bytes of length, and so many bytes. The last bit chooses whether the beginning was missed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tap::line_maker json(tap::line_form::json, true), text(tap::line_form::text, true);
  tap::conversation machine(
      {.largest_decoded = 1 << 16, .begins_midway = size != 0 && (data[0] & 1) != 0},
      [&](const tap::message& what) {
        expect_json(json.line(what, {}));
        if (text.line(what, {}).empty()) std::abort();
      },
      [](const tap::endpoint&) { return std::nullopt; });
  auto rest = std::as_bytes(std::span(data, size));
  std::vector<std::byte> sent, arrived;
  while (rest.size() >= 3) {
    const auto flags = std::to_integer<unsigned>(rest[0]);
    const auto wanted = std::to_integer<std::size_t>(rest[1]) << 8 | std::to_integer<std::size_t>(rest[2]);
    const auto body = rest.subspan(3).first(std::min(wanted, rest.size() - 3));
    rest = rest.subspan(3 + body.size());
    std::vector<std::byte> piece;
    if ((flags & 0x40) == 0)
      piece = {std::byte{0}, std::byte{0}, static_cast<std::byte>(body.size() >> 8),
               static_cast<std::byte>(body.size())};
    piece.insert(piece.end(), body.begin(), body.end());
    if ((flags & 0x80) == 0) {
      machine.from_client(piece, {});
    } else {
      machine.from_broker(piece, {}, arrived);
      sent.insert(sent.end(), piece.begin(), piece.end());
    }
  }
  machine.broker_ended(arrived);
  if (arrived != sent) std::abort();
  return 0;
}
