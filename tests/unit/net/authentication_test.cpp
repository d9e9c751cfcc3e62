// SASL on a connection: what goes out before the first request, how refusals read, and sessions that are renewed
// between requests (KIP-368).
#include <openssl/evp.h>

#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "scripted_connection.hpp"
#include "security/hashing.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using protocol::error_code;
using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;
using protocol::SaslHandshakeResponse;

result<sasl_credentials> refusal(client_code code, std::string detail) {
  error_context context;
  context.detail = std::move(detail);
  return unexpected(error(code, std::move(context)));
}

class authenticating : public test::scripted_connection {
 protected:
  /// What a broker that knows the password answers to the proof of SCRAM-SHA-256 in `ours`; `said` has what came before
  /// it.
  std::string broker_proof(std::string_view ours) const {
    using namespace hashing;
    std::array<unsigned char, 32> salted;
    const std::string salt = from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").value();
    PKCS5_PBKDF2_HMAC("secret", 6, reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                      4096, EVP_sha256(), static_cast<int>(salted.size()), salted.data());
    const auto key =
        hmac(hash_kind::sha_256, {reinterpret_cast<const char*>(salted.data()), salted.size()}, "Server Key");
    const std::string all = said + "," + std::string(ours.substr(0, ours.find(",p=")));
    return "v=" + to_base64(hmac(hash_kind::sha_256, key.view(), all).view());
  }
  std::string said;  // of SCRAM: our first message, bare, and the challenge

  authenticating() {
    config.security = security_protocol::sasl_plaintext;
    config.sasl.credentials.username = "alice";
    config.sasl.credentials.password = "secret";
  }
  void begin() {
    secure();
    open();
    ask("first");
    step();
    answer_versions(take());
  }
  test::wire_request expect(protocol::api_key key) {
    auto found = take();
    EXPECT_EQ(found.key, key);
    return found;
  }
  void take_handshake(error_code code = error_code::none) {
    const auto asked = expect(SaslHandshakeRequest::api_key);
    EXPECT_EQ(asked.version, 1);
    SaslHandshakeResponse out;
    out.error_code = code;
    std::vector<std::string_view> offered{"PLAIN", "SCRAM-SHA-256"};
    out.mechanisms = protocol::array<std::string_view>(offered);
    test::answer(io, asked, out);
    step();
  }
  std::string take_bytes(test::wire_request& asked) {
    asked = expect(SaslAuthenticateRequest::api_key);
    const auto message = test::read_request<SaslAuthenticateRequest>(asked);
    return {reinterpret_cast<const char*>(message->auth_bytes.data()), message->auth_bytes.size()};
  }
  void answer_bytes(const test::wire_request& to, std::string_view bytes, std::int64_t lifetime_ms = 0) {
    SaslAuthenticateResponse out;
    out.auth_bytes = std::as_bytes(std::span(bytes));
    out.session_lifetime_ms = lifetime_ms;
    test::answer(io, to, out);
    step();
  }
  void pass(std::int64_t lifetime_ms = 0) {
    take_handshake();
    test::wire_request asked;
    EXPECT_EQ(take_bytes(asked), std::string_view("\0alice\0secret", 13));
    answer_bytes(asked, "", lifetime_ms);
  }
};

TEST_F(authenticating, comes_before_the_first_request) {
  begin();
  EXPECT_EQ(one->now_in(), connection::state::authenticating);
  take_handshake();
  test::wire_request asked;
  EXPECT_EQ(take_bytes(asked), std::string_view("\0alice\0secret", 13));
  EXPECT_FALSE(test::take_request(io.last())) << "nothing goes out before it has ended";
  answer_bytes(asked, "");
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
  EXPECT_EQ(one->now_in(), connection::state::ready);
}

TEST_F(authenticating, a_mechanism_that_is_not_offered_is_told_with_those_that_are) {
  config.sasl.mechanism = sasl_mechanism::scram_sha_512;
  begin();
  take_handshake(error_code::unsupported_sasl_mechanism);
  EXPECT_EQ(told, (lines{"first: UNSUPPORTED_SASL_MECHANISM"}));
  EXPECT_NE(last.message().find("it does not offer SCRAM-SHA-512, but PLAIN, SCRAM-SHA-256"), std::string::npos)
      << last.message();
  EXPECT_EQ(links, 0);
}

