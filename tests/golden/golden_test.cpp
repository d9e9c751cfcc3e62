// Every message in every version: what the official Java classes wrote, we read, show and write the same.
#include <gtest/gtest.h>

#include <bit>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "ottla/protocol/writer.hpp"
#include "vectors.hpp"

namespace ottla {
namespace {

using nlohmann::json;
using test::golden_vector;
using test::golden_vectors;

std::string text_of(const golden_vector& vector) {
  protocol::arena memory;
  protocol_text::json_writer out;
  const auto why = vector.message->operations().to_json(vector.bytes, vector.version, memory, out);
  EXPECT_FALSE(why) << vector.where << ": " << *why;
  return out.text();
}

/// Equal, and doubles to the bit: -0.0 is not 0.0.
bool same(const json& a, const json& b) {
  if (a.is_number_float() != b.is_number_float()) return false;
  if (a.is_number_float())
    return std::bit_cast<std::uint64_t>(a.get<double>()) == std::bit_cast<std::uint64_t>(b.get<double>());
  if (!a.is_structured()) return a == b;
  if (a.type() != b.type() || a.size() != b.size()) return false;
  for (const auto& [key, value] : a.items()) {
    if (a.is_object() && !b.contains(key)) return false;
    if (!same(value, a.is_object() ? b.at(key) : b.at(std::stoul(key)))) return false;
  }
  return true;
}

/// What there is of one kind of message, and how much of it the vectors hold.
struct covered_share {
  std::size_t messages = 0, versions = 0, vectors = 0;
};

TEST(golden, vectors_cover_every_version_of_every_message_and_unknown_tags_in_each_that_is_flexible) {
  std::map<std::pair<std::string_view, std::int16_t>, std::size_t> vectors, with_unknown_tags;
  for (const golden_vector& vector : golden_vectors()) {
    ++vectors[{vector.message->name, vector.version}];
    if (vector.unknown_tags) ++with_unknown_tags[{vector.message->name, vector.version}];
  }
  std::map<protocol_text::message_kind, covered_share> shares;
  for (const auto& message : protocol_text::all_messages()) {
    covered_share& share = shares[message.kind];
    ++share.messages;
    for (std::int16_t version = message.min_version; version <= message.max_unstable_version; ++version) {
      const std::pair one{message.name, version};
      ++share.versions;
      share.vectors += vectors[one];
      EXPECT_GE(vectors[one], 2U) << message.name << " " << version << " has no vectors";
      if (version < message.first_flexible_version) continue;
      EXPECT_GE(with_unknown_tags[one], 1U) << message.name << " " << version << " has none with unknown tags";
    }
  }
  for (const auto& [kind, share] : shares) {
    std::cout << name(kind) << ": " << share.messages << " messages, " << share.versions << " versions, "
              << share.vectors << " vectors\n";
  }
}

TEST(golden, official_bytes_are_shown_as_the_official_json) {
  for (const golden_vector& vector : golden_vectors())
    EXPECT_TRUE(same(json::parse(text_of(vector)), json::parse(vector.json)))
        << vector.where << "\nours:     " << text_of(vector) << "\nofficial: " << vector.json;
}

TEST(golden, official_json_is_written_as_the_official_bytes) {
  for (const golden_vector& vector : golden_vectors()) {
    if (vector.unknown_tags) continue;
    protocol::arena memory;
    protocol::writer out;
    std::string error;
    auto* parsed = protocol_text::parse_json(vector.json, memory, error);
    ASSERT_NE(parsed, nullptr) << vector.where << ": " << error;
    const auto why = vector.message->operations().from_json(*parsed, vector.version, memory, out);
    EXPECT_FALSE(why) << vector.where << ": " << *why;
    EXPECT_TRUE(std::ranges::equal(out.view(), vector.bytes)) << vector.where;
  }
}

TEST(golden, official_bytes_survive_reading_and_writing_unknown_tags_included) {
  for (const golden_vector& vector : golden_vectors()) {
    protocol::arena memory;
    protocol::writer out;
    const auto why = vector.message->operations().round_trip(vector.bytes, vector.version, memory, out);
    EXPECT_FALSE(why) << vector.where << ": " << *why;
    EXPECT_TRUE(std::ranges::equal(out.view(), vector.bytes)) << vector.where;
  }
}

TEST(golden, no_proper_prefix_of_official_bytes_is_a_message) {
  for (const golden_vector& vector : golden_vectors()) {
    const std::size_t stride = vector.bytes.size() / 64 + 1;
    for (std::size_t size = 0; size < vector.bytes.size(); size += stride) {
      protocol::arena memory;
      protocol_text::json_writer out;
      const protocol::bytes_view prefix{vector.bytes.data(), size};
      EXPECT_TRUE(vector.message->operations().to_json(prefix, vector.version, memory, out))
          << vector.where << ", " << size;
      EXPECT_TRUE(out.text().empty());
    }
  }
}

}  // namespace
}  // namespace ottla
