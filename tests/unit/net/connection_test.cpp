// connection: one link against a scripted peer: versions, pairing, time-outs, and what a failure says about each
// request.
#include <set>

#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/produce.hpp"
#include "scripted_connection.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using protocol::error_code;
using connecting = test::scripted_connection;

TEST_F(connecting, C_51_begins_every_link_with_api_versions) {
  open();
  ask();
  step();
  auto first = take();
  EXPECT_EQ(first.key, protocol::ApiVersionsRequest::api_key);
  EXPECT_EQ(first.version, 4);
  EXPECT_EQ(test::read_request<protocol::ApiVersionsRequest>(first)->client_software_name, "ottla");
  EXPECT_FALSE(test::take_request(io.last()));  // nothing before its answer
  answer_versions(first, 9);
  auto second = take();
  EXPECT_EQ(second.version, 9);
  EXPECT_EQ(second.client_id, "ottla");
  io.end(io.last());
  step();
  ask("again");
  advance(2s);
  EXPECT_EQ(take().key, protocol::ApiVersionsRequest::api_key);
}

TEST_F(connecting, C_50_asks_once_more_in_the_version_that_a_refusal_names) {
  open();
  ask();
  step();
  auto first = take();
  protocol::ApiVersionsResponse refused;
  refused.error_code = error_code::unsupported_version;
  std::vector<protocol::ApiVersionsResponse::ApiVersion> list{{18, 0, 2, {}}};
  refused.api_keys = protocol::array<protocol::ApiVersionsResponse::ApiVersion>(list);
  io.feed(io.last(), test::response_frame(first.correlation, 0, refused));  // the form of version 0
  step();
  auto second = take();
  EXPECT_EQ(second.key, protocol::ApiVersionsRequest::api_key);
  EXPECT_EQ(second.version, 2);
  answer_versions(second);
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
}

TEST_F(connecting, C_50_falls_to_version_0_where_a_refusal_names_none) {
  open();
  ask();
  step();
  protocol::ApiVersionsResponse refused;
  refused.error_code = error_code::unsupported_version;
  io.feed(io.last(), test::response_frame(take().correlation, 0, refused));
  step();
  EXPECT_EQ(take().version, 0);
}

TEST_F(connecting, C_55_a_wrong_correlation_ends_the_link) {
  become_ready();
  ask();
  step();
  auto asked = take();
  ++asked.correlation;
  answer(asked);
  EXPECT_EQ(told, (lines{"ask: NOT_KAFKA"}));
  EXPECT_TRUE(io.last().closed);
  EXPECT_EQ(links, 0);
}

TEST_F(connecting, C_55_an_answer_to_nothing_ends_the_link) {
  become_ready();
  io.feed(io.last(), test::response_frame(77, 13, protocol::MetadataResponse{}));
  step();
  EXPECT_TRUE(io.last().closed);
}

TEST_F(connecting, C_57_a_time_out_ends_the_link_and_fails_all_that_is_in_flight) {
  become_ready();
  ask("a");
  step();
  advance(29s);
  ask("b");
  step();
  EXPECT_EQ(one->next_deadline(), now + 1s);
  advance(1s);
  EXPECT_EQ(told, (lines{"a: REQUEST_TIMED_OUT", "b: REQUEST_TIMED_OUT"}));
  EXPECT_TRUE(io.last().closed);
}

// Of each key of the protocol, as a request that went out whole and was not answered.
TEST_F(connecting, only_what_changes_something_is_said_to_may_have_taken_effect) {
  for (std::int16_t number = 0; number <= protocol::max_api_key; ++number) {
    const protocol::api_key key{number};
    if (key == protocol::api_key::api_versions || name(key).empty()) continue;
    SCOPED_TRACE(name(key));
    open();
    request what;
    what.key = key;
    what.flexible_header = [](std::int16_t) { return false; };
    what.response_header = [](std::int16_t) -> std::int16_t { return 0; };
    what.encode = [](protocol::writer& to, std::int16_t) { to.int32(0); };
    finish(std::move(what), "it");
    step();
    using protocol::ApiVersionsResponse;
    const auto asked = take();
    std::vector<ApiVersionsResponse::ApiVersion> list{{number, 0, 0, {}}};
    ApiVersionsResponse out;
    out.api_keys = protocol::array<ApiVersionsResponse::ApiVersion>(list);
    test::answer(io, asked, out);
    step();
    EXPECT_GT(io.last().sent.size(), io.last().read_so_far) << "it went out";
    io.end(io.last());
    step();
    EXPECT_TRUE(last.is(client_code::disconnected)) << last.message();
    const bool is_said = last.message().find("it may have taken effect") != std::string::npos;
    EXPECT_EQ(is_said, changes_something(key)) << last.message();
  }
}

