// Bytes that nobody meant: whatever is accepted has to be understood the same way twice, and nothing may crash.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "ottla/protocol_text/byte_walk.hpp"
#include "ottla/protocol_text/messages.hpp"

namespace ottla {
namespace {

using namespace protocol_text;

/// OTTLA_MUTATIONS in the environment asks for more (a million is a coffee).
std::size_t wanted_mutations() {
  const char* text = std::getenv("OTTLA_MUTATIONS");
  return text != nullptr ? static_cast<std::size_t>(std::strtoull(text, nullptr, 10)) : 200'000;
}

void mutate(std::vector<std::byte>& bytes, seeded_random& source) {
  const auto at = [&] { return bytes.begin() + static_cast<std::ptrdiff_t>(source.below(bytes.size())); };
  constexpr std::byte edges[]{std::byte{0}, std::byte{1}, std::byte{0x7f}, std::byte{0x80}, std::byte{0xff}};
  for (std::uint64_t times = 1 + source.below(3); times > 0 && !bytes.empty(); --times) {
    switch (source.below(6)) {
      case 0:
        *at() ^= static_cast<std::byte>(1u << source.below(8));
        break;
      case 1:
        *at() = edges[source.below(5)];
        break;
      case 2:
        bytes.erase(at());
        break;
      case 3:
        bytes.insert(at(), edges[source.below(5)]);
        break;
      case 4:
        bytes.resize(source.below(bytes.size()));
        break;
      default:
        std::fill_n(at(), 1, static_cast<std::byte>(source.next()));
    }
  }
}

/// The second decoder, which shares no code with the first. Its parts have to cover what it read without a gap.
bool walk_accepts(const message_type& message, std::int16_t version, const std::vector<std::byte>& bytes) {
  std::size_t covered = 0;
  bool gap = false;
  const auto error = walk_bytes(message, version, bytes, [&](const message_part& part) {
    gap = gap || part.offset != covered;
    covered = part.offset + part.bytes.size();
  });
  EXPECT_FALSE(gap) << message.name << " " << version;
  EXPECT_LE(covered, bytes.size());
  return !error;
}

TEST(mutated_bytes, are_refused_or_understood_the_same_way_twice) {
  std::size_t versions = 0;
  for (const message_type& message : all_messages())
    versions += static_cast<std::size_t>(message.max_unstable_version - message.min_version + 1);
  const std::size_t rounds = wanted_mutations() / versions + 1;
  std::size_t accepted = 0, refused = 0;
  seeded_random source{2026};
  protocol::arena memory{std::size_t{1} << 20};
  for (const message_type& message : all_messages()) {
    for (std::int16_t version = message.min_version; version <= message.max_unstable_version; ++version) {
      for (std::size_t round = 0; round < rounds; ++round) {
        memory.reset();
        protocol::writer original;
        ASSERT_FALSE(message.operations().random_bytes(source, version, memory, original));
        std::vector<std::byte> bytes(original.view().begin(), original.view().end());
        mutate(bytes, source);
        protocol::writer canonical;
        memory.reset();
        const failure refusal = message.operations().round_trip(bytes, version, memory, canonical);
        ASSERT_EQ(walk_accepts(message, version, bytes), !refusal)
            << message.name << " " << version << ": " << refusal.value_or("accepted");
        if (refusal) {
          ++refused;
          continue;
        }
        ++accepted;
        json_writer first, second;
        ASSERT_FALSE(message.operations().to_json(bytes, version, memory, first));
        ASSERT_FALSE(message.operations().to_json(canonical.view(), version, memory, second));
        ASSERT_EQ(first.text(), second.text()) << message.name << " " << version;
      }
    }
  }
  EXPECT_GT(accepted, rounds) << "mutations that change a value only";
  EXPECT_GT(refused, rounds) << "mutations that break the structure";
}

TEST(mutated_bytes, noise_is_refused_within_the_memory_limit) {
  seeded_random source{7};
  std::vector<std::byte> noise(4096);
  for (const message_type& message : all_messages()) {
    for (int round = 0; round < 20; ++round) {
      for (std::byte& b : noise) b = static_cast<std::byte>(round % 2 == 0 ? source.next() : source.below(3));
      protocol::arena memory{std::size_t{1} << 16};
      protocol::writer out;
      (void)message.operations().round_trip(noise, message.max_unstable_version, memory, out);
      EXPECT_LE(memory.used(), memory.limit());
    }
  }
}

}  // namespace
}  // namespace ottla
