// sticky_user_data: bytes that no schema of Kafka's describes; they are Java's class StickyAssignor on the wire.
#include "sticky_user_data.hpp"

#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t least_topic = 2 + 4;  // a name's length, a count of numbers

std::vector<std::byte> bytes_of(const protocol::writer& out) {
  if (!out.ok()) return {};
  return {out.view().begin(), out.view().end()};
}

}  // namespace

std::vector<std::byte> encode_sticky_history(std::span<const topic_partition> owned, std::int32_t generation) {
  partitions_by_topic lists(owned);
  protocol::writer out;
  out.array_size(lists.entries().size(), false);
  for (const partitions_by_topic::entry& one : lists.entries()) {
    out.string(one.topic);
    out.array_size(one.count, false);
    for (const std::int32_t number : lists.numbers(one)) out.int32(number);
  }
  out.int32(generation);
  return bytes_of(out);
}

std::optional<sticky_history> decode_sticky_history(protocol::bytes_view user_data, partition_copier& within) {
  protocol::arena none(0);
  protocol::reader in(user_data, none);
  sticky_history out;
  std::vector<std::int32_t> numbers;
  const std::optional<std::size_t> topics = in.array_size(false, least_topic);
  if (!topics) return std::nullopt;
  for (std::size_t i = 0; i < *topics && in.ok(); ++i) {
    const std::string_view name = in.string();
    const std::optional<std::size_t> count = in.array_size(false, sizeof(std::int32_t));
    if (!in.ok() || !count) return std::nullopt;
    numbers.resize(*count);  // checked against the bytes that are left
    for (std::int32_t& number : numbers) number = in.int32();
    if (!within.copy(name, numbers, out.owned)) return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  if (in.remaining() >= sizeof(std::int32_t)) out.generation = in.int32();
  return out;
}

std::vector<std::byte> encode_cooperative_generation(std::int32_t generation) {
  protocol::writer out;
  out.int32(generation);
  return bytes_of(out);
}

std::int32_t decode_cooperative_generation(protocol::bytes_view user_data) {
  protocol::arena none(0);
  protocol::reader in(user_data, none);
  const std::int32_t generation = in.int32();
  return in.ok() ? generation : -1;
}

}  // namespace v0
}  // namespace ottla
