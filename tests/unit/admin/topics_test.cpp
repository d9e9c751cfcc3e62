// Creating and deleting topics: whom the request goes to, when it is repeated, and how each topic's outcome is told.
#include "fixture.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/delete_topics.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using protocol::error_code;

class creating : public admin_fixture {
 protected:
  creating() {
    brokers_.brokers = {{1, "b1"}, {2, "b2"}};
    on_[CreateTopicsRequest::api_key] = [this](const wire_request& one) { create(one); };
  }

  void create(const wire_request& one) {
    const auto question = read_request<CreateTopicsRequest>(one);
    std::vector<CreateTopicsResponse::CreatableTopicResult> parts(question->topics.size());
    const std::vector<error_code> codes = scripted_.empty() ? std::vector<error_code>(parts.size()) : scripted_.front();
    if (!scripted_.empty()) scripted_.pop_front();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].name = question->topics[i].name;
      parts[i].error_code = codes.at(i);
      asked_partitions_.push_back(question->topics[i].num_partitions);
      asked_replicas_.push_back(question->topics[i].replication_factor);
    }
    CreateTopicsResponse out;
    out.topics = protocol::array<CreateTopicsResponse::CreatableTopicResult>(parts);
    answer(one, out);
  }
  static std::vector<new_topic> named(std::initializer_list<std::string_view> names) {
    std::vector<new_topic> out;
    for (const std::string_view name : names)
      out.push_back({.name = std::string(name), .partitions = 3, .replication_factor = 1, .configs = {}});
    return out;
  }

  std::deque<std::vector<error_code>> scripted_;
  std::vector<std::int32_t> asked_partitions_;
  std::vector<std::int16_t> asked_replicas_;
};

TEST_F(creating, asks_the_controller) {
  brokers_.controller = 2;
  auto made = open().create_topics(named({"t"}));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_FALSE((*made)[0].failure);
  EXPECT_EQ(hosts_, std::vector<std::string>{"b2"});
}

TEST_F(creating, follows_a_controller_that_moved) {
  brokers_.controller = 1;
  scripted_ = {{error_code::not_controller, error_code::not_controller}};
  auto admin = open();
  on_[CreateTopicsRequest::api_key] = [this](const wire_request& one) {
    brokers_.controller = 2;  // the next metadata says so
    create(one);
  };
  auto made = admin.create_topics(named({"a", "b"}));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_FALSE((*made)[0].failure);
  EXPECT_EQ(hosts_, (std::vector<std::string>{"b1", "b2"}));
}

TEST_F(creating, does_not_repeat_a_request_of_which_a_part_was_done) {
  scripted_ = {{error_code::none, error_code::not_controller}};
  auto made = open().create_topics(named({"a", "b"}));
  ASSERT_TRUE(made);
  EXPECT_FALSE((*made)[0].failure);
  EXPECT_TRUE((*made)[1].failure.is(error_code::not_controller));
  EXPECT_EQ(hosts_.size(), 1u);
}

