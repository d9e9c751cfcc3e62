// The walk by tables against official bytes: every byte named once, and the values those of the official JSON.
#include <gtest/gtest.h>

#include <bit>
#include <nlohmann/json.hpp>
#include <string>

#include "ottla/protocol_text/byte_walk.hpp"
#include "ottla/protocol_text/encodings.hpp"
#include "vectors.hpp"

namespace ottla {
namespace {

using namespace protocol_text;
using nlohmann::json;
using test::golden_vector;
using test::golden_vectors;

/// The place of "a[0].b" in a document that grows as it is asked.
json& place(json& document, std::string_view path) {
  json* at = &document;
  while (!path.empty()) {
    if (path.front() == '[') {
      const std::size_t end = path.find(']');
      at = &(*at)[std::stoul(std::string{path.substr(1, end - 1)})];
      path.remove_prefix(end + 1);
    } else {
      if (path.front() == '.') path.remove_prefix(1);
      const std::size_t end = path.find_first_of(".[");
      at = &(*at)[std::string{path.substr(0, end)}];
      path.remove_prefix(std::min(path.size(), end));
    }
  }
  return *at;
}

json value_of(const message_part& part) {
  std::string text;
  switch (part.field->type) {
    case field_type::boolean:
      return part.number != 0;
    case field_type::float64: {
      const auto real = std::bit_cast<double>(part.number);
      if (real != real) return "NaN";
      if (real - real != 0) return real < 0 ? "-Infinity" : "Infinity";
      return real;
    }
    case field_type::uuid: {
      protocol::uuid id;
      std::ranges::copy(part.bytes, id.bytes.begin());
      append_uuid(text, id);
      return text;
    }
    case field_type::string:
      return std::string{protocol::as_text(part.bytes)};
    case field_type::bytes:
    case field_type::records:
      append_base64(text, part.bytes);
      return text;
    default:
      return part.number;
  }
}

void put(json& document, const message_part& part) {
  switch (part.kind) {
    case part_kind::value:
      place(document, part.path) = value_of(part);
      break;
    case part_kind::null:
      place(document, part.path) = nullptr;
      break;
    case part_kind::count:
      place(document, part.path) = json::array();
      break;
    case part_kind::present:
      place(document, part.path) = json::object();
      break;
    case part_kind::tag_count: {  // a struct may hold nothing else
      json& holder = place(document, part.path.substr(0, part.path.rfind('_')).substr(0, part.path.rfind('.')));
      if (holder.is_null()) holder = json::object();
      break;
    }
    default:
      break;
  }
}

TEST(golden_walk, names_every_official_byte_once) {
  for (const golden_vector& vector : golden_vectors()) {
    std::size_t covered = 0;
    const auto error = walk_bytes(*vector.message, vector.version, vector.bytes, [&](const message_part& part) {
      ASSERT_EQ(part.offset, covered) << vector.where << ", " << part.path;
      ASSERT_EQ(part.bytes.data(), vector.bytes.data() + covered);
      ASSERT_TRUE(part.versions.has(vector.version)) << vector.where << ", " << part.path;
      covered += part.bytes.size();
    });
    EXPECT_FALSE(error) << vector.where << ": " << error->message();
    EXPECT_EQ(covered, vector.bytes.size()) << vector.where;
  }
}

TEST(golden_walk, finds_the_values_of_the_official_json) {
  for (const golden_vector& vector : golden_vectors()) {
    json found = json::object();
    const auto error =
        walk_bytes(*vector.message, vector.version, vector.bytes, [&](const message_part& part) { put(found, part); });
    ASSERT_FALSE(error) << vector.where << ": " << error->message();
    EXPECT_EQ(found, json::parse(vector.json)) << vector.where;
  }
}

TEST(golden_walk, says_where_a_cut_message_ends_and_what_was_expected) {
  for (const golden_vector& vector : golden_vectors()) {
    const std::size_t stride = vector.bytes.size() / 16 + 1;
    for (std::size_t size = 0; size < vector.bytes.size(); size += stride) {
      std::size_t covered = 0;
      const auto error = walk_bytes(*vector.message, vector.version, {vector.bytes.data(), size},
                                    [&](const message_part& part) { covered += part.bytes.size(); });
      ASSERT_TRUE(error) << vector.where << ", " << size;
      EXPECT_LE(error->offset, size) << vector.where;
      EXPECT_LE(covered, size) << vector.where;
      EXPECT_FALSE(error->path.empty()) << vector.where << ": " << error->message();
    }
  }
}

}  // namespace
}  // namespace ottla
