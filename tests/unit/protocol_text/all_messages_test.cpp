// What holds for every message in every version, on random values.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ottla/protocol_text/messages.hpp"

namespace ottla {
namespace {

using namespace protocol_text;

/// Calls f(message, version, random bytes) a few times per message and version.
template <class F>
void for_random_messages(std::uint64_t seed, int rounds, F&& f) {
  for (const message_type& message : all_messages()) {
    for (std::int16_t version = message.min_version; version <= message.max_unstable_version; ++version) {
      seeded_random source{seed ^ (message.name.size() * 7919 + static_cast<std::uint64_t>(message.name.front())) ^
                           static_cast<std::uint64_t>(version)};
      for (int round = 0; round < rounds; ++round) {
        protocol::arena memory;
        protocol::writer out;
        const failure why = message.operations().random_bytes(source, version, memory, out);
        ASSERT_FALSE(why) << message.name << " " << version << ": " << *why;
        f(message, version, out.view());
      }
    }
  }
}

TEST(all_messages, what_is_ahead_or_unstable_is_not_the_highest_that_is_spoken) {
  std::size_t ahead = 0;
  for (const message_type& message : all_messages()) {
    EXPECT_LT(message.max_version, message.first_ahead_version) << message.name;
    EXPECT_LE(message.max_version, message.max_unstable_version) << message.name;
    if (message.first_ahead_version <= message.max_unstable_version) ++ahead;
  }
  EXPECT_EQ(ahead, 15U);  // of Kafka 4.4
}

TEST(all_messages, are_found_by_api_and_kind) {
  EXPECT_EQ(all_messages().size(), 195u);
  for (const message_type& message : all_messages()) EXPECT_EQ(find_message(message.api, message.kind), &message);
  EXPECT_EQ(find_message("Fetch", message_kind::data), nullptr);
  EXPECT_EQ(nearest_message("metdata"), "Metadata");
  EXPECT_EQ(nearest_message("zzzzzzzzzzzzzz"), "");
}

TEST(all_messages, survive_reading_and_writing) {
  for_random_messages(1, 10, [](const message_type& message, std::int16_t version, protocol::bytes_view bytes) {
    protocol::arena memory;
    protocol::writer out;
    const failure why = message.operations().round_trip(bytes, version, memory, out);
    ASSERT_FALSE(why) << message.name << " " << version << ": " << *why;
    ASSERT_TRUE(std::ranges::equal(out.view(), bytes)) << message.name << " " << version;
  });
}

TEST(all_messages, survive_json_but_for_unknown_tags) {
  for_random_messages(2, 5, [](const message_type& message, std::int16_t version, protocol::bytes_view bytes) {
    protocol::arena memory;
    json_writer text;
    ASSERT_FALSE(message.operations().to_json(bytes, version, memory, text));
    std::string error;
    json_value* parsed = parse_json(text.text(), memory, error);
    ASSERT_NE(parsed, nullptr) << error << "\n" << text.text();
    protocol::writer out;
    const failure why = message.operations().from_json(*parsed, version, memory, out);
    ASSERT_FALSE(why) << message.name << " " << version << ": " << *why << "\n" << text.text();
    json_writer again;
    ASSERT_FALSE(message.operations().to_json(out.view(), version, memory, again));
    ASSERT_EQ(text.text(), again.text());
  });
}

TEST(all_messages, have_no_proper_prefix_that_is_a_message) {
  for_random_messages(3, 2, [](const message_type& message, std::int16_t version, protocol::bytes_view bytes) {
    for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 50) {
      protocol::arena memory;
      json_writer text;
      ASSERT_TRUE(message.operations().to_json(bytes.first(size), version, memory, text))
          << message.name << " " << version;
    }
  });
}

TEST(all_messages, random_bytes_are_the_same_for_the_same_seed) {
  const message_type* fetch = find_message("Fetch", message_kind::response);
  protocol::arena memory;
  protocol::writer first, second, other;
  seeded_random one{7}, same{7}, different{8};
  ASSERT_FALSE(fetch->operations().random_bytes(one, 12, memory, first));
  ASSERT_FALSE(fetch->operations().random_bytes(same, 12, memory, second));
  ASSERT_FALSE(fetch->operations().random_bytes(different, 12, memory, other));
  EXPECT_TRUE(std::ranges::equal(first.view(), second.view()));
  EXPECT_FALSE(std::ranges::equal(first.view(), other.view()));
}

}  // namespace
}  // namespace ottla
