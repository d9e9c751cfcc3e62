// Access control: which entry counts for whom, what is told of what one may not see, and what a test forbids.
#include "acl_support.hpp"
#include "fetch_support.hpp"
#include "ottla/mock/memory_disk.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/init_producer_id.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;
constexpr auto fine = error_code::none;
constexpr auto forbidden = error_code::topic_authorization_failed;

class access_control : public testing::Test {
 protected:
  access_control() {
    EXPECT_EQ(kafka.create_topic("orders", 1), "");
    EXPECT_EQ(kafka.create_topic("orders-eu", 1), "");
  }
  void say(const acl& entry) { EXPECT_EQ(kafka.add_acl(entry), ""); }

  mock::broker kafka{asking()};
  client_end alice = someone(kafka, "alice");
  client_end bob = someone(kafka, "bob");
  client_end root = someone(kafka, "root");
};

TEST_F(access_control, without_an_entry_only_super_users_may) {
  EXPECT_EQ(sees(alice, "orders"), forbidden);
  EXPECT_EQ(sees(root, "orders"), fine);
  client_end nobody(kafka);
  EXPECT_EQ(sees(nobody, "orders"), forbidden);
  say({.name = "orders", .operation = acl_operation::read, .principal = "User:ANONYMOUS"});
  EXPECT_EQ(sees(nobody, "orders"), fine);
}

TEST_F(access_control, to_write_is_to_see_and_not_to_read) {
  say(allowing("alice", acl_operation::write, "orders"));
  EXPECT_EQ(sees(alice, "orders"), fine);
  EXPECT_EQ(produce(alice, "orders", 0, batch({})).error, fine);
  EXPECT_EQ(fetch(alice, {.partitions = {{"orders", 0, 0}}}).parts[0].error, forbidden);
  EXPECT_EQ(produce(bob, "orders", 0, batch({})).error, forbidden);
}

TEST_F(access_control, a_denial_counts_more_than_any_permission) {
  say(allowing("alice", acl_operation::all, "orders"));
  say({.name = "ord",
       .operation = acl_operation::write,
       .permission = acl_permission::deny,
       .principal = "User:CN=alice",
       .pattern = pattern_kind::prefixed});
  EXPECT_EQ(produce(alice, "orders", 0, batch({})).error, forbidden);
  EXPECT_EQ(sees(alice, "orders"), fine) << "a denial of WRITE implies nothing";
}

TEST_F(access_control, a_prefix_is_for_all_names_that_begin_so_and_the_star_for_all_names) {
  say({.name = "orders-",
       .operation = acl_operation::read,
       .principal = "User:CN=alice",
       .pattern = pattern_kind::prefixed});
  EXPECT_EQ(sees(alice, "orders-eu"), fine);
  EXPECT_EQ(sees(alice, "orders"), forbidden);
  say({.name = "*", .operation = acl_operation::describe});
  EXPECT_EQ(sees(bob, "orders"), fine);
  EXPECT_EQ(sees(bob, "orders-eu"), fine);
}

TEST_F(access_control, an_entry_may_be_for_one_host) {
  say({.name = "orders", .operation = acl_operation::read, .principal = "User:CN=alice", .host = "10.0.0.7"});
  EXPECT_EQ(sees(alice, "orders"), forbidden);
  client_end at_work = someone(kafka, "alice", start, "10.0.0.7");
  EXPECT_EQ(sees(at_work, "orders"), fine);
}

TEST_F(access_control, the_list_of_all_topics_leaves_out_what_one_may_not_see) {
  say(allowing("alice", acl_operation::describe, "orders-eu"));
  const auto told = alice.ask(protocol::MetadataRequest{.topics = std::nullopt});
  ASSERT_EQ(told->topics.size(), 1u);
  EXPECT_EQ(told->topics[0].name, "orders-eu");
}

TEST_F(access_control, one_forbidden_topic_leaves_the_others_of_a_request_alone) {
  say(allowing("alice", acl_operation::all, "orders"));
  EXPECT_EQ(produce(root, "orders", 0, batch({.values = {"a"}})).error, fine);
  const auto told = fetch(alice, {.partitions = {{"orders-eu", 0, 0}, {"orders", 0, 0}}});
  ASSERT_EQ(told.parts.size(), 2u);
  EXPECT_EQ(told.parts[0].error, forbidden);
  EXPECT_EQ(told.parts[1].values, std::vector<std::string>{"a"});
}

TEST_F(access_control, a_fetch_does_not_come_back_at_once_because_one_of_its_topics_is_forbidden) {
  say(allowing("alice", acl_operation::read, "orders"));
  ask_fetch(alice, {.partitions = {{"orders-eu", 0, 0}, {"orders", 0, 0}}, .max_wait = 500});
  EXPECT_FALSE(take_fetch(alice).has_value());
  kafka.step(later(start, 500ms));
  EXPECT_TRUE(take_fetch(alice).has_value());
}

TEST_F(access_control, whoever_may_write_to_any_topic_may_be_idempotent) {
  protocol::InitProducerIdRequest request;
  request.transactional_id = std::nullopt;
  EXPECT_EQ(alice.ask(request)->error_code, error_code::cluster_authorization_failed);
  say({.name = "ord",
       .operation = acl_operation::write,
       .principal = "User:CN=alice",
       .pattern = pattern_kind::prefixed});
  EXPECT_EQ(alice.ask(request)->error_code, fine);
  say({.name = "or",
       .operation = acl_operation::all,
       .permission = acl_permission::deny,
       .principal = "User:CN=alice",
       .pattern = pattern_kind::prefixed});
  EXPECT_EQ(alice.ask(request)->error_code, error_code::cluster_authorization_failed) << "a wider denial covers it";
}

