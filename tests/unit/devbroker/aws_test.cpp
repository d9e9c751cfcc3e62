// AWS_MSK_IAM at the dev broker: the signatures that AWS publishes, messages that another reading of its rules has
// signed (tests/unit/net/aws_signature_reference.py), and each way in which a message is refused.
#include <gtest/gtest.h>

#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "sasl/aws_verifier.hpp"
#include "sasl/flat_json.hpp"
#include "support.hpp"

namespace ottla::test {
namespace {

constexpr std::string_view secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::chrono::milliseconds moment{1'792'000'000'123};

std::string plain_message() {
  return R"({"version":"2020_10_22","host":"b-1.letters.abcdef.c2.kafka.eu-west-1.amazonaws.com","user-agent":"ottla",)"
         R"("action":"kafka-cluster:Connect","x-amz-algorithm":"AWS4-HMAC-SHA256","x-amz-credential":)"
         R"("AKIDEXAMPLE/20261014/eu-west-1/kafka-cluster/aws4_request","x-amz-date":"20261014T174640Z",)"
         R"("x-amz-expires":"900","x-amz-signedheaders":"host",)"
         R"("x-amz-signature":"12fa2c9616b54d9fd02bd057a9c359c918e8448f3fdd90b8ac60c86b01b10810"})";
}
std::string message_of_a_session() {
  std::string out = plain_message();
  out.replace(out.find(R"("x-amz-signedheaders")"), 0, R"("x-amz-security-token":"session+token/with=signs",)");
  const std::string_view other = "59774d3ef0602f0564d5e13e66a141338f2b29235bebfce712bf68b8f9371a2e";
  return out.replace(out.size() - 2 - other.size(), other.size(), other);
}
std::string with(std::string what, std::string_view replacing) {
  std::string out = plain_message();
  const std::size_t at = out.find(replacing);
  EXPECT_NE(at, std::string::npos) << replacing;
  return out.replace(at, replacing.size(), what);
}

std::map<std::string, mock::aws_access_key> keys(std::string token = {}) {
  return {{"AKIDEXAMPLE", {std::string(secret), std::move(token)}}};
}
std::string why_not(std::string_view message, std::chrono::milliseconds now = moment) {
  const mock::aws_caller caller = mock::verify_aws_message(message, keys(), now);
  EXPECT_EQ(caller.key_id.empty(), !caller.why.empty());
  return caller.why;
}

TEST(AwsVerifier, SignaturesAreThoseOfThePublishedExamples) {
  EXPECT_EQ(mock::sign_as_aws(secret, "20150830", "us-east-1", "iam",
                              "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n"
                              "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  EXPECT_EQ(mock::sign_as_aws("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3",
                              "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
                              "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04"),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(AwsVerifier, MessagesOfTheReferenceAreTaken) {
  EXPECT_EQ(why_not(plain_message()), "");
  const auto caller = mock::verify_aws_message(message_of_a_session(), keys("session+token/with=signs"), moment);
  EXPECT_EQ(caller.why, "");
  EXPECT_EQ(caller.key_id, "AKIDEXAMPLE");
}

TEST(AwsVerifier, WhatWasSignedOtherwiseIsRefused) {
  const std::string wrong = "the signature is not that of the access key";
  EXPECT_EQ(why_not(with("b-2.letters", "b-1.letters")), wrong);
  EXPECT_EQ(why_not(with("/eu-west-2/", "/eu-west-1/")), wrong);
  EXPECT_EQ(why_not(with("\"899\"", "\"900\"")), wrong);
  EXPECT_EQ(why_not(with("174641Z", "174640Z")), wrong);
  EXPECT_EQ(why_not(with("12fa2c9616b54d9e", "12fa2c9616b54d9f")), wrong);
  EXPECT_EQ(mock::verify_aws_message(plain_message(), {{"AKIDEXAMPLE", {"other"}}}, moment).why, wrong);
  EXPECT_EQ(why_not(with("another agent", "ottla")), "") << "nobody signs that";
}

TEST(AwsVerifier, WhoIsNotKnownOrHasNoSessionIsRefused) {
  EXPECT_EQ(why_not(with("AKIDOTHER", "AKIDEXAMPLE")), "the access key is not known");
  EXPECT_EQ(why_not(message_of_a_session()), "the token is not that of the access key's session");
  EXPECT_EQ(mock::verify_aws_message(plain_message(), keys("a token"), moment).why,
            "the token is not that of the access key's session");
}

TEST(AwsVerifier, ASignatureHoldsForItsTimeAndFiveMinutesForWrongClocks) {
  EXPECT_EQ(why_not(plain_message(), moment + 1199s), "");
  EXPECT_EQ(why_not(plain_message(), moment + 1201s), "the signature has expired");
  EXPECT_EQ(why_not(plain_message(), moment - 300s), "");
  EXPECT_EQ(why_not(plain_message(), moment - 302s), "the signature is of a time that is not there yet");
  EXPECT_EQ(why_not(with("\"901\"", "\"900\"")), "x-amz-expires is not from 1 to 900 seconds");
  EXPECT_EQ(why_not(with("\"0\"", "\"900\"")), "x-amz-expires is not from 1 to 900 seconds");
}

TEST(AwsVerifier, WhatIsNotThatMessageIsToldWhatItLacks) {
  EXPECT_EQ(why_not("[]"), "the message is no JSON object of texts");
  EXPECT_EQ(why_not("{}"), "the message has no version");
  EXPECT_EQ(why_not(with("2019", "2020_10_22")), "the message is of another version than 2020_10_22");
  EXPECT_EQ(why_not(with("kafka-cluster:Read", "kafka-cluster:Connect")),
            "the message does not ask for kafka-cluster:Connect");
  EXPECT_EQ(why_not(with("AWS4-ECDSA", "AWS4-HMAC-SHA256")), "the message is not signed with AWS4-HMAC-SHA256");
  EXPECT_EQ(why_not(with(R"("x-amz-signedheaders":"host;date")", R"("x-amz-signedheaders":"host")")),
            "the message signs other headers than host");
  for (const std::string_view date : {"20261014", "20261314T174640Z", "20261014T254640Z", "2026-0-4T174640Z"})
    EXPECT_EQ(why_not(with(std::string(date), "20261014T174640Z")), "x-amz-date is no date") << date;
  for (const std::string_view scope :
       {"AKIDEXAMPLE", "AKIDEXAMPLE/20261015/eu-west-1/kafka-cluster/aws4_request",
        "AKIDEXAMPLE/20261014//kafka-cluster/aws4_request", "AKIDEXAMPLE/20261014/eu-west-1/s3/aws4_request"})
    EXPECT_EQ(why_not(with(std::string(scope), "AKIDEXAMPLE/20261014/eu-west-1/kafka-cluster/aws4_request")),
              "x-amz-credential is not ID/DATE/REGION/kafka-cluster/aws4_request")
        << scope;
}

TEST(FlatJson, IsAnObjectOfTextsAndNothingElse) {
  const auto read = mock::read_flat_json(R"( { "a" : "x\"\\\/\n\u0041" , "b":"" } )");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at("a"), "x\"\\/\nA");
  EXPECT_EQ(read->at("b"), "");
  EXPECT_TRUE(mock::read_flat_json("{}"));
  for (const std::string_view bad :
       {"", "{", "{}x", R"({"a":1})", R"({"a":"b",})", R"({"a":"b" "c":"d"})", R"({"a":"b","a":"c"})", R"({"a)",
        R"({"a":"\x"})", R"({"a":"\u12"})", R"({"a":"\u0100"})", R"({"a":{}})", "{\"a\":\"\n\"}"})
    EXPECT_FALSE(mock::read_flat_json(bad)) << bad;
}

TEST(AwsSasl, AClientThatSignsIsLetInAndAnotherIsToldAndLeft) {
  mock::broker_options options;
  options.sasl.aws_keys = keys();
  mock::broker kafka(options);
  for (const bool is_right : {true, false}) {
    client_end client(kafka);
    client.now.wall = moment;
    protocol::SaslHandshakeRequest begin;
    begin.mechanism = "AWS_MSK_IAM";
    EXPECT_EQ(client.ask(begin, 1)->error_code, protocol::error_code::none);
    const std::string said = is_right ? plain_message() : with("b-2.letters", "b-1.letters");
    protocol::SaslAuthenticateRequest request;
    request.auth_bytes = protocol::as_bytes(said);
    const auto answer = client.ask(request, 2);
    EXPECT_EQ(answer->error_code == protocol::error_code::none, is_right);
    EXPECT_EQ(client.closed(), !is_right);
    if (is_right) {
      EXPECT_TRUE(protocol::as_text(answer->auth_bytes).starts_with(R"({"version":"2020_10_22","request-id":")"));
    } else {
      EXPECT_EQ(answer->error_message, "Authentication failed: the signature is not that of the access key");
    }
  }
}

}  // namespace
}  // namespace ottla::test
