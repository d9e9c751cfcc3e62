// topic_create: topics that are made, that were there, and that are not as asked.
#include "ottla/service/topic_create.hpp"

#include "listening.hpp"
#include "ottla/admin.hpp"

namespace ottla::test {
namespace {

class topics_on_demand : public listening {
 protected:
  using listening::listening;
  result<ensured_topic> ensure(std::string_view name, const topic_create& how) {
    const auto to = options().log;
    return ensure_topic(on, name, how, 5s, to.get());
  }
};

TEST_F(topics_on_demand, are_made_as_asked) {
  const auto made = ensure("state", {.cleanup_policy = cleanup::compact | cleanup::remove, .partitions = 3});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_FALSE(made->existed);
  EXPECT_EQ(made->partitions, 3);
  EXPECT_TRUE(logged("topic_created"));
  admin asking(on);
  config_resource which;
  which.name = "state";
  const auto configs = asking.describe_configs({&which, 1});
  ASSERT_TRUE(configs) << configs.error().message();
  std::string policy;
  for (const auto& one : configs->front().entries) {
    if (one.name == "cleanup.policy") policy = one.value.value_or("");
  }
  EXPECT_EQ(policy, "compact,delete");
}

class topics_with_defaults : public topics_on_demand {
 protected:
  topics_with_defaults() : topics_on_demand(five_and_two()) {}
  static mock::broker_options five_and_two() {
    mock::broker_options out = nodes(3);
    out.default_partitions = 5;
    out.default_replication_factor = 2;
    return out;
  }
};

TEST_F(topics_with_defaults, take_the_clusters_for_zero_and_minus_one) {
  admin asking(on);
  for (const std::int16_t unset : {0, -1}) {
    const std::string name = "unset" + std::to_string(unset);
    const auto made = ensure(name, {.replication_factor = unset, .partitions = unset});
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->partitions, 5);
    const auto described = asking.describe_topics({&name, 1}, 5s);
    ASSERT_TRUE(described) << described.error().message();
    ASSERT_EQ(described->front().partitions.size(), 5u);
    EXPECT_EQ(described->front().partitions[4].replicas.size(), 2u);
  }
}

TEST_F(topics_on_demand, that_exist_are_no_error) {
  const auto there = ensure("orders", {.partitions = 1});
  ASSERT_TRUE(there);
  EXPECT_TRUE(there->existed);
  EXPECT_EQ(there->partitions, 1);
  EXPECT_FALSE(logged("warning"));
}

TEST_F(topics_on_demand, that_have_another_number_of_partitions_are_a_warning_in_the_log) {
  const auto there = ensure("orders", {.partitions = 7});
  ASSERT_TRUE(there);
  EXPECT_EQ(there->partitions, 1);
  EXPECT_TRUE(logged(R"("level":"warning")"));
  EXPECT_TRUE(logged(R"("topic":"orders","partitions":1,"partitions_asked":7)"));
}

TEST_F(topics_on_demand, that_cannot_be_made_are_an_error_and_a_line) {
  const auto none = ensure("orders2", {.replication_factor = 9});
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().is(protocol::error_code::invalid_replication_factor)) << none.error().message();
  EXPECT_TRUE(logged("topic_create_failed"));
  EXPECT_TRUE(ensure("x", {.partitions = -2}).error().is(client_code::invalid_config));
}

}  // namespace
}  // namespace ottla::test