TEST_F(authenticating, wrong_credentials_fail_at_once_in_the_brokers_words_and_wait_before_they_come_again) {
  begin();
  take_handshake();
  test::wire_request asked;
  take_bytes(asked);
  SaslAuthenticateResponse out;
  out.error_code = error_code::sasl_authentication_failed;
  out.error_message = "Authentication failed: Invalid username or password";
  test::answer(io, asked, out);
  step();
  EXPECT_EQ(told, (lines{"first: SASL_AUTHENTICATION_FAILED"}));
  EXPECT_FALSE(last.retriable());
  EXPECT_NE(last.message().find("Invalid username or password"), std::string::npos);
  EXPECT_EQ(last.message().find("secret"), std::string::npos);
  ask("again");
  step();
  EXPECT_EQ(io.links().size(), 1u) << "no second link before the backoff is over";
}

TEST_F(authenticating, a_listener_that_closes_instead_is_said_to_have_closed) {
  begin();
  take_handshake();
  io.end(io.last());
  step();
  EXPECT_EQ(told, (lines{"first: DISCONNECTED"}));
}

TEST_F(authenticating, a_broker_that_hangs_up_again_and_again_in_the_middle_of_it_is_one_that_does_not_take_us) {
  for (const bool is_known : {false, true}) {
    SCOPED_TRACE(is_known);
    known = is_known;
    told.clear();
    secure();
    open();
    for (int i = 0; i < 3; ++i) {
      ask("try");
      advance(2s);
      answer_versions(take());
      take_handshake();
      take();
      io.end(io.last(), i == 1 ? ECONNRESET : 0);
      step();
    }
    EXPECT_EQ(told, (lines{"try: DISCONNECTED", "try: DISCONNECTED",
                           is_known ? "try: DISCONNECTED" : "try: AUTHENTICATION_FAILED"}));
    EXPECT_NE(
        last.message().find("the peer closed the connection during the authentication with PLAIN (tried 2 times); "
                            "check the credentials and sasl.mechanism"),
        std::string::npos)
        << last.message();
  }
}

TEST_F(authenticating, the_set_up_time_covers_it) {
  begin();
  advance(config.connection_setup_timeout);
  EXPECT_EQ(told, (lines{"first: BROKER_UNREACHABLE"}));
  EXPECT_NE(last.message().find("does not answer the authentication in time"), std::string::npos) << last.message();
}

TEST_F(authenticating, scram_gives_way_between_its_hashes) {
  config.sasl.mechanism = sasl_mechanism::scram_sha_256;
  begin();
  take_handshake();
  test::wire_request asked;
  const std::string first = take_bytes(asked);
  ASSERT_EQ(first.substr(0, 12), "n,,n=alice,r");
  SaslAuthenticateResponse challenge;
  const std::string text = "r=" + first.substr(13) + "more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=8192";
  challenge.auth_bytes = std::as_bytes(std::span(text));
  test::answer(io, asked, challenge);
  one->on_event({io_kind::readable, io.last().id}, {now, {}}, io, *this);
  io.take_events();
  EXPECT_TRUE(one->hungry());
  EXPECT_FALSE(test::take_request(io.last()));
  for (int slices = 1; one->hungry(); ++slices) {
    ASSERT_LE(slices, 8192 / 1024);
    one->step({now, {}}, io, *this);
  }
  EXPECT_EQ(take_bytes(asked).substr(0, 9), "c=biws,r=");
}

TEST_F(authenticating, credentials_are_asked_for_each_time) {
  int asked_for = 0;
  config.sasl.provide = [&]() -> result<sasl_credentials> {
    sasl_credentials out;
    out.username = "user-" + std::to_string(++asked_for);
    return out;
  };
  begin();
  take_handshake();
  test::wire_request asked;
  EXPECT_EQ(take_bytes(asked), std::string("\0user-1\0", 8));
  io.end(io.last());
  step();
  ask("second");
  advance(2s);
  answer_versions(take());
  take_handshake();
  EXPECT_EQ(take_bytes(asked), std::string("\0user-2\0", 8));
}

TEST_F(authenticating, credentials_that_cannot_be_had_fail_with_their_own_reason) {
  config.sasl.provide = [] { return refusal(client_code::timed_out, "the vault is sealed"); };
  begin();
  EXPECT_EQ(told, (lines{"first: AUTHENTICATION_FAILED"}));
  EXPECT_NE(last.message().find("the vault is sealed"), std::string::npos);
}

