// scripted_connection: one connection and the script of its peer, for tests of what it says and what it tells its
// owner.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "connection.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "wire.hpp"

namespace ottla::test {

class scripted_connection : public ::testing::Test, public connection_observer {
 protected:
  scripted_connection() { io.auto_accept = true; }

  /// What secures the links that are opened from now on.
  void secure() {
    auto made = link_security::make(config);
    ASSERT_TRUE(made) << made.error().message();
    guard = std::move(*made);
  }
  void open(broker_id broker = broker_id{1}) {
    one.emplace(host_port{"b1", 9092}, broker, lane::control, config,
                backoff(std::chrono::milliseconds(50), std::chrono::milliseconds(1000), random_stream(1)), guard.get());
  }
  /// Queues a Metadata request; its outcome is appended to `told`.
  void ask(std::string name = "ask") {
    request what = make_request<protocol::MetadataRequest>(
        [](protocol::MetadataRequest& m, std::int16_t, protocol::arena&) { m.topics.emplace(); });
    what.min_version = 1;
    finish(std::move(what), std::move(name));
  }
  /// The same with a request that would change something.
  void change(std::string name) {
    finish(make_request<protocol::ProduceRequest>(
               [](protocol::ProduceRequest& m, std::int16_t, protocol::arena&) { m.acks = -1; }),
           std::move(name));
  }
  void finish(request what, std::string name) {
    what.done = [this, name = std::move(name)](response&& r) {
      if (!r.failure)
        return told.push_back(name + ": v" + std::to_string(r.version) + ", " + std::to_string(r.body.size()) +
                              " bytes");
      last = r.failure;
      told.push_back(name + ": " + std::string(r.failure.name()) +
                     (r.failure.persisted() == persistence::possibly ? "?" : ""));
    };
    one->send(std::move(what));
  }
  void step() {
    for (int quiet = 0; quiet < 3; ++quiet) {
      one->step({now, {}}, io, *this);
      for (const io_event& event : io.take_events()) {
        one->on_event(event, {now, {}}, io, *this);
        quiet = -1;
      }
    }
  }
  void advance(std::chrono::nanoseconds by) {
    now += by;
    step();
  }
  wire_request take() {
    auto found = take_request(io.last());
    EXPECT_TRUE(found) << "nothing was written";
    return found ? std::move(*found) : wire_request{};
  }
  void answer_versions(const wire_request& to, std::int16_t metadata_max = 13) {
    using protocol::ApiVersionsResponse;
    std::vector<ApiVersionsResponse::ApiVersion> list{
        {3, 0, metadata_max, {}}, {18, 0, 4, {}}, {0, 0, 12, {}}, {17, 0, 1, {}}, {36, 0, 2, {}}};
    ApiVersionsResponse out;
    out.api_keys = protocol::array<ApiVersionsResponse::ApiVersion>(list);
    test::answer(io, to, out);
    step();
  }
  void answer(const wire_request& to) {
    test::answer(io, to, protocol::MetadataResponse{});
    step();
  }
  void become_ready() {
    open();
    ask("first");
    step();
    answer_versions(take());
    answer(take());
    told.clear();
  }

  void link_opened(link_id) override { ++links; }
  void link_gone(link_id) override { --links; }
  void lookup_started(lookup_id) override {}
  void introduced(const protocol::ApiVersionsResponse&) override {}
  void lookup_gone(lookup_id) override {}
  bool knows_cluster() const override { return known; }
  void delivering() override {}

  using lines = std::vector<std::string>;
  cluster_config config;
  scripted_driver io;
  std::unique_ptr<link_security> guard;
  std::optional<connection> one;
  steady_ns now{std::chrono::seconds(1000)};
  lines told;
  error last;
  int links = 0;
  bool known = true;  // the cluster has said who it is
};

}  // namespace ottla::test
