// The tables say what the schemas say, and hang together.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ottla/protocol_text/schema_table.hpp"

namespace ottla {
namespace {

using namespace protocol_text;

const struct_schema& root_of(std::string_view api, message_kind kind) {
  return schema_of(*find_message(api, kind)).root();
}

TEST(schema_table, has_a_root_of_its_own_for_every_message) {
  for (const message_type& message : all_messages()) {
    const struct_schema& root = schema_of(message).root();
    EXPECT_EQ(root.name.view(), message.name);
    EXPECT_EQ(root.versions, versions_of(message));
  }
}

/// How deep it goes; a walk relies on there being an end.
int depth_of(const struct_schema& structure, int around) {
  int deepest = around;
  EXPECT_LT(around, 8) << structure.name.view();
  if (around >= 8) return around;
  for (const field_schema& field : structure.fields()) {
    EXPECT_FALSE(field.name.empty()) << structure.name.view();
    EXPECT_FALSE(field.versions.empty()) << field.name.view();
    EXPECT_GE(field.versions.first, structure.versions.first) << field.name.view();
    EXPECT_LE(field.versions.last, structure.versions.last) << field.name.view();
    EXPECT_EQ(field.structure() != nullptr, field.type == field_type::structure) << field.name.view();
    EXPECT_EQ(structure.find(field.name.view(), field.versions.first), &field);
    if (field.structure() != nullptr) deepest = std::max(deepest, depth_of(*field.structure(), around + 1));
  }
  return deepest;
}

TEST(schema_table, ends_below_every_struct) {
  int deepest = 0;
  for (const message_type& message : all_messages())
    deepest = std::max(deepest, depth_of(schema_of(message).root(), 1));
  EXPECT_EQ(deepest, 6);
}

TEST(schema_table, says_what_a_schema_line_says) {
  const struct_schema& fetch = root_of("Fetch", message_kind::request);
  const field_schema* max_bytes = fetch.find("maxBytes", 4);
  ASSERT_NE(max_bytes, nullptr);
  EXPECT_EQ(max_bytes->type, field_type::int32);
  EXPECT_EQ(max_bytes->default_value.view(), "2147483647");
  EXPECT_TRUE(max_bytes->ignorable);
  EXPECT_NE(max_bytes->comment.view().find("KIP-74"), std::string_view::npos);
  EXPECT_FALSE(max_bytes->tagged());
  const field_schema* cluster = fetch.find("clusterId", 12);
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->tag, 0);
  EXPECT_EQ(cluster->default_value.view(), "null");
  EXPECT_EQ(cluster->versions, (version_range{12, 18}));
  EXPECT_EQ(fetch.find_tag(0, 12), cluster);
  EXPECT_EQ(fetch.find_tag(0, 11), nullptr) << "not in this version";
  EXPECT_EQ(fetch.find_tag(7, 12), nullptr);
  const field_schema* topics = fetch.find("topics", 4);
  ASSERT_NE(topics, nullptr);
  EXPECT_EQ(topics->structure()->name.view(), "FetchTopic");
  EXPECT_EQ(topics->structure()->find("topic", 4)->entity.view(), "topicName");
  EXPECT_EQ(fetch.find("nothing", 4), nullptr);
  EXPECT_EQ(fetch.find("clusterId", 11), nullptr) << "not in this version";
  EXPECT_TRUE(root_of("SaslAuthenticate", message_kind::request).find("authBytes", 0)->secret);
  EXPECT_TRUE(root_of("RequestHeader", message_kind::header).find("clientId", 1)->never_compact);
}

TEST(schema_table, spells_types_and_versions_as_a_schema_line_does) {
  const message_type& metadata = *find_message("Metadata", message_kind::request);
  const field_schema& topics = *root_of("Metadata", message_kind::request).find("topics", 0);
  EXPECT_EQ(type_text(topics, 0), "[MetadataRequestTopic]");
  EXPECT_EQ(type_text(topics, 1), "[MetadataRequestTopic]?");
  EXPECT_EQ(type_text(*root_of("Metadata", message_kind::response).find("errorCode", 13), 13), "int16");
  EXPECT_EQ(range_text({4, metadata.max_unstable_version}, metadata), "4+");
  EXPECT_EQ(range_text({8, 10}, metadata), "8-10");
  EXPECT_EQ(range_text({7, 7}, metadata), "7");
  EXPECT_EQ(range_text({1, 0}, metadata), "none");
}

TEST(schema_table, has_messages_comments_and_what_is_deprecated) {
  EXPECT_NE(schema_of(*find_message("Fetch", message_kind::request)).comment.view().find("KIP-227"),
            std::string_view::npos);
  EXPECT_TRUE(schema_of(*find_message("Fetch", message_kind::request)).deprecated.empty());
}

TEST(schema_table, finds_the_first_name_that_no_field_has) {
  const message_type& metadata = *find_message("Metadata", message_kind::request);
  const auto unknown = [&](std::string_view text) {
    protocol::arena memory;
    std::string error;
    return find_unknown_member(*parse_json(text, memory, error), metadata, 4).value_or("");
  };
  EXPECT_EQ(unknown(R"({"topics":[{"name":"a"}],"_note":1,"allowAutoTopicCreation":true})"), "");
  EXPECT_EQ(unknown(R"({"topics":[{"name":"a"},{"nam":"b"}]})"),
            "there is no topics[1].nam in version 4; did you mean name?");
  EXPECT_EQ(unknown(R"({"zzzzzzzz":1})"), "there is no zzzzzzzz in version 4");
  EXPECT_EQ(unknown(R"({"topics":{"nme":1}})"), "there is no topics.nme in version 4; did you mean name?");
  EXPECT_EQ(unknown("[1]"), "");
}

}  // namespace
}  // namespace ottla
