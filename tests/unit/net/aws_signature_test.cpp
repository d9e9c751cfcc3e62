// AWS_MSK_IAM: the signatures that AWS publishes, and ours against those of aws_signature_reference.py.
#include "security/aws_signature.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "ottla/net/aws_environment.hpp"
#include "security/hashing.hpp"
#include "security/link_security.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using state = sasl_exchange::state;

constexpr std::string_view broker = "b-1.letters.abcdef.c2.kafka.eu-west-1.amazonaws.com";
constexpr wall_ms moment{1'792'000'000'123ms};

std::string said_to(std::string_view host, bool session = false) {
  sasl_credentials who;
  who.username = "AKIDEXAMPLE";
  who.password = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  if (session) who.token = "session+token/with=signs";
  const auto one = make_sasl_exchange(sasl_mechanism::aws_msk_iam, who, {host, moment, aws_region_of(host)});
  EXPECT_EQ(one->first(), state::says);
  return std::string(one->said.reveal());
}

TEST(aws_signature, is_that_of_the_published_examples) {
  EXPECT_EQ(aws_signature("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z", "us-east-1", "iam",
                          "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n"
                          "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  EXPECT_EQ(aws_signature("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524T000000Z", "us-east-1", "s3",
                          "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
                          "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04"),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(aws_signature, of_a_message_to_a_broker_is_the_references) {
  EXPECT_EQ(said_to(broker),
            R"({"version":"2020_10_22","host":"b-1.letters.abcdef.c2.kafka.eu-west-1.amazonaws.com","user-agent":"o)"
            R"(ttla","action":"kafka-cluster:Connect","x-amz-algorithm":"AWS4-HMAC-SHA256","x-amz-credential":"AKID)"
            R"(EXAMPLE/20261014/eu-west-1/kafka-cluster/aws4_request","x-amz-date":"20261014T174640Z","x-amz-expire)"
            R"(s":"900","x-amz-signedheaders":"host","x-amz-signature":"12fa2c9616b54d9fd02bd057a9c359c918e8448f3fd)"
            R"(d90b8ac60c86b01b10810"})");
  EXPECT_EQ(said_to(broker, true),
            R"({"version":"2020_10_22","host":"b-1.letters.abcdef.c2.kafka.eu-west-1.amazonaws.com","user-agent":"o)"
            R"(ttla","action":"kafka-cluster:Connect","x-amz-algorithm":"AWS4-HMAC-SHA256","x-amz-credential":"AKID)"
            R"(EXAMPLE/20261014/eu-west-1/kafka-cluster/aws4_request","x-amz-date":"20261014T174640Z","x-amz-expire)"
            R"(s":"900","x-amz-security-token":"session+token/with=signs","x-amz-signedheaders":"host","x-amz-signa)"
            R"(ture":"59774d3ef0602f0564d5e13e66a141338f2b29235bebfce712bf68b8f9371a2e"})");
}

TEST(aws_signature, dates_are_written_as_they_are_signed) {
  EXPECT_EQ(aws_date(wall_ms(0ms)), "19700101T000000Z");
  EXPECT_EQ(aws_date(wall_ms(951'827'696'999ms)), "20000229T123456Z");
}

TEST(aws_signature, what_may_not_stand_in_a_query_is_encoded) {
  EXPECT_EQ(aws_encoded("aZ09-_.~"), "aZ09-_.~");
  EXPECT_EQ(aws_encoded("a b/c+d:\xff"), "a%20b%2Fc%2Bd%3A%FF");
}

TEST(aws_signature, the_region_stands_in_the_brokers_name) {
  EXPECT_EQ(aws_region_of(broker), "eu-west-1");
  EXPECT_EQ(aws_region_of("boot-x.c1.kafka-serverless.us-east-2.amazonaws.com"), "us-east-2");
  EXPECT_EQ(aws_region_of("b-1.x.kafka.cn-north-1.amazonaws.com.cn"), "cn-north-1");
  EXPECT_EQ(aws_region_of("broker.example"), "");
  EXPECT_EQ(aws_region_of("us-east-1.amazonaws.com"), "");
  EXPECT_EQ(aws_region_of(".amazonaws.com"), "");
}

TEST(aws_msk_iam, ends_with_the_brokers_answer) {
  sasl_credentials who;
  who.username = "a", who.password = "b";
  auto one = make_sasl_exchange(sasl_mechanism::aws_msk_iam, who, {broker, moment, "eu-west-1"});
  EXPECT_EQ(one->first(), state::says);
  EXPECT_EQ(one->answer(R"({"version":"2020_10_22","request-id":"1"})"), state::done);
  EXPECT_EQ(one->answer(""), state::refused);
}

class aws_configuration : public testing::Test {
 protected:
  aws_configuration() {
    config.security = security_protocol::sasl_plaintext;
    config.sasl.mechanism = sasl_mechanism::aws_msk_iam;
    config.sasl.credentials.username = "a";
    config.sasl.credentials.password = "b";
  }
  std::string why_not(std::string_view host) {
    const auto guard = link_security::make(config);
    if (!guard) return guard.error().message();
    const auto talk = (*guard)->converse(*(*guard)->ask_credentials()->take(), host, moment);
    return talk ? "it works" : talk.error().message();
  }
  cluster_config config;
};

TEST_F(aws_configuration, needs_an_access_key_and_a_region) {
  EXPECT_EQ(why_not(broker), "it works");
  EXPECT_NE(why_not("localhost").find("says no region of AWS; set sasl.aws_region"), std::string::npos);
  config.sasl.aws_region = "eu-west-1";
  EXPECT_EQ(why_not("localhost"), "it works");
  config.sasl.credentials = {};
  EXPECT_NE(why_not(broker).find("AWS_MSK_IAM"), std::string::npos) << why_not(broker);
}

TEST_F(aws_configuration, may_come_from_the_environment) {
  config.sasl.credentials = {};
  config.sasl.provide = &aws_environment;
  ::unsetenv("AWS_ACCESS_KEY_ID");
  EXPECT_NE(why_not(broker).find("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set"), std::string::npos);
  ::setenv("AWS_ACCESS_KEY_ID", "id", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "key", 1);
  ::setenv("AWS_SESSION_TOKEN", "session", 1);
  EXPECT_EQ(why_not(broker), "it works");
  const auto who = aws_environment();
  ASSERT_TRUE(who);
  EXPECT_EQ(who->username, "id");
  EXPECT_EQ(who->password.reveal(), "key");
  EXPECT_EQ(who->token.reveal(), "session");
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) ::unsetenv(name);
}

}  // namespace
}  // namespace ottla
