// SASL at the dev broker: what it takes before a client has said who it is, how that goes, and sessions that end. The
// conversation of SCRAM-SHA-256 is that of RFC 7677; the client here is made of the verifier's own hashes.
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "sasl/authentication.hpp"
#include "support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

mock::broker_options asking(std::chrono::milliseconds lifetime = 0ms) {
  mock::broker_options out;
  out.sasl.users = {{"alice", "secret"}, {"b,=b", "word"}};
  out.sasl.unsecured_tokens = true;
  out.sasl.session_lifetime = lifetime;
  return out;
}

class Sasl : public testing::Test {
 protected:
  static error_code begin(client_end& by, std::string_view mechanism, std::int16_t version = 1) {
    protocol::SaslHandshakeRequest request;
    request.mechanism = mechanism;
    return by.ask(request, version)->error_code;
  }
  struct told {
    error_code error;
    std::string bytes, message;
    std::int64_t lifetime;
  };
  static told say(client_end& by, std::string_view bytes, std::int16_t version = 2) {
    protocol::SaslAuthenticateRequest request;
    request.auth_bytes = protocol::as_bytes(bytes);
    const auto answer = by.ask(request, version);
    return {answer->error_code, std::string(protocol::as_text(answer->auth_bytes)),
            std::string(answer->error_message.value_or("")), answer->session_lifetime_ms};
  }
  static error_code come_in(client_end& by) {
    EXPECT_EQ(begin(by, "PLAIN"), error_code::none);
    return say(by, std::string_view("\0alice\0secret", 13)).error;
  }
  static bool serves(client_end& by) {
    by.send(protocol::MetadataRequest{});
    return by.take<protocol::MetadataResponse>().has_value();
  }
  static std::string token(std::string_view header, std::string_view claims) {
    const auto url = [](std::string text) {
      text = mock::base64(text);
      while (text.ends_with('=')) text.pop_back();
      std::replace(text.begin(), text.end(), '+', '-');
      std::replace(text.begin(), text.end(), '/', '_');
      return text;
    };
    return url(std::string(header)) + "." + url(std::string(claims)) + ".";
  }
  static std::string bearer(const std::string& which) { return "n,,\1auth=Bearer " + which + "\1\1"; }

  mock::broker kafka{asking()};
  client_end client{kafka};
};

TEST_F(Sasl, OnlyVersionsAreToldBeforeAClientHasSaidWhoItIs) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = "ottla";
  request.client_software_version = "1.0";
  EXPECT_EQ(client.ask(request)->error_code, error_code::none);
  EXPECT_FALSE(serves(client));
  EXPECT_TRUE(client.closed());
  EXPECT_NE(client.reason().find("before authentication"), std::string_view::npos);
}

TEST_F(Sasl, PlainLetsInWhoKnowsThePassword) {
  EXPECT_EQ(come_in(client), error_code::none);
  EXPECT_TRUE(serves(client));
}

TEST_F(Sasl, WhoDoesNotKnowItIsToldAndTheConnectionEnds) {
  for (const std::string_view wrong :
       {std::string_view("\0alice\0wrong", 12), std::string_view("\0bob\0secret", 11), std::string_view("alice")}) {
    client_end by(kafka);
    EXPECT_EQ(begin(by, "PLAIN"), error_code::none);
    const told answer = say(by, wrong);
    EXPECT_EQ(answer.error, error_code::sasl_authentication_failed);
    EXPECT_EQ(answer.message.rfind("Authentication failed", 0), 0u) << answer.message;
    EXPECT_TRUE(by.closed());
  }
}

