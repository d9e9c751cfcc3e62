// More partitions and other settings: whom the request goes to, when it is repeated, how each outcome is told.
#include "fixture.hpp"
#include "ottla/protocol/create_partitions.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;
using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::error_code;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

class enlarging : public admin_fixture {
 protected:
  enlarging() {
    brokers_.brokers = {{1, "b1"}, {2, "b2"}};
    brokers_.controller = 2;
    on_[CreatePartitionsRequest::api_key] = [this](const wire_request& one) {
      const auto question = read_request<CreatePartitionsRequest>(one);
      std::vector<CreatePartitionsResponse::CreatePartitionsTopicResult> parts;
      for (const auto& topic : question->topics) {
        EXPECT_FALSE(topic.assignments.has_value());
        if (topic.name == "forgotten") continue;
        parts.emplace_back().name = topic.name;
        if (topic.count < 5) parts.back().error_code = error_code::invalid_partitions;
      }
      CreatePartitionsResponse out;
      out.results = protocol::array<CreatePartitionsResponse::CreatePartitionsTopicResult>(parts);
      answer(one, out);
    };
  }
};

TEST_F(enlarging, asks_the_controller_and_tells_each_topics_outcome) {
  const std::vector<partition_count> topics{{"small", 2}, {"forgotten", 9}, {"large", 12}};
  auto told = open().create_partitions(topics);
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(hosts_, std::vector<std::string>{"b2"});
  EXPECT_TRUE((*told)[0].failure.is(error_code::invalid_partitions));
  EXPECT_NE((*told)[0].failure.message().find("small"), std::string::npos);
  EXPECT_EQ((*told)[1].failure.persisted(), persistence::possibly);
  EXPECT_FALSE((*told)[2].failure);
}

TEST_F(enlarging, says_that_a_lost_answer_may_have_taken_effect_and_does_not_ask_again) {
  on_[CreatePartitionsRequest::api_key] = [this](const wire_request& one) {
    brokers_.world.io.end(*one.link, ECONNRESET);
  };
  const std::vector<partition_count> topics{{"t", 12}};
  auto told = open().create_partitions(topics);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().persisted(), persistence::possibly);
  EXPECT_EQ(hosts_.size(), 1u);
}

class configuring : public admin_fixture {
 protected:
  configuring() {
    brokers_.brokers = {{1, "b1"}, {2, "b2"}};
    on_[IncrementalAlterConfigsRequest::api_key] = [this](const wire_request& one) { alter(one); };
  }

  void alter(const wire_request& one) {
    const auto question = read_request<IncrementalAlterConfigsRequest>(one);
    std::vector<IncrementalAlterConfigsResponse::AlterConfigsResourceResponse> parts;
    for (const auto& resource : question->resources) {
      auto& part = parts.emplace_back();
      part.resource_type = resource.resource_type;
      part.resource_name = resource.resource_name;
      for (const auto& config : resource.configs) {
        seen_.push_back(std::string(resource.resource_name) + ":" + std::string(config.name) + ":" +
                        std::to_string(config.config_operation) + ":" + std::string(config.value.value_or("-")));
        if (config.name == "odd") part.error_code = error_code::invalid_config;
      }
    }
    IncrementalAlterConfigsResponse out;
    out.responses = protocol::array<IncrementalAlterConfigsResponse::AlterConfigsResourceResponse>(parts);
    answer(one, out);
  }

  std::vector<std::string> seen_;
};

TEST_F(configuring, says_what_to_set_remove_append_and_subtract) {
  const std::vector<config_changes> resources{{.name = "t",
                                               .changes = {{"retention.ms", "5"},
                                                           {"segment.ms", std::nullopt, config_operation::remove},
                                                           {"cleanup.policy", "compact", config_operation::append},
                                                           {"cleanup.policy", "delete", config_operation::subtract}}},
                                              {.name = "u", .changes = {{"odd", "1"}}}};
  auto told = open().alter_configs(resources);
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(seen_, (std::vector<std::string>{"t:retention.ms:0:5", "t:segment.ms:1:-", "t:cleanup.policy:2:compact",
                                             "t:cleanup.policy:3:delete", "u:odd:0:1"}));
  EXPECT_FALSE((*told)[0].failure);
  EXPECT_TRUE((*told)[1].failure.is(error_code::invalid_config));
  EXPECT_NE((*told)[1].failure.message().find("alter configs of topic u"), std::string::npos);
}

TEST_F(configuring, asks_a_broker_to_change_its_own) {
  const std::vector<config_changes> resources{
      {.type = config_resource_type::broker, .name = "2", .changes = {{"log.retention.ms", "5"}}}};
  ASSERT_TRUE(open().alter_configs(resources));
  EXPECT_EQ(hosts_, std::vector<std::string>{"b2"});
}

TEST_F(configuring, asks_again_after_a_lost_answer_where_twice_is_as_good_as_once) {
  for (const auto operation : {config_operation::set, config_operation::append}) {
    hosts_.clear();
    on_[IncrementalAlterConfigsRequest::api_key] = [&](const wire_request& one) {
      if (hosts_.size() == 1) return brokers_.world.io.end(*one.link, ECONNRESET);
      alter(one);
    };
    const std::vector<config_changes> resources{{.name = "t", .changes = {{"cleanup.policy", "compact", operation}}}};
    auto told = open().alter_configs(resources);
    EXPECT_EQ(told.has_value(), operation == config_operation::set);
    EXPECT_EQ(hosts_.size(), operation == config_operation::set ? 2u : 1u);
    if (!told) {
      EXPECT_EQ(told.error().persisted(), persistence::possibly);
    }
  }
}

TEST_F(configuring, says_what_is_missing_in_brokers_before_kip_339) {
  brokers_.offered[IncrementalAlterConfigsRequest::api_key] = -1;
  const std::vector<config_changes> resources{{.name = "t", .changes = {{"retention.ms", "5"}}}};
  auto told = open().alter_configs(resources, {.timeout = 2s});
  ASSERT_FALSE(told);
  EXPECT_TRUE(told.error().is(client_code::unsupported_version)) << told.error().message();
}

}  // namespace
}  // namespace ottla::test