TEST_F(authenticating, credentials_that_cannot_be_had_just_now_are_tried_again_later) {
  config.sasl.provide = [] { return refusal(client_code::broker_unreachable, "the vault does not answer"); };
  begin();
  EXPECT_EQ(told, (lines{"first: BROKER_UNREACHABLE"}));
  EXPECT_TRUE(last.retriable());
}

class with_late_credentials : public authenticating {
 protected:
  with_late_credentials() {
    config.sasl.ask = [this](sasl_answer answer) { asked_for.push_back(std::move(answer)); };
  }
  void give(std::size_t which) {
    sasl_credentials out;
    out.username = "alice";
    out.password = "secret";
    asked_for.at(which)(out);
    step();
  }
  /// One of 10 s, with the first request answered.
  void begin_session() {
    begin();
    give(0);
    pass(10'000);
    answer(take());
  }
  std::vector<sasl_answer> asked_for;
};

TEST_F(with_late_credentials, nothing_is_said_before_they_come) {
  begin();
  EXPECT_FALSE(test::take_request(io.last()));
  EXPECT_FALSE(one->hungry()) << "waiting costs no steps";
  int rung = 0;
  guard->bell->connect([&] { ++rung; });
  give(0);
  EXPECT_EQ(rung, 1);
  pass();
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
}

TEST_F(with_late_credentials, only_the_first_answer_counts) {
  begin();
  give(0);
  asked_for[0](unexpected(error(client_code::closed, {})));
  pass();
  EXPECT_TRUE(told.empty());
}

TEST_F(with_late_credentials, that_never_come_are_waited_for_as_long_as_a_connection_may_take) {
  begin();
  advance(config.connection_setup_timeout);
  EXPECT_EQ(told, (lines{"first: BROKER_UNREACHABLE"}));
  EXPECT_NE(last.message().find("the credentials did not come in time"), std::string::npos) << last.message();
  give(0);  // nobody waits for them any more
  EXPECT_EQ(asked_for.size(), 1u);
}

TEST_F(with_late_credentials, a_link_that_ended_meanwhile_asks_again) {
  begin();
  io.end(io.last());
  step();
  ask("second");
  advance(2s);
  answer_versions(take());
  ASSERT_EQ(asked_for.size(), 2u);
  give(0);
  EXPECT_FALSE(test::take_request(io.last())) << "that was the answer to another link's question";
  give(1);
  pass();
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
}

TEST_F(with_late_credentials, C_53_requests_go_on_while_those_of_a_renewal_are_waited_for) {
  begin_session();
  told.clear();
  advance(9500ms);
  ask("meanwhile");
  step();
  ASSERT_EQ(asked_for.size(), 2u);
  answer(expect(protocol::MetadataRequest::api_key));
  EXPECT_EQ(told.size(), 1u);
  give(1);
  ask("behind");
  step();
  pass(10'000);
  answer(expect(protocol::MetadataRequest::api_key));
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(io.links().size(), 1u);
}

TEST_F(with_late_credentials, C_53_nothing_is_sent_in_a_session_that_is_over) {
  begin_session();
  advance(60s);
  ask("late");
  step();
  ASSERT_EQ(asked_for.size(), 2u);
  EXPECT_FALSE(test::take_request(io.last())) << "the broker would close the link";
  give(1);
  pass(10'000);
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
  EXPECT_EQ(io.links().size(), 1u);
}

TEST_F(with_late_credentials, C_53_those_of_a_renewal_have_a_deadline_too) {
  begin_session();
  told.clear();
  advance(9500ms);
  ask("meanwhile");
  step();
  answer(take());
  advance(config.request_timeout);
  EXPECT_EQ(links, 0);
}

TEST_F(authenticating, C_53_a_session_is_renewed_behind_what_was_asked_and_before_what_comes) {
  begin();
  pass(10'000);
  answer(take());
  ask("before");
  step();
  const auto before = take();
  advance(9500ms);  // past 94 % of it
  const auto renewal = expect(SaslHandshakeRequest::api_key);
  ask("behind");
  step();
  EXPECT_FALSE(test::take_request(io.last())) << "held back until it has ended";
  answer(before);
  EXPECT_EQ(told.back().substr(0, 7), "before:");
  SaslHandshakeResponse fine;
  test::answer(io, renewal, fine);
  step();
  test::wire_request asked;
  take_bytes(asked);
  answer_bytes(asked, "", 10'000);
  const auto behind = expect(protocol::MetadataRequest::api_key);
  answer(behind);
  EXPECT_EQ(told.back().substr(0, 7), "behind:");
  EXPECT_EQ(io.links().size(), 1u);
}

TEST_F(authenticating, C_53_the_log_says_for_how_long_a_renewal_held_requests_up) {
  std::vector<std::string> logged;
  config.log = [&](log_level, std::string_view, std::string_view line) { logged.emplace_back(line); };
  begin();
  pass(10'000);
  answer(take());
  EXPECT_TRUE(logged.empty()) << "the first time is no renewal";
  ask("before");
  step();
  const auto before = take();
  advance(9500ms);
  const auto renewal = expect(SaslHandshakeRequest::api_key);
  answer(before);
  now += 7ms;
  test::answer(io, renewal, SaslHandshakeResponse{});
  step();
  test::wire_request asked;
  take_bytes(asked);
  now += 4ms;
  answer_bytes(asked, "", 10'000);
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_NE(logged[0].find("was renewed; requests waited 11 ms"), std::string::npos) << logged[0];
}

TEST_F(authenticating, C_53_a_renewal_with_scram_hashes_nothing) {
  config.sasl.mechanism = sasl_mechanism::scram_sha_256;
  begin();
  test::wire_request asked;
  const auto challenge = [&] {
    take_handshake();
    const std::string first = take_bytes(asked);
    said = first.substr(3) + ",r=" + first.substr(13) + "more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    SaslAuthenticateResponse out;
    const std::string text = said.substr(first.size() - 2);
    out.auth_bytes = std::as_bytes(std::span(text));
    test::answer(io, asked, out);
    one->on_event({io_kind::readable, io.last().id}, {now, {}}, io, *this);
    io.take_events();
  };
  challenge();
  EXPECT_TRUE(one->hungry());
  while (one->hungry()) one->step({now, {}}, io, *this);
  answer_bytes(asked, broker_proof(take_bytes(asked)), 10'000);
  answer(take());
  ask("later");
  advance(9500ms);
  challenge();
  EXPECT_FALSE(one->hungry());
  answer_bytes(asked, broker_proof(take_bytes(asked)), 10'000);
  answer(expect(protocol::MetadataRequest::api_key));
  EXPECT_EQ(told.back().substr(0, 6), "later:");
  EXPECT_EQ(io.links().size(), 1u);
}

TEST_F(authenticating, C_53_no_session_is_renewed_before_85_percent_of_it) {
  begin();
  pass(10'000);
  ask("early");
  advance(8400ms);
  answer(take());
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
}

TEST_F(authenticating, C_53_a_link_that_nobody_uses_renews_nothing_until_somebody_does) {
  begin();
  pass(10'000);
  answer(take());
  advance(60s);
  EXPECT_FALSE(test::take_request(io.last()));
  ask("late");
  step();
  pass(10'000);
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
}

TEST_F(authenticating, C_53_a_renewal_that_is_refused_ends_the_link_and_what_waits_behind_it_was_not_sent) {
  begin();
  pass(1'000);
  answer(take());
  told.clear();
  advance(950ms);
  ask("behind");
  step();
  take_handshake(error_code::illegal_sasl_state);
  EXPECT_EQ(told, (lines{"behind: ILLEGAL_SASL_STATE"}));
  EXPECT_EQ(links, 0);
}

TEST_F(authenticating, a_configuration_without_a_user_or_a_token_is_refused_when_it_is_opened) {
  config.sasl.credentials = {};
  auto made = link_security::make(config);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("there is no user name"), std::string::npos) << made.error().message();
  config.sasl.mechanism = sasl_mechanism::oauthbearer;
  EXPECT_FALSE(link_security::make(config));
  config.sasl.unsecured_principal = "alice";
  EXPECT_TRUE(link_security::make(config));
  config.sasl.unsecured_principal = "";
  config.sasl.oidc.token_endpoint = "https://id.example/token";
  made = link_security::make(config);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("call ottla::use_oidc"), std::string::npos) << made.error().message();
}

}  // namespace
}  // namespace ottla