TEST(request_effects, every_key_is_known_to_change_something_or_not) {
  const std::set<std::string_view> only_ask{"Fetch",
                                            "ListOffsets",
                                            "Metadata",
                                            "OffsetFetch",
                                            "FindCoordinator",
                                            "Heartbeat",
                                            "DescribeGroups",
                                            "ListGroups",
                                            "SaslHandshake",
                                            "ApiVersions",
                                            "OffsetForLeaderEpoch",
                                            "DescribeAcls",
                                            "DescribeConfigs",
                                            "DescribeLogDirs",
                                            "SaslAuthenticate",
                                            "DescribeDelegationToken",
                                            "ListPartitionReassignments",
                                            "DescribeClientQuotas",
                                            "DescribeUserScramCredentials",
                                            "DescribeQuorum",
                                            "FetchSnapshot",
                                            "DescribeCluster",
                                            "DescribeProducers",
                                            "DescribeTransactions",
                                            "ListTransactions",
                                            "ConsumerGroupDescribe",
                                            "GetTelemetrySubscriptions",
                                            "ListConfigResources",
                                            "DescribeTopicPartitions",
                                            "ShareGroupDescribe",
                                            "ReadShareGroupState",
                                            "ReadShareGroupStateSummary",
                                            "StreamsGroupDescribe",
                                            "DescribeShareGroupOffsets"};
  std::size_t met = 0;
  for (std::int16_t number = 0; number <= protocol::max_api_key; ++number) {
    const protocol::api_key key{number};
    EXPECT_EQ(changes_something(key), !only_ask.contains(name(key))) << number << " " << name(key);
    met += only_ask.contains(name(key)) ? 1 : 0;
  }
  EXPECT_EQ(met, only_ask.size());
  EXPECT_TRUE(changes_something(protocol::api_key{1000})) << "what it does nobody knows";
}

TEST_F(connecting, what_was_not_written_cannot_have_taken_effect) {
  become_ready();
  io.drain(io.last(), 10);
  change("begun");
  change("waiting");
  step();
  io.end(io.last(), ECONNRESET);
  step();
  EXPECT_EQ(told, (lines{"begun: DISCONNECTED?", "waiting: DISCONNECTED"}));
}

TEST_F(connecting, a_write_that_took_nothing_leaves_no_doubt) {
  become_ready();
  io.drain(io.last(), 0);
  ask();
  step();
  io.end(io.last(), EPIPE);
  step();
  EXPECT_EQ(told, (lines{"ask: DISCONNECTED"}));
}