TEST_F(creating, tells_each_topics_failure_with_name_and_broker) {
  scripted_ = {{error_code::none, error_code::topic_already_exists}};
  auto made = open().create_topics(named({"a", "b"}));
  ASSERT_TRUE(made);
  const std::string sentence = (*made)[1].failure.message();
  EXPECT_NE(sentence.find("create topic b"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("b1:9092"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("TOPIC_ALREADY_EXISTS"), std::string::npos) << sentence;
}

TEST_F(creating, takes_an_existing_topic_for_made_if_that_was_allowed) {
  scripted_ = {{error_code::topic_already_exists}};
  auto made = open().create_topics(named({"a"}), {.if_not_exists = true});
  ASSERT_TRUE(made);
  EXPECT_FALSE((*made)[0].failure);
  EXPECT_TRUE((*made)[0].existed);
}

TEST_F(creating, says_that_a_lost_answer_may_have_taken_effect_and_does_not_ask_again) {
  on_[CreateTopicsRequest::api_key] = [this](const wire_request& one) { brokers_.world.io.end(*one.link, ECONNRESET); };
  auto made = open().create_topics(named({"a"}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().persisted(), persistence::possibly);
  EXPECT_EQ(hosts_.size(), 1u);
}

TEST_F(creating, asks_again_after_a_lost_answer_if_the_topic_may_exist) {
  int tries = 0;
  on_[CreateTopicsRequest::api_key] = [&](const wire_request& one) {
    if (++tries == 1) return brokers_.world.io.end(*one.link, ECONNRESET);
    scripted_ = {{error_code::topic_already_exists}};
    create(one);
  };
  auto made = open().create_topics(named({"a"}), {.if_not_exists = true});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_TRUE((*made)[0].existed);
  EXPECT_EQ(tries, 2);
}

TEST_F(creating, asks_for_the_clusters_defaults_with_minus_one) {
  std::vector<new_topic> topics(1);
  topics[0].name = "t";
  topics[0].partitions = 0;
  ASSERT_TRUE(open().create_topics(topics));
  EXPECT_EQ(asked_partitions_, std::vector<std::int32_t>{-1});
  EXPECT_EQ(asked_replicas_, std::vector<std::int16_t>{-1});
}

TEST_F(creating, refuses_defaults_where_the_broker_has_none) {
  brokers_.offered[CreateTopicsRequest::api_key] = 3;
  auto admin = open();
  std::vector<new_topic> topics(1);
  topics[0].name = "t";
  auto made = admin.create_topics(topics, {.timeout = 2s});
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().is(client_code::unsupported_version)) << made.error().message();
  EXPECT_TRUE(admin.create_topics(named({"t"}))) << "numbers of its own are understood by any version";
}

TEST_F(creating, ends_at_the_deadline_when_nobody_answers) {
  on_.clear();
  auto made = open().create_topics(named({"t"}), {.timeout = 2s});
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().is(client_code::timed_out)) << made.error().message();
}

TEST_F(creating, writes_the_cleanup_policy_as_brokers_read_it) {
  EXPECT_EQ(cleanup_policy(cleanup::remove).value, "delete");
  EXPECT_EQ(cleanup_policy(cleanup::compact).value, "compact");
  EXPECT_EQ(cleanup_policy(cleanup::compact | cleanup::remove).value, "compact,delete");
}

class deleting : public admin_fixture {
 protected:
  deleting() {
    on_[DeleteTopicsRequest::api_key] = [this](const wire_request& one) {
      const auto question = read_request<DeleteTopicsRequest>(one);
      std::vector<DeleteTopicsResponse::DeletableTopicResult> parts;
      const auto add = [&](std::string_view name) {
        parts.emplace_back().name = name;
        parts.back().error_code = name == "missing" ? error_code::unknown_topic_or_partition : error_code::none;
      };
      for (const auto& state : question->topics) add(state.name.value_or(""));
      for (const std::string_view name : question->topic_names) add(name);
      DeleteTopicsResponse out;
      out.responses = protocol::array<DeleteTopicsResponse::DeletableTopicResult>(parts);
      answer(one, out);
    };
  }
};

TEST_F(deleting, names_topics_where_each_version_looks_for_them) {
  for (const std::int16_t version : {5, 6}) {
    brokers_.offered[DeleteTopicsRequest::api_key] = version;
    const std::vector<std::string> names{"a", "missing"};
    auto gone = open().delete_topics(names);
    ASSERT_TRUE(gone) << gone.error().message();
    EXPECT_FALSE((*gone)[0].failure) << version;
    EXPECT_TRUE((*gone)[1].failure.is(error_code::unknown_topic_or_partition)) << version;
  }
}

TEST_F(deleting, takes_a_missing_topic_for_deleted_if_that_was_allowed) {
  const std::vector<std::string> names{"missing"};
  auto gone = open().delete_topics(names, {.if_exists = true});
  ASSERT_TRUE(gone);
  EXPECT_FALSE((*gone)[0].failure);
}

}  // namespace
}  // namespace ottla::test
