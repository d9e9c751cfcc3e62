// What a token endpoint says, read: tokens, refusals, and what is neither.
#include "token_answer.hpp"

#include <gtest/gtest.h>

#include "security/hashing.hpp"
#include "token_endpoint.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
constexpr wall_ms today{1'700'000'000'000ms};

result<oidc_token> read(int status, std::string_view body) {
  return read_token_answer("https://id.example/token", status, body, today);
}

std::string jwt(std::string_view claims) {
  return hashing::to_base64_url(R"({"alg":"RS256"})") + "." + hashing::to_base64_url(claims) + ".c2ln";
}

std::string why_not(int status, std::string_view body) {
  const auto got = read(status, body);
  return got ? "it was taken" : got.error().message();
}

TEST(a_token_answer, gives_the_token_and_how_long_it_is_good_for) {
  const auto got = read(200, R"({"access_token":"abc","token_type":"Bearer","expires_in":3600})");
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->text.reveal(), "abc");
  EXPECT_EQ(got->lifetime, 3600s);
}

TEST(a_token_answer, that_says_no_lifetime_has_that_of_the_jwt) {
  const auto got = read(200, R"({"access_token":")" + jwt(R"({"sub":"alice","exp":1700000090})") + "\"}");
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->lifetime, 90s);
}

TEST(a_token_answer, without_any_lifetime_is_good_for_one_use) {
  EXPECT_EQ(read(200, R"({"access_token":"opaque"})")->lifetime, 0s);
  EXPECT_EQ(read(200, R"({"access_token":"a.b.c"})")->lifetime, 0s);
  EXPECT_EQ(read(200, R"({"access_token":"a.)" + hashing::to_base64_url("[1]") + ".c\"}")->lifetime, 0s);
}

TEST(a_token_answer, takes_absurd_lifetimes_as_long_ones_and_numbers_written_as_texts) {
  EXPECT_EQ(read(200, R"({"access_token":"a","expires_in":1e300})")->lifetime, 24h * 3650);
  EXPECT_EQ(read(200, R"({"access_token":"a","expires_in":"60"})")->lifetime, 60s);
  EXPECT_EQ(read(200, R"({"access_token":"a","expires_in":-5})")->lifetime, 0s);
  EXPECT_EQ(read(200, R"({"access_token":"a","expires_in":"soon"})")->lifetime, 0s);
}

TEST(a_token_answer, whose_token_is_over_already_is_told) {
  const std::string why = why_not(200, R"({"access_token":")" + jwt(R"({"exp":1699999990})") + "\"}");
  EXPECT_NE(why.find("a token that is over since 10 s"), std::string::npos) << why;
}

TEST(a_token_answer, that_refuses_is_told_in_its_words_and_for_good) {
  const auto got = read(401, R"({"error":"invalid_client","error_description":"unknown\nclient"})");
  ASSERT_FALSE(got);
  EXPECT_FALSE(got.error().retriable());
  EXPECT_TRUE(got.error().is(client_code::authentication_failed));
  EXPECT_NE(
      got.error().message().find("https://id.example/token refuses with status 401: invalid_client, unknown client"),
      std::string::npos)
      << got.error().message();
}

TEST(a_token_answer, of_a_server_in_trouble_may_be_better_soon) {
  EXPECT_TRUE(read(503, "busy").error().retriable());
  EXPECT_TRUE(read(429, "{}").error().retriable());
  EXPECT_FALSE(read(404, "<html>").error().retriable());
}

TEST(a_token_answer, that_is_no_answer_is_told_without_the_token) {
  EXPECT_NE(why_not(200, "<html>").find("no JSON object"), std::string::npos);
  EXPECT_NE(why_not(200, "[]").find("no JSON object"), std::string::npos);
  EXPECT_NE(why_not(200, "{}").find("without an access_token"), std::string::npos);
  EXPECT_NE(why_not(200, R"({"access_token":7})").find("without an access_token"), std::string::npos);
  const std::string why = why_not(200, R"({"access_token":"top\u0001secret"})");
  EXPECT_NE(why.find("characters which no token has"), std::string::npos) << why;
  EXPECT_EQ(why.find("top"), std::string::npos);
}

TEST(a_token_endpoint, is_taken_apart) {
  const auto got = parse_token_endpoint("https://[::1]:8443/realms/x/token?tenant=1");
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->origin, "https://[::1]:8443");
  EXPECT_EQ(got->path, "/realms/x/token?tenant=1");
  EXPECT_TRUE(got->encrypted);
  EXPECT_EQ(parse_token_endpoint("http://id.example")->path, "/");
  EXPECT_EQ(parse_token_endpoint("http://id.example?x=1")->path, "/?x=1");
}

TEST(a_token_endpoint, that_cannot_be_asked_is_an_error_that_names_the_setting) {
  for (const char* url :
       {"", "id.example/token", "ftp://id.example", "https://", "https://:80/", "https://id.example:0/",
        "https://id.example:x/", "https://id.example:99999/", "https://id.example/a b", "https://id.example/#x"}) {
    const auto got = parse_token_endpoint(url);
    ASSERT_FALSE(got) << url;
    EXPECT_TRUE(got.error().is(client_code::invalid_config));
    EXPECT_EQ(got.error().context().asked, "sasl.oauthbearer.token.endpoint.url");
  }
  const auto named = parse_token_endpoint("https://localhost:hunter2@id.example/token");
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().message().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace ottla
