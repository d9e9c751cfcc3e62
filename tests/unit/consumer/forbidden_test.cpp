// What a client does with what it may not: told at once, by topic, and the rest goes on; and with answers that slow it
// down (C-52).
#include "ottla/protocol/alter_client_quotas.hpp"
#include "simulated.hpp"

namespace ottla::test {
namespace {

using protocol::api_key;
using protocol::error_code;

class forbidden : public simulated {
 protected:
  forbidden() {
    where.cluster().create_topic("good", 1);
    where.cluster().create_topic("bad", 1);
  }
  void forbid(mock::resource_kind kind, const char* name, mock::acl_operation what) {
    where.cluster().forbid({.resource = kind, .name = name, .operation = what});
  }
  std::uint64_t asked(api_key key) const {
    const auto& seen = const_cast<sim::world&>(where).cluster().requests_seen();
    const auto found = seen.find(key);
    return found == seen.end() ? 0 : found->second;
  }
};

TEST_F(forbidden, a_topic_that_may_not_be_read_is_told_and_the_others_are_read) {
  fill("good", 0, 30);
  fill("bad", 0, 10);
  forbid(mock::resource_kind::topic, "bad", mock::acl_operation::read);
  cluster on = open();
  consumer in(on, {.topics = {"bad", "good"}, .start = earliest});
  EXPECT_EQ(read(in, 30), numbers(0, 30));
  ASSERT_FALSE(errors.empty());
  for (const partition_error& one : errors) {
    EXPECT_EQ(one.where.topic, "bad");
    EXPECT_TRUE(one.why.is(error_code::topic_authorization_failed)) << one.why.message();
  }
  const std::uint64_t before = asked(api_key::fetch);
  EXPECT_TRUE(in.poll(5s).has_value());
  EXPECT_LT(asked(api_key::fetch) - before, 60u) << "asked again and again";
  where.cluster().clear_forbidden();
  EXPECT_EQ(read(in, 10), numbers(30, 40)) << "it is tried again by itself";
}

TEST_F(forbidden, a_record_that_may_not_be_written_fails_at_once_and_the_others_do_not) {
  forbid(mock::resource_kind::topic, "bad", mock::acl_operation::write);
  cluster on = open();
  producer out(on, {});
  const auto refused = out.topic("bad").deliver({.value = "x"}, 30s);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(error_code::topic_authorization_failed)) << refused.error().message();
  EXPECT_TRUE(out.topic("good").deliver({.value = "y"}, 30s).has_value());
  EXPECT_EQ(asked(api_key::produce), 2u);
  where.cluster().clear_forbidden();
  EXPECT_TRUE(out.topic("bad").deliver({.value = "z"}, 30s).has_value());
  EXPECT_TRUE(out.close(5s).has_value());
}

TEST_F(forbidden, a_producer_that_may_not_be_idempotent_is_told_of_the_cluster) {
  forbid(mock::resource_kind::cluster, mock::cluster_resource_name, mock::acl_operation::all);
  forbid(mock::resource_kind::topic, "*", mock::acl_operation::write);
  cluster on = open();
  producer out(on, {});
  const auto refused = out.topic("good").deliver({.value = "x"}, 30s);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(error_code::cluster_authorization_failed)) << refused.error().message();
}

TEST_F(forbidden, a_producer_that_is_slowed_down_loses_nothing_and_waits_as_long_as_it_is_told) {
  cluster on = open();
  protocol::AlterClientQuotasRequest::EntityData everybody{"client-id", std::nullopt, {}};
  protocol::AlterClientQuotasRequest::OpData slow{"producer_byte_rate", 1000, false, {}};
  protocol::AlterClientQuotasRequest::EntryData entry{{&everybody, 1}, {&slow, 1}, {}};
  protocol::AlterClientQuotasRequest limit;
  limit.entries = {&entry, 1};
  ASSERT_TRUE(on.call(route{}, limit, 5s).has_value());

  producer_config config;
  config.compression.type = codec::none;
  producer out(on, config);
  const std::string value(2'000, 'x');
  const auto begun = where.broker_time().mono;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(out.topic("good").deliver({.value = value}, 60s).has_value()) << i;
  EXPECT_GT(where.broker_time().mono - begun, 8s) << "20,000 bytes, of which ten windows of 1,000 were free";
  EXPECT_LT(where.broker_time().mono - begun, 40s);
  EXPECT_EQ(asked(api_key::produce), 10u) << "nothing was sent twice";
}

}  // namespace
}  // namespace ottla::test