TEST_F(Sasl, AMechanismThatIsNotOfferedIsAnsweredWithThoseThatAre) {
  protocol::SaslHandshakeRequest request;
  request.mechanism = "GSSAPI";
  const auto answer = client.ask(request);
  EXPECT_EQ(answer->error_code, error_code::unsupported_sasl_mechanism);
  EXPECT_EQ(std::vector<std::string>(answer->mechanisms.begin(), answer->mechanisms.end()),
            (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"}));
  EXPECT_TRUE(client.closed());
}

TEST_F(Sasl, BetweenTheHandshakeAndItsEndNothingElseIsTaken) {
  EXPECT_EQ(begin(client, "PLAIN"), error_code::none);
  EXPECT_FALSE(serves(client));
  EXPECT_TRUE(client.closed());
}

TEST_F(Sasl, WithoutAuthenticationItIsOutOfPlace) {
  mock::broker open_to_all;
  client_end by(open_to_all);
  EXPECT_EQ(begin(by, "PLAIN"), error_code::illegal_sasl_state);
  EXPECT_EQ(say(by, "x").error, error_code::illegal_sasl_state);
  EXPECT_TRUE(serves(by));
}

TEST_F(Sasl, ScramProvesBothSides) {
  for (const bool sha_512 : {false, true}) {
    for (const auto& [name, password, said] :
         {std::tuple{"alice", "secret", "alice"}, std::tuple{"b,=b", "word", "b=2C=3Db"}}) {
      client_end by(kafka);
      EXPECT_EQ(begin(by, sha_512 ? "SCRAM-SHA-512" : "SCRAM-SHA-256"), error_code::none);
      const std::string first = "n=" + std::string(said) + ",r=clientnonce";
      const std::string challenge = say(by, "n,," + first).bytes;
      const std::size_t salt_at = challenge.find(",s="), count_at = challenge.find(",i=");
      ASSERT_NE(count_at, std::string::npos) << challenge;
      EXPECT_EQ(challenge.substr(0, 13), "r=clientnonce");
      EXPECT_GT(salt_at, 20u) << "the broker adds something";
      const auto salt = mock::unbase64(challenge.substr(salt_at + 3, count_at - salt_at - 3));
      const std::string key = mock::salted(sha_512, password, *salt, std::stoi(challenge.substr(count_at + 3)));
      const std::string without_proof = "c=biws," + challenge.substr(0, salt_at);
      const std::string all = first + "," + challenge + "," + without_proof;
      std::string proof = mock::hmac_of(sha_512, key, "Client Key");
      const std::string signature = mock::hmac_of(sha_512, mock::hash_of(sha_512, proof), all);
      for (std::size_t i = 0; i < proof.size(); ++i)
        proof[i] = static_cast<char>(static_cast<unsigned char>(proof[i]) ^ static_cast<unsigned char>(signature[i]));
      const told last = say(by, without_proof + ",p=" + mock::base64(proof));
      EXPECT_EQ(last.error, error_code::none) << last.message;
      EXPECT_EQ(last.bytes,
                "v=" + mock::base64(mock::hmac_of(sha_512, mock::hmac_of(sha_512, key, "Server Key"), all)));
      EXPECT_TRUE(serves(by));
    }
  }
}

TEST_F(Sasl, ScramIsTheOneOfTheStandard) {
  mock::scram_server pencil(false);
  EXPECT_EQ(pencil.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"), "user");
  const auto salt = mock::unbase64("W22ZaJ0SNY7soEsUEjb6gQ==");
  EXPECT_EQ(pencil.challenge({"pencil", *salt, 4096}, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  EXPECT_EQ(pencil.last("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST_F(Sasl, ScramTakesANonceWhoseBeginningIsSaidTwice) {  // librdkafka before 2.6; Kafka since 3.8.1
  mock::scram_server one(false);
  EXPECT_EQ(one.first("n,,n=alice,r=mine"), "alice");
  const std::string challenge = one.challenge({"secret", "salt", 4096}, "theirs");
  const std::string without_proof = "c=biws,r=mineminetheirs";
  const std::string key = mock::salted(false, "secret", "salt", 4096);
  std::string proof = mock::hmac_of(false, key, "Client Key");
  const std::string signature =
      mock::hmac_of(false, mock::hash_of(false, proof), "n=alice,r=mine," + challenge + "," + without_proof);
  for (std::size_t i = 0; i < proof.size(); ++i)
    proof[i] = static_cast<char>(static_cast<unsigned char>(proof[i]) ^ static_cast<unsigned char>(signature[i]));
  EXPECT_TRUE(one.last(without_proof + ",p=" + mock::base64(proof)));
  EXPECT_FALSE(one.last("c=biws,r=minethei,p=" + mock::base64(proof)));
}

TEST_F(Sasl, ScramRefusesWhatIsMalformedOrWrong) {
  for (const std::string& wrong :
       {std::string(), std::string("n,,"), std::string("n,,n=alice"), std::string("n,,r=x"),
        std::string("n,,n=al=ice,r=x"), std::string("p=tls,,n=alice,r=x"), std::string("n,,n=bob,r=x")}) {
    client_end by(kafka);
    EXPECT_EQ(begin(by, "SCRAM-SHA-256"), error_code::none);
    EXPECT_EQ(say(by, wrong).error, error_code::sasl_authentication_failed) << wrong;
    EXPECT_TRUE(by.closed());
  }
  EXPECT_EQ(begin(client, "SCRAM-SHA-256"), error_code::none);
  const std::string challenge = say(client, "n,,n=alice,r=x").bytes;
  EXPECT_EQ(say(client, "c=biws," + challenge.substr(0, challenge.find(",s=")) + ",p=AAAA").error,
            error_code::sasl_authentication_failed);
}

TEST_F(Sasl, ATokenThatNobodySignedWillDoIfItNamesSomebodyAndIsNotOver) {
  const std::string good = token(R"({"alg":"none"})", R"({"sub":"alice","iat":1,"exp":1700003600})");
  EXPECT_EQ(begin(client, "OAUTHBEARER"), error_code::none);
  EXPECT_EQ(say(client, bearer(good)).error, error_code::none);
  EXPECT_TRUE(serves(client));
  for (const std::string& wrong :
       {token(R"({"alg":"none"})", R"({"sub":"alice","exp":1})"), token(R"({"alg":"none"})", R"({"exp":1700003600})"),
        token(R"({"alg":"RS256"})", R"({"sub":"alice","exp":1700003600})"), std::string("no token"),
        good + "signature"}) {
    client_end by(kafka);
    EXPECT_EQ(begin(by, "OAUTHBEARER"), error_code::none);
    const told first = say(by, bearer(wrong));
    EXPECT_EQ(first.error, error_code::none);
    EXPECT_EQ(first.bytes, R"({"status":"invalid_token"})") << wrong;
    EXPECT_EQ(say(by, "\1").error, error_code::sasl_authentication_failed);
    EXPECT_TRUE(by.closed());
  }
}

TEST_F(Sasl, ASessionIsRenewedOnTheSameConnectionOrEnds) {
  mock::broker strict{asking(10s)};
  client_end by(strict), forgetful(strict), other(strict);
  for (client_end* one : {&by, &forgetful, &other}) {
    EXPECT_EQ(begin(*one, "PLAIN"), error_code::none);
    EXPECT_EQ(say(*one, std::string_view("\0alice\0secret", 13)).lifetime, 10'000);
  }
  for (client_end* one : {&by, &forgetful, &other}) one->now = later(start, 9s);
  EXPECT_EQ(come_in(by), error_code::none);
  EXPECT_EQ(begin(other, "PLAIN"), error_code::none);
  EXPECT_EQ(say(other, std::string_view("\0b,=b\0word", 10)).error, error_code::sasl_authentication_failed)
      << "somebody else";
  by.now = forgetful.now = later(start, 10s);
  EXPECT_TRUE(serves(by));
  EXPECT_FALSE(serves(forgetful));
  EXPECT_TRUE(forgetful.closed());
}

TEST_F(Sasl, ASessionCannotBeRenewedWithAnotherMechanism) {
  mock::broker strict{asking(10s)};
  client_end by(strict);
  EXPECT_EQ(come_in(by), error_code::none);
  EXPECT_EQ(begin(by, "SCRAM-SHA-256"), error_code::unsupported_sasl_mechanism);
}

TEST_F(Sasl, WhereSessionsDoNotEndASecondHandshakeIsOutOfPlace) {
  EXPECT_EQ(come_in(client), error_code::none);
  EXPECT_EQ(begin(client, "PLAIN"), error_code::illegal_sasl_state);
  EXPECT_TRUE(serves(client));
}

}  // namespace
}  // namespace ottla::test