TEST_F(connecting, writes_go_on_byte_by_byte) {
  become_ready();
  ask("a");
  ask("b");
  for (int i = 0; i < 400; ++i) {
    io.drain(io.last(), 1);
    step();
  }
  answer(take());
  answer(take());
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(connecting, answers_come_byte_by_byte) {
  become_ready();
  ask();
  step();
  for (const std::byte b : test::response_frame(take().correlation, 13, protocol::MetadataResponse{})) {
    io.feed(io.last(), {&b, 1});
    step();
  }
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(connecting, C_54_an_idle_link_is_closed_and_a_used_one_is_not) {
  config.connections_max_idle = 60s;
  become_ready();
  advance(59s);
  EXPECT_EQ(one->now_in(), connection::state::ready);
  ask();
  step();
  advance(2s);  // an answer is due: not idle
  EXPECT_FALSE(io.last().closed);
  answer(take());
  advance(59s);
  EXPECT_FALSE(io.last().closed);
  advance(1s);
  EXPECT_TRUE(io.last().closed);
  EXPECT_EQ(one->now_in(), connection::state::idle);
}

TEST_F(connecting, C_54_writes_without_answers_count_as_use) {
  config.connections_max_idle = 60s;
  become_ready();
  for (int i = 0; i < 5; ++i) {
    request silent =
        make_request<protocol::ProduceRequest>([](protocol::ProduceRequest&, std::int16_t, protocol::arena&) {});
    silent.answered = false;
    finish(std::move(silent), "silent");
    advance(50s);
    EXPECT_FALSE(io.last().closed);
  }
  EXPECT_EQ(told.size(), 5u);
}

TEST_F(connecting, stops_reading_at_its_budget_and_stays_hungry) {
  become_ready();
  for (int i = 0; i < 4; ++i) ask();
  step();
  const auto feed_large = [&](int count) {
    test::byte_string stream;
    for (int i = 0; i < count; ++i) {
      test::byte_string large = test::size_field(300'000);
      const test::byte_string correlation = test::size_field(static_cast<std::uint32_t>(take().correlation));
      large.insert(large.end(), correlation.begin(), correlation.end());
      large.resize(300'004);
      stream.insert(stream.end(), large.begin(), large.end());
    }
    io.feed(io.last(), stream);
    for (const io_event& event : io.take_events()) one->on_event(event, {now, {}}, io, *this);
  };
  feed_large(1);  // grows as it arrives; those behind it are read in one go
  while (one->hungry()) one->step({now, {}}, io, *this);
  ASSERT_EQ(told.size(), 1u);
  told.clear();
  feed_large(3);
  EXPECT_TRUE(one->hungry());
  EXPECT_EQ(told.size(), 1u);
  EXPECT_FALSE(io.has_events());  // nobody will wake it: its owner must step again
  one->step({now, {}}, io, *this);
  EXPECT_EQ(told.size(), 2u);
  step();
  EXPECT_FALSE(one->hungry());
  EXPECT_EQ(told.size(), 3u);
}

TEST_F(connecting, requests_that_no_version_carries_fail_alone) {
  become_ready();
  request unknown = make_request<protocol::InitProducerIdRequest>(
      [](protocol::InitProducerIdRequest&, std::int16_t, protocol::arena&) {});
  finish(std::move(unknown), "unknown");
  ask("known");
  step();
  answer(take());
  EXPECT_EQ(told.at(0), "unknown: UNSUPPORTED_VERSION");
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(connecting, the_next_address_of_a_name_is_tried_when_one_refuses) {
  io.auto_accept = false;
  io.names["b1"] = {1, 2};
  open();
  ask();
  step();
  io.refuse(io.link(0));
  step();
  ASSERT_EQ(io.links().size(), 2u);
  EXPECT_TRUE(io.link(0).closed);
  advance(9s);
  io.accept(io.link(1));
  step();
  answer_versions(take());
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
}

TEST_F(connecting, the_next_address_of_a_name_is_tried_when_one_is_a_black_hole_and_has_its_own_time) {
  io.auto_accept = false;
  io.names["b1"] = {1, 2};
  open();
  ask();
  step();
  advance(10s);
  ASSERT_EQ(io.links().size(), 2u);
  advance(9s);
  EXPECT_EQ(told, lines{});
  advance(1s);
  EXPECT_EQ(told, (lines{"ask: BROKER_UNREACHABLE"}));
  EXPECT_EQ(last.message(),
            "Metadata at b1:9092 (broker 1) failed with BROKER_UNREACHABLE: connecting to the address that the "
            "cluster advertises timed out; check advertised.listeners of the broker, and the way there from here");
}

TEST_F(connecting, a_name_that_does_not_resolve_is_named) {
  io.names["b1"] = {};
  open();
  ask();
  step();
  EXPECT_EQ(last.message(),
            "Metadata at b1:9092 (broker 1) failed with BROKER_UNREACHABLE: the name b1, which the cluster "
            "advertises, does not resolve: Name or service not known; check advertised.listeners of the broker, and "
            "the way there from here");
}

TEST_F(connecting, an_advertised_address_that_cannot_be_reached_is_told_as_one_until_it_has_worked) {
  io.down.insert("b1:9092");
  open();
  ask();
  step();
  EXPECT_EQ(last.message(),
            "Metadata at b1:9092 (broker 1) failed with BROKER_UNREACHABLE: connecting to the address that the cluster "
            "advertises failed: Connection refused; check advertised.listeners of the broker, and the way there from "
            "here");
  io.down.clear();
  advance(2s);
  ask("works");
  step();
  answer_versions(take());
  answer(take());
  io.end(io.last());
  step();
  io.down.insert("b1:9092");
  advance(2s);
  ask("again");
  step();
  EXPECT_EQ(last.context().detail, "connecting failed: Connection refused");
  EXPECT_EQ(last.context().advice, "check the address and that the broker runs");
}

TEST_F(connecting, an_address_of_a_name_that_accepts_and_says_nothing_is_passed_over_the_next_time) {
  io.names["b1"] = {1, 2};
  open();
  ask();
  step();
  EXPECT_EQ(io.last().address, "10.0.0.1:9092");
  advance(10s);
  EXPECT_EQ(told, (lines{"ask: BROKER_UNREACHABLE"}));
  ask("again");
  advance(2s);
  EXPECT_EQ(io.last().address, "10.0.0.2:9092");
}

TEST_F(connecting, a_unix_socket_that_is_advertised_is_not_believed_unless_bootstrap_has_one) {
  one.emplace(host_port{"unix:/run/other.sock", 0}, broker_id{1}, lane::control, config,
              backoff(50ms, 1000ms, random_stream(1)));
  ask();
  step();
  EXPECT_EQ(io.links().size(), 0u);
  EXPECT_EQ(last.context().detail, "the cluster advertises a Unix socket, and no bootstrap address is one");
  config.bootstrap = "unix:/run/kafka.sock";
  ask("again");
  advance(2s);
  EXPECT_EQ(io.last().to.host, "unix:/run/other.sock");
}

TEST_F(connecting, reconnects_wait_longer_each_time) {
  io.down.insert("b1:9092");
  open();
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 8; ++i) {
    ask();
    step();
    waits.push_back(one->retry_at() - now);
    now = one->retry_at();
  }
  EXPECT_GE(waits[0], 40ms);
  EXPECT_LE(waits[0], 60ms);
  EXPECT_GT(waits[3], waits[0] * 4);
  EXPECT_GE(waits[7], 800ms);
  EXPECT_LE(waits[7], 1200ms);
}

TEST_F(connecting, a_peer_that_hangs_up_on_the_first_request_gets_a_hint) {
  open();
  ask();
  step();
  io.end(io.last());
  step();
  EXPECT_EQ(last.context().advice, "the listener may expect TLS or SASL (security.protocol), or may not be Kafka");
}

TEST_F(connecting, http_on_the_port_is_named) {
  open();
  ask();
  step();
  io.feed(io.last(), test::bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
  step();
  EXPECT_EQ(last.message(),
            "Metadata at b1:9092 (broker 1) failed with NOT_KAFKA: it answers in HTTP; check that host and port are a "
            "Kafka listener for this "
            "security protocol");
}

TEST_F(connecting, a_broker_that_moves_is_reached_at_its_new_address_by_what_is_queued) {
  io.auto_accept = false;
  open();
  ask();
  step();
  EXPECT_TRUE(one->move_to({"b9", 9092}, io, *this));
  EXPECT_TRUE(io.link(0).closed);
  step();
  EXPECT_EQ(io.last().to.host, "b9");
  EXPECT_EQ(told, lines{});
}

TEST_F(connecting, a_broker_that_moves_while_answers_are_due_keeps_its_link_until_they_came) {
  become_ready();
  ask();
  step();
  EXPECT_FALSE(one->move_to({"b9", 9092}, io, *this));
  answer(take());
  EXPECT_TRUE(one->move_to({"b9", 9092}, io, *this));
}

TEST(backoff, doubles_up_to_its_bound_with_a_fifth_of_jitter) {
  backoff wait(100ms, 1000ms, random_stream(3));
  for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const auto next = wait.next();
    EXPECT_GE(next, expected * 4 / 5);
    EXPECT_LE(next, expected * 6 / 5);
  }
  wait.reset();
  EXPECT_LE(wait.next(), 120ms);
}

TEST_F(connecting,
       a_listener_that_closes_again_and_again_before_it_answers_is_a_wrong_one_unless_the_cluster_is_known) {
  for (const bool is_known : {false, true}) {
    SCOPED_TRACE(is_known);
    known = is_known;
    told.clear();
    open();
    for (int i = 0; i < 3; ++i) {
      ask("try");
      advance(2s);
      answer_versions(take());
      take();
      io.end(io.last(), i == 1 ? ECONNRESET : 0);
      step();
    }
    EXPECT_EQ(told,
              (lines{"try: DISCONNECTED", "try: DISCONNECTED", is_known ? "try: DISCONNECTED" : "try: NOT_KAFKA"}));
    EXPECT_NE(last.message().find("on our first request"), std::string::npos) << last.message();
  }
}

TEST_F(connecting, a_link_that_has_answered_may_be_closed_as_often_as_it_is) {
  known = false;
  open();
  for (int i = 0; i < 5; ++i) {
    ask("try");
    advance(2s);
    answer_versions(take());
    answer(take());
    io.end(io.last());
    step();
  }
  EXPECT_EQ(told.size(), 5u);
  EXPECT_EQ(told.back(), told.front());
}

TEST_F(connecting, what_was_asked_for_versions_on_a_link_that_ended_swallows_no_later_answer) {
  open();
  ask("lost");
  step();
  take();
  io.end(io.last());
  step();
  told.clear();
  for (int i = 0; i < 3; ++i) ask("later");  // one of them has the memory of that question
  advance(2s);
  answer_versions(take());
  for (int i = 0; i < 3; ++i) answer(take());
  EXPECT_EQ(told.size(), 3u);
}

}  // namespace
}  // namespace ottla
