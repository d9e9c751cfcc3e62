// The machine of one connection: frames are cut and paired, and every byte goes on.
#include <gtest/gtest.h>

#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "ottla/protocol_text/seeded_random.hpp"
#include "support.hpp"

namespace tap_test {
namespace {

using protocol::MetadataRequest;
using protocol::MetadataResponse;

bytes ask(std::int32_t id) { return request(MetadataRequest{}, 12, id); }
bytes answer(std::int32_t id) { return response(MetadataResponse{}, 12, id); }

bytes produce(std::int16_t version, std::int32_t id, std::int16_t acks) {
  protocol::ProduceRequest body;
  body.acks = acks;
  return request(body, version, id);
}

TEST(conversation, pairs_a_response_with_its_request_and_tells_the_time_between) {
  tapped tap;
  tap.client(ask(5), 10);
  tap.broker(answer(5), 13);
  EXPECT_EQ(tap.take(), (words{"-> Metadata v12 #5", "<- Metadata v12 #5 3ms"}));
  EXPECT_EQ(tap.take_bytes(), answer(5));
}

TEST(conversation, does_not_care_how_reads_are_torn) {
  tapped tap({}, [](const endpoint&) { return std::nullopt; });
  const bytes asked = ask(1) + request(protocol::ApiVersionsRequest{}, 3, 2);
  const bytes answered = answer(1) + response(protocol::ApiVersionsResponse{}, 3, 2);
  for (const std::byte one : asked) tap.client({one});
  for (const std::byte one : answered) tap.broker({one}, 1);
  EXPECT_EQ(tap.take(), (words{"-> Metadata v12 #1", "-> ApiVersions v3 #2", "<- Metadata v12 #1 1ms",
                               "<- ApiVersions v3 #2 1ms"}));
  EXPECT_EQ(tap.take_bytes(), answered);
}

TEST(conversation, pairs_pipelined_requests_and_responses_that_come_together) {
  tapped tap;
  tap.client(ask(1) + produce(9, 2, -1) + ask(3), 0);
  tap.broker(answer(1), 1);
  tap.broker(response(protocol::ProduceResponse{}, 9, 2) + answer(3), 2);
  EXPECT_EQ(tap.take(), (words{"-> Metadata v12 #1", "-> Produce v9 #2", "-> Metadata v12 #3", "<- Metadata v12 #1 1ms",
                               "<- Produce v9 #2 2ms", "<- Metadata v12 #3 2ms"}));
}

TEST(conversation, keeps_connections_apart_that_use_the_same_correlation_ids) {
  tapped one, other;
  one.client(ask(1), 0);
  other.client(produce(9, 1, 1), 1);
  one.broker(answer(1), 5);
  other.broker(response(protocol::ProduceResponse{}, 9, 1), 7);
  EXPECT_EQ(one.take(), (words{"-> Metadata v12 #1", "<- Metadata v12 #1 5ms"}));
  EXPECT_EQ(other.take(), (words{"-> Produce v9 #1", "<- Produce v9 #1 6ms"}));
}

TEST(conversation, expects_no_response_to_a_produce_with_acks_0_in_any_version) {
  for (std::int16_t version = 3; version <= 13; ++version) {
    tapped tap;
    tap.client(produce(version, 7, 0) + ask(7));
    tap.broker(answer(7));
    EXPECT_EQ(tap.take().back(), "<- Metadata v12 #7 0ms") << version;
  }
  tapped old;  // versions that Kafka 4 has no struct for: acks comes first
  old.client(raw_request(0, 2, 7, 1, bytes(10)) + ask(7));
  old.broker(answer(7));
  EXPECT_EQ(old.take().back(), "<- Metadata v12 #7 0ms");
}

TEST(conversation, passes_unknown_keys_and_versions_on_and_still_pairs_them) {
  tapped tap;
  tap.client(raw_request(9999, 3, 4, 1, bytes_of("whatever")) + raw_request(3, 99, 5, 2, bytes_of("later")));
  const bytes answers = framed(bytes{{}, {}, {}, std::byte{4}, std::byte{1}}) + framed(bytes{{}, {}, {}, std::byte{5}});
  tap.broker(answers);
  EXPECT_EQ(tap.take(),
            (words{"-> key 9999 v3 #4", "-> Metadata v99 #5", "<- key 9999 v3 #4 0ms", "<- Metadata v99 #5 0ms"}));
  EXPECT_EQ(tap.take_bytes(), answers);
}

TEST(conversation, says_which_responses_nobody_asked_for) {
  tapped tap;
  tap.client(ask(1));
  const bytes sent = answer(77) + framed(bytes(2)) + answer(1);
  tap.broker(sent);
  EXPECT_EQ(tap.take(), (words{"-> Metadata v12 #1", "<- unpaired", "<- malformed", "<- Metadata v12 #1 0ms"}));
  EXPECT_EQ(tap.take_bytes(), sent);
}

TEST(conversation, streams_what_is_larger_than_its_bound_and_looks_at_what_follows) {
  tapped tap({.largest_decoded = 200}, [](const endpoint&) { return std::nullopt; });
  const bytes large(1000, std::byte{'x'});
  tap.client(raw_request(3, 12, 1, 2, large) + ask(2));
  const bytes huge = framed(bytes{{}, {}, {}, std::byte{1}} + large);
  const bytes first(huge.begin(), huge.begin() + 100);
  tap.broker(first);
  EXPECT_EQ(tap.take_bytes(), first) << "held back";
  tap.broker(bytes(huge.begin() + 100, huge.end()) + answer(2));
  EXPECT_EQ(tap.take_bytes(), bytes(huge.begin() + 100, huge.end()) + answer(2));
  EXPECT_EQ(tap.take(), (words{"-> Metadata v12 #1 streamed", "-> Metadata v12 #2", "<- Metadata v12 #1 0ms streamed",
                               "<- Metadata v12 #2 0ms"}));
}

TEST(conversation, knows_acks_0_of_a_produce_that_is_too_large_to_keep) {
  tapped tap({.largest_decoded = 200});
  protocol::writer body;
  body.compact_nullable_string(std::nullopt);
  body.int16(0);
  body.raw(bytes(1000));
  tap.client(raw_request(0, 9, 3, 2, {body.view().begin(), body.view().end()}) + ask(3));
  tap.broker(answer(3));
  EXPECT_EQ(tap.take(), (words{"-> Produce v9 #3 streamed", "-> Metadata v12 #3", "<- Metadata v12 #3 0ms"}));
}

TEST(conversation, looks_no_further_once_bytes_are_not_kafkas) {
  for (const std::string_view start :
       {"\x16\x03\x01\x02\x01", "GET / HTTP/1.1\r\n", "SSH-2.0-x", "\xff\xff\xff\xff\x01"}) {
    tapped tap;
    tap.client(bytes_of(start));
    EXPECT_EQ(tap.take(), words{"-> opaque"}) << start;
    tap.client(ask(1));
    tap.broker(bytes_of("\x15\x03\x03 and more"));
    tap.broker(answer(1));
    EXPECT_EQ(tap.take(), words{}) << start;
    EXPECT_EQ(tap.take_bytes(), bytes_of("\x15\x03\x03 and more") + answer(1));
  }
}

TEST(conversation, passes_on_what_a_broker_says_in_another_protocol) {
  for (std::size_t torn = 1; torn < 9; ++torn) {
    tapped tap({}, [](const endpoint&) { return std::nullopt; });
    tap.client(ask(1));
    const bytes said = bytes_of("HTTP/1.1 400 Bad Request\r\n");
    tap.broker({said.begin(), said.begin() + static_cast<std::ptrdiff_t>(torn)});
    tap.broker({said.begin() + static_cast<std::ptrdiff_t>(torn), said.end()});
    EXPECT_EQ(tap.take(), (words{"-> Metadata v12 #1", "<- opaque"}));
    EXPECT_EQ(tap.take_bytes(), said);
  }
}

TEST(conversation, takes_frames_behind_an_old_handshake_for_tokens_until_requests_go_on) {
  tapped tap;
  protocol::SaslHandshakeRequest asked;
  asked.mechanism = "PLAIN";
  tap.client(request(asked, 0, 1));
  tap.broker(response(protocol::SaslHandshakeResponse{}, 0, 1));
  using namespace std::string_view_literals;
  tap.client(framed(bytes_of("\0alice\0secret"sv)), 10);
  tap.broker(framed({}), 12);
  tap.client(ask(2));
  tap.broker(answer(2));
  EXPECT_EQ(tap.take(), (words{"-> SaslHandshake v0 #1", "<- SaslHandshake v0 #1 0ms", "-> token", "<- 2ms token",
                               "-> Metadata v12 #2", "<- Metadata v12 #2 0ms"}));
}

TEST(conversation, expects_no_tokens_after_a_handshake_that_was_refused_or_is_new) {
  for (const std::int16_t version : {0, 1}) {
    tapped tap;
    tap.client(request(protocol::SaslHandshakeRequest{}, version, 1));
    protocol::SaslHandshakeResponse refused;
    if (version == 0) refused.error_code = protocol::error_code{33};
    tap.broker(response(refused, version, 1));
    tap.take();
    tap.client(raw_request(9999, 0, 2, 1, {}));
    EXPECT_EQ(tap.take(), words{"-> key 9999 v0 #2"});
  }
}

TEST(conversation, forgets_the_oldest_of_too_many_requests_without_response) {
  tapped tap({.most_pending = 2});
  tap.client(ask(1) + ask(2) + ask(3));
  tap.take();
  tap.broker(answer(1) + answer(2) + answer(3));
  EXPECT_EQ(tap.take(), (words{"<- unpaired", "<- Metadata v12 #2 0ms", "<- Metadata v12 #3 0ms"}));
}

TEST(conversation, lets_out_what_it_held_when_the_broker_ends_in_the_middle) {
  for (std::size_t cut = 1; cut < answer(1).size(); ++cut) {
    tapped tap({}, [](const endpoint&) { return std::nullopt; });
    tap.client(ask(1));
    const bytes whole = answer(1);
    const bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    tap.broker(part);
    tap.machine.broker_ended(tap.to_client);
    EXPECT_EQ(tap.take_bytes(), part);
  }
}

TEST(conversation, finds_the_first_request_of_a_capture_that_began_in_the_middle) {
  tapped tap({.begins_midway = true});
  tap.broker(bytes(300, std::byte{7}));  // the rest of a response
  tap.client(bytes_of("the rest of a request") + ask(4));
  tap.broker(bytes(20, std::byte{9}));
  tap.broker(answer(4), 3);
  EXPECT_EQ(tap.take(), (words{"-> skipped", "-> Metadata v12 #4", "<- skipped", "<- Metadata v12 #4 3ms"}));
}

TEST(conversation, goes_on_behind_bytes_that_a_capture_lacks) {
  tapped tap;
  const bytes torn = ask(1);
  tap.client({torn.begin(), torn.begin() + 9});
  tap.machine.lost(direction::to_broker, at_ms(1));
  tap.client(bytes_of("xyz") + ask(2));
  tap.broker({torn.begin(), torn.begin() + 9});  // larger than what follows
  tap.machine.lost(direction::to_client, at_ms(1));
  tap.broker(bytes_of("not a frame"));
  tap.broker(answer(2));
  EXPECT_EQ(tap.take(), (words{"-> skipped", "-> skipped", "-> Metadata v12 #2", "<- skipped", "<- skipped",
                               "<- Metadata v12 #2 0ms"}));
}

TEST(conversation, passes_every_byte_on_whatever_it_is) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    protocol_text::seeded_random chance(seed);
    tapped tap({.largest_decoded = 300}, [](const endpoint&) { return std::nullopt; });
    bytes sent;
    for (int i = 0; i < 40; ++i) {
      const auto id = static_cast<std::int32_t>(chance.below(4));
      bytes asked = chance.one_in(6) ? produce(9, id, 0) : ask(id);
      bytes answered = chance.one_in(5) ? framed(bytes(chance.below(500))) : answer(id);
      for (bytes* one : {&asked, &answered}) {
        if (chance.one_in(12)) (*one)[chance.below(one->size())] = static_cast<std::byte>(chance.next());
      }
      tap.client(asked);
      sent = std::move(sent) + answered;
      for (std::size_t at = 0; at < answered.size();) {
        const std::size_t n = std::min<std::size_t>(1 + chance.below(40), answered.size() - at);
        tap.broker({answered.begin() + static_cast<std::ptrdiff_t>(at),
                    answered.begin() + static_cast<std::ptrdiff_t>(at + n)});
        at += n;
      }
    }
    tap.machine.broker_ended(tap.to_client);
    ASSERT_EQ(tap.to_client, sent) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tap_test