TEST_F(access_control, what_is_allowed_is_told_as_bits_where_a_client_asks) {
  protocol::DescribeClusterRequest request;
  request.include_cluster_authorized_operations = true;
  EXPECT_EQ(alice.ask(request)->cluster_authorized_operations, 0);
  say({.resource = resource_kind::cluster,
       .name = "kafka-cluster",
       .operation = acl_operation::alter,
       .principal = "User:CN=alice"});
  EXPECT_EQ(alice.ask(request)->cluster_authorized_operations, 1 << 7 | 1 << 8);
}

TEST_F(access_control, entries_are_made_found_and_removed_by_those_who_may_alter_the_cluster) {
  protocol::CreateAclsRequest::AclCreation made{2, "orders", 3, "User:CN=alice", "*", 3, 3, {}};
  protocol::CreateAclsRequest create;
  create.creations = {&made, 1};
  EXPECT_EQ(alice.ask(create)->results[0].error_code, error_code::cluster_authorization_failed);
  EXPECT_EQ(root.ask(create)->results[0].error_code, fine);
  EXPECT_EQ(sees(alice, "orders"), fine);

  const protocol::DescribeAclsRequest everything{1, std::nullopt, 1, std::nullopt, std::nullopt, 1, 1, {}};
  EXPECT_EQ(alice.ask(everything)->error_code, error_code::cluster_authorization_failed);
  const auto told = root.ask(everything);
  ASSERT_EQ(told->resources.size(), 1u);
  EXPECT_EQ(told->resources[0].resource_name, "orders");
  EXPECT_EQ(told->resources[0].acls[0].principal, "User:CN=alice");

  protocol::DeleteAclsRequest::DeleteAclsFilter filter{2, "orders", 2, std::nullopt, std::nullopt, 1, 1, {}};
  protocol::DeleteAclsRequest remove;
  remove.filters = {&filter, 1};
  EXPECT_EQ(alice.ask(remove)->filter_results[0].error_code, error_code::cluster_authorization_failed);
  EXPECT_EQ(root.ask(remove)->filter_results[0].matching_acls.size(), 1u);
  EXPECT_EQ(sees(alice, "orders"), forbidden);
  EXPECT_EQ(root.ask(everything)->resources.size(), 0u);
}

TEST_F(access_control, entries_past_the_memory_for_them_are_refused) {
  auto options = asking();
  options.authorization.max_bytes = 1000;
  mock::broker small(options);
  EXPECT_EQ(small.add_acl(allowing("alice", acl_operation::read, "orders")), "");
  EXPECT_NE(small.add_acl(allowing("alice", acl_operation::read, std::string(1000, 'x'))), "");
}

TEST(AccessControl, EntriesAreKeptOnTheDiskAndSoIsTheirEnd) {
  mock::memory_disk disk;
  {
    mock::broker kafka(asking());
    ASSERT_EQ(kafka.open(disk).error, "");
    ASSERT_EQ(kafka.create_topic("orders", 1), "");
    ASSERT_EQ(kafka.add_acl(allowing("alice", acl_operation::read, "orders")), "");
    ASSERT_EQ(kafka.add_acl(allowing("bob", acl_operation::read, "orders")), "");
    protocol::DeleteAclsRequest::DeleteAclsFilter filter{2, "orders", 3, "User:CN=bob", std::nullopt, 1, 1, {}};
    protocol::DeleteAclsRequest remove;
    remove.filters = {&filter, 1};
    client_end root = someone(kafka, "root");
    ASSERT_EQ(root.ask(remove)->filter_results[0].matching_acls.size(), 1u);
  }
  mock::broker kafka(asking());
  ASSERT_EQ(kafka.open(disk).error, "");
  client_end alice = someone(kafka, "alice");
  client_end bob = someone(kafka, "bob");
  EXPECT_EQ(sees(alice, "orders"), fine);
  EXPECT_EQ(sees(bob, "orders"), forbidden);
}

TEST(AccessControl, WithoutAnAuthorizerNobodyIsAskedAndEntriesCannotBeMade) {
  mock::broker kafka;
  ASSERT_EQ(kafka.create_topic("orders", 1), "");
  client_end alice(kafka);
  EXPECT_EQ(sees(alice, "orders"), fine);
  protocol::CreateAclsRequest::AclCreation made{2, "orders", 3, "User:x", "*", 3, 3, {}};
  protocol::CreateAclsRequest create;
  create.creations = {&made, 1};
  EXPECT_EQ(alice.ask(create)->results[0].error_code, error_code::security_disabled);
}

TEST(AccessControl, WhatATestForbidsIsForbiddenToWhomeverItFitsUntilItIsCleared) {
  mock::broker kafka;
  ASSERT_EQ(kafka.create_topic("orders", 1), "");
  client_end client(kafka);
  kafka.forbid({.resource = resource_kind::topic, .name = "orders", .operation = acl_operation::write});
  EXPECT_EQ(produce(client, "orders", 0, batch({})).error, forbidden);
  EXPECT_EQ(sees(client, "orders"), fine);
  kafka.clear_forbidden();
  EXPECT_EQ(produce(client, "orders", 0, batch({})).error, fine);
}

}  // namespace
}  // namespace ottla::test
