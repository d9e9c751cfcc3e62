// Groups: whom they are asked of, what happens while coordinators move and load, and what all brokers say together.
#include "groups_fixture.hpp"
#include "ottla/protocol/list_groups.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;
using protocol::array;
using protocol::DeleteGroupsRequest;
using protocol::error_code;
using protocol::FindCoordinatorRequest;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

using groups = groups_fixture;

TEST_F(groups, are_asked_of_their_coordinators_together_after_one_lookup) {
  const std::vector<std::string> names{"b", "a", "c"};
  const auto done = remove(names);
  ASSERT_EQ(done.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(done[i].group, names[i]);
    EXPECT_FALSE(done[i].failure) << done[i].failure.message();
  }
  EXPECT_EQ(lookups_, 1);
  EXPECT_EQ(deleted_, (std::vector<std::string>{"b1:1", "b2:2"}));
}

TEST_F(groups, are_looked_up_one_by_one_at_brokers_that_know_no_batches) {
  brokers_.offered[FindCoordinatorRequest::api_key] = 3;
  for (const deleted_group& one : remove({"a", "b", "c"})) EXPECT_FALSE(one.failure) << one.failure.message();
  EXPECT_EQ(lookups_, 3);
  EXPECT_EQ(deleted_, (std::vector<std::string>{"b1:1", "b2:2"}));
}

TEST_F(groups, C_39_a_coordinator_that_moved_is_looked_up_again_for_that_group_alone) {
  told_["c"] = {3};
  for (const deleted_group& one : remove({"a", "b", "c"})) EXPECT_FALSE(one.failure) << one.failure.message();
  EXPECT_EQ(lookups_, 2);
  EXPECT_EQ(deleted_, (std::vector<std::string>{"b1:1", "b2:1", "b3:1", "b2:1"}));
}

TEST_F(groups, C_39_a_coordinator_that_loads_is_waited_for_and_not_looked_up_again) {
  says_ = {error_code::coordinator_load_in_progress, error_code::coordinator_load_in_progress};
  const auto done = remove({"a"});
  EXPECT_FALSE(done[0].failure) << done[0].failure.message();
  EXPECT_EQ(lookups_, 1);
  EXPECT_EQ(deleted_.size(), 3u);
}

TEST_F(groups, C_39_a_coordinator_that_is_none_yet_is_waited_for) {
  told_["a"] = {-1, -1};
  EXPECT_FALSE(remove({"a"})[0].failure);
  EXPECT_EQ(lookups_, 3);
}

TEST_F(groups, C_39_a_coordinator_that_cannot_be_reached_is_looked_up_again) {
  told_["a"] = {3};
  const auto usual = std::exchange(on_[DeleteGroupsRequest::api_key], {});
  on_[DeleteGroupsRequest::api_key] = [this, usual](const wire_request& one) {
    if (one.link->to.host == "b3") return brokers_.world.io.end(*one.link);
    usual(one);
  };
  const auto done = remove({"a"}, 10s, true);
  EXPECT_FALSE(done[0].failure) << done[0].failure.message();
  EXPECT_EQ(lookups_, 2);
}

TEST_F(groups, a_deletion_whose_answer_was_lost_is_not_repeated_unless_that_does_no_harm) {
  on_[DeleteGroupsRequest::api_key] = [this](const wire_request& one) {
    deleted_.push_back(one.link->to.host);
    brokers_.world.io.end(*one.link);
  };
  const auto done = remove({"a"});
  EXPECT_TRUE(done[0].failure.is(client_code::disconnected));
  EXPECT_EQ(done[0].failure.persisted(), persistence::possibly);
  EXPECT_EQ(deleted_.size(), 1u);
}

TEST_F(groups, what_never_comes_ends_at_the_deadline_with_the_last_reason) {
  told_["a"] = std::deque<int>(1000, -1);
  const auto done = remove({"a", "b"}, 3s);
  EXPECT_TRUE(done[0].failure.is(error_code::coordinator_not_available)) << done[0].failure.message();
  EXPECT_GT(done[0].failure.context().attempts, 2);
  EXPECT_FALSE(done[1].failure) << "the others do not wait for it";
  EXPECT_LE(since_start(), 3s);
}

TEST_F(groups, a_refusal_is_told_for_its_group) {
  says_ = {error_code::non_empty_group};
  const auto done = remove({"a", "b"});
  EXPECT_TRUE(done[0].failure.is(error_code::non_empty_group));
  EXPECT_NE(done[0].failure.message().find("delete group a at b1:9092"), std::string::npos);
  EXPECT_FALSE(done[1].failure);
}

TEST_F(groups, named_twice_are_a_callers_mistake) {
  const std::vector<std::string> names{"a", "a"};
  const auto done = open().delete_groups(names);
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(client_code::invalid_argument));
}

class listing : public groups_fixture {
 protected:
  listing() {
    on_[ListGroupsRequest::api_key] = [this](const wire_request& one) {
      const std::string& host = one.link->to.host;
      if (silent_.contains(host)) return;
      std::vector<ListGroupsResponse::ListedGroup> list;
      for (const std::string& name : at_[host]) {
        auto& part = list.emplace_back();
        part.group_id = name;
        part.protocol_type = "consumer";
      }
      ListGroupsResponse out;
      out.groups = array<ListGroupsResponse::ListedGroup>(list);
      answer(one, out);
    };
  }
  std::map<std::string, std::vector<std::string>> at_;
  std::set<std::string> silent_;
};

TEST_F(listing, C_58_merges_all_brokers_and_tells_a_group_that_moved_once) {
  at_ = {{"b1", {"z", "m"}}, {"b2", {"m", "a"}}, {"b3", {}}};
  const auto found = open().list_groups();
  ASSERT_TRUE(found) << found.error().message();
  std::vector<std::string> names;
  for (const auto& one : found->groups) names.push_back(one.group + std::to_string(one.coordinator));
  EXPECT_EQ(names, (std::vector<std::string>{"a2", "m1", "z1"}));
  EXPECT_TRUE(found->failures.empty());
}

TEST_F(listing, keeps_what_the_others_say_when_one_broker_is_silent) {
  at_ = {{"b1", {"x"}}, {"b3", {"y"}}};
  silent_ = {"b2"};
  const auto found = open().list_groups({.timeout = 5s});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->groups.size(), 2u);
  ASSERT_EQ(found->failures.size(), 1u);
  EXPECT_EQ(found->failures[0].broker, 2);
  EXPECT_TRUE(found->failures[0].failure.is(client_code::timed_out));
  EXPECT_LE(since_start(), 6s);
}

TEST_F(listing, refuses_filters_that_older_brokers_would_pass_over) {
  brokers_.offered[ListGroupsRequest::api_key] = 4;
  const auto by_type = open().list_groups({.types = {"consumer"}});
  ASSERT_FALSE(by_type);
  EXPECT_TRUE(by_type.error().is(client_code::unsupported_version));
}

}  // namespace
}  // namespace ottla::test
