// Any bytes as any message: refused, or understood the same way twice, and by the walk of the tables as well. The first
// three bytes choose message and version.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "chosen_message.hpp"
#include "ottla/protocol_text/byte_walk.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace ottla;
using namespace ottla::protocol_text;

using fuzz::choice_size;
constexpr std::size_t memory_limit = std::size_t{4} << 20;

fuzz::choice chosen(const std::uint8_t* data) {
  return fuzz::chosen_message(std::span<const std::uint8_t, choice_size>(data, choice_size));
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < choice_size) return 0;
  const auto [message, version] = chosen(data);
  const protocol::bytes_view body = std::as_bytes(std::span{data + choice_size, size - choice_size});
  protocol::arena memory{memory_limit};
  protocol::writer canonical;
  std::size_t covered = 0;
  const auto walked = walk_bytes(*message, version, body, [&](const message_part& part) {
    require(part.offset == covered);
    covered += part.bytes.size();
  });
  if (message->operations().round_trip(body, version, memory, canonical)) return 0;
  require(!walked && covered == body.size());
  json_writer first, second;
  memory.reset();
  require(!message->operations().to_json(body, version, memory, first));
  memory.reset();
  require(!message->operations().to_json(canonical.view(), version, memory, second));
  require(first.text() == second.text());
  return 0;
}

/// Now and then starts from a message that is well formed: most bytes are refused at the first length.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  seeded_random source{seed};
  if (size < choice_size || !source.one_in(8)) return LLVMFuzzerMutate(data, size, max_size);
  const std::uint64_t bits = source.next();
  std::memcpy(data, &bits, choice_size);
  const auto [message, version] = chosen(data);
  protocol::arena memory{memory_limit};
  protocol::writer fresh;
  if (message->operations().random_bytes(source, version, memory, fresh)) return size;
  if (fresh.size() > max_size - choice_size) return LLVMFuzzerMutate(data, size, max_size);
  std::ranges::transform(fresh.view(), data + choice_size,
                         [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return choice_size + fresh.size();
}
