// Any text as a message's JSON: refused with a reason, or bytes that are read back and written the same.
#include <algorithm>
#include <cstdlib>

#include "chosen_message.hpp"

namespace {

using namespace ottla;
constexpr std::size_t memory_limit = std::size_t{4} << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

protocol_text::failure encode(std::string_view text, const fuzz::choice& as, protocol::writer& out) {
  protocol::arena memory{memory_limit};
  std::string why;
  auto* parsed = protocol_text::parse_json(text, memory, why);
  if (parsed == nullptr) return why;
  return as.message->operations().from_json(*parsed, as.version, memory, out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < fuzz::choice_size) return 0;
  const auto as = fuzz::chosen_message(std::span(data, size).first<fuzz::choice_size>());
  protocol::writer first, second;
  const auto why =
      encode({reinterpret_cast<const char*>(data) + fuzz::choice_size, size - fuzz::choice_size}, as, first);
  if (why) return require(!why->empty()), 0;
  protocol::arena memory{memory_limit};
  protocol_text::json_writer shown;
  require(!as.message->operations().to_json(first.view(), as.version, memory, shown));
  require(!encode(shown.text(), as, second));
  require(std::ranges::equal(first.view(), second.view()));
  return 0;
}
