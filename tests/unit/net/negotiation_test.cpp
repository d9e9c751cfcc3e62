// connection: versions that are unstable, or of a Kafka newer than ours, are read but never asked for.
#include <gtest/gtest.h>

#include <optional>

#include "connection.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/delete_groups.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"
#include "ottla/protocol/unregister_controller.hpp"
#include "wire.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

class negotiating : public ::testing::Test, public connection_observer {
 protected:
  void link_opened(link_id) override {}
  void link_gone(link_id) override {}
  void lookup_started(lookup_id) override {}
  void lookup_gone(lookup_id) override {}
  void introduced(const protocol::ApiVersionsResponse&) override {}
  bool knows_cluster() const override { return true; }
  void delivering() override {}

  template <class Message>
  void ask() {
    request what = make_request<Message>([](Message&, std::int16_t, protocol::arena&) {});
    what.done = [this](response&& r) { told.push_back(r.failure ? std::string(r.failure.name()) : "answered"); };
    one.send(std::move(what));
  }
  /// The key and version of the next request that was written; -1 and -1 if there is none.
  std::pair<int, int> taken() {
    test::virtual_link& link = io.last();
    if (link.sent.size() < link.read_so_far + 8) return {-1, -1};
    const auto at = [&](std::size_t i) { return std::to_integer<int>(link.sent[link.read_so_far + i]); };
    const std::pair out{at(4) << 8 | at(5), at(6) << 8 | at(7)};
    link.read_so_far += 4 + static_cast<std::size_t>(at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3));
    return out;
  }
  void step() {
    for (int quiet = 0; quiet < 3; ++quiet) {
      one.step({now, {}}, io, *this);
      for (const io_event& event : io.take_events()) {
        one.on_event(event, {now, {}}, io, *this);
        quiet = -1;
      }
    }
  }

  const steady_ns now{1000s};
  cluster_config config;
  test::scripted_driver io;
  connection one{host_port{"b1", 9092}, broker_id{1}, lane::control, config, backoff(50ms, 1000ms, random_stream(1))};
  std::vector<std::string> told;
};

TEST_F(negotiating, what_is_unstable_or_ahead_is_not_asked_for_even_where_the_broker_offers_it) {
  using protocol::ApiVersionsResponse;
  io.auto_accept = true;
  ask<protocol::InitProducerIdRequest>();
  ask<protocol::TxnOffsetCommitRequest>();
  ask<protocol::DeleteGroupsRequest>();
  ask<protocol::UnregisterControllerRequest>();
  step();
  auto first = test::take_request(io.last());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->version, 4);  // ApiVersions 5 is of Kafka 4.4
  std::vector<ApiVersionsResponse::ApiVersion> list{
      {18, 0, 5, {}}, {22, 0, 6, {}}, {28, 0, 6, {}}, {42, 0, 3, {}}, {94, 0, 0, {}}};
  ApiVersionsResponse offered;
  offered.api_keys = protocol::array<ApiVersionsResponse::ApiVersion>(list);
  test::answer(io, *first, offered);
  step();
  EXPECT_EQ(taken(), std::pair(22, 5));  // InitProducerId
  EXPECT_EQ(taken(), std::pair(28, 5));  // TxnOffsetCommit
  EXPECT_EQ(taken(), std::pair(42, 2));  // DeleteGroups
  EXPECT_EQ(taken(), std::pair(-1, -1));
  EXPECT_EQ(told, std::vector<std::string>{"UNSUPPORTED_VERSION"});
}

}  // namespace
}  // namespace ottla
