// Tokens kept and asked for in time, with a provider in this process: who waits, who does not, and what each is told.
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "ottla/oidc.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

// Answers that are waited for, in the order they came.
class answers {
 public:
  sasl_answer one() {
    return [this](result<sasl_credentials> told) {
      std::lock_guard lock(mutex_);
      told_.push_back(std::move(told));
      came_.notify_all();
    };
  }
  std::optional<result<sasl_credentials>> next(std::chrono::milliseconds within = 10s) {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, within, [&] { return !told_.empty(); })) return std::nullopt;
    auto out = std::move(told_.front());
    told_.pop_front();
    return out;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<result<sasl_credentials>> told_;
};

class token_source_test : public testing::Test {
 protected:
  token_source_test() {
    provider.Post("/token", [this](const httplib::Request& asked, httplib::Response& to) {
      const int number = ++requests;
      std::unique_lock lock(mutex);
      last_authorization = asked.get_header_value("Authorization");
      last_body = asked.body;
      released.wait(lock, [&] { return !held; });
      to.status = status;
      to.set_content(body.empty() ? R"({"access_token":"token-)" + std::to_string(number) + R"(","expires_in":)" +
                                        std::to_string(lifetime) + "}"
                                  : body,
                     "application/json");
    });
    port = provider.bind_to_any_port("127.0.0.1");
    serving = std::thread([this] { provider.listen_after_bind(); });
    while (!provider.is_running()) std::this_thread::yield();
    config.sasl.mechanism = sasl_mechanism::oauthbearer;
    config.sasl.oidc.token_endpoint = "http://127.0.0.1:" + std::to_string(port) + "/token";
    config.sasl.oidc.client_id = "ottla";
    config.sasl.oidc.client_secret = "s3cret";
    config.sasl.oidc.retry_backoff = 0ms;
  }
  ~token_source_test() override {
    hold(false);
    provider.stop();
    serving.join();
  }
  void hold(bool on) {
    std::lock_guard lock(mutex);
    held = on;
    released.notify_all();
  }
  void use() {
    auto done = use_oidc(config);
    ASSERT_TRUE(done) << done.error().message();
    ASSERT_TRUE(config.sasl.ask);
  }
  std::string ask() {
    config.sasl.ask(told.one());
    const auto got = told.next();
    if (!got) return "no answer";
    return *got ? std::string((*got)->token.reveal()) : got->error().message();
  }

  httplib::Server provider;
  int port = 0;
  std::thread serving;
  std::atomic<int> requests{0};
  std::mutex mutex;
  std::condition_variable released;
  bool held = false;
  int status = 200;
  int lifetime = 3600;
  std::string body, last_authorization, last_body;
  answers told;
  cluster_config config;
};

TEST_F(token_source_test, asks_with_the_clients_credentials_and_keeps_the_token) {
  config.sasl.oidc.scope = "read write";
  config.sasl.credentials.extensions = {{"logicalCluster", "lkc"}};
  use();
  EXPECT_EQ(ask(), "token-1");
  EXPECT_EQ(ask(), "token-1");
  EXPECT_EQ(requests, 1);
  EXPECT_EQ(last_authorization, "Basic b3R0bGE6czNjcmV0");
  EXPECT_EQ(last_body, "grant_type=client_credentials&scope=read+write");
  config.sasl.ask(told.one());
  EXPECT_EQ((*told.next())->extensions, config.sasl.credentials.extensions);
}

TEST_F(token_source_test, encodes_id_and_secret_in_the_header_where_that_is_wanted) {
  config.sasl.oidc.client_id = "a:b";
  config.sasl.oidc.client_secret = "c d";
  config.sasl.oidc.urlencode_header = true;
  use();
  EXPECT_EQ(ask(), "token-1");
  EXPECT_EQ(last_authorization, "Basic YSUzQWI6Yytk");  // a%3Ab:c+d
}

TEST_F(token_source_test, lets_all_who_come_meanwhile_wait_for_one_request) {
  hold(true);
  use();
  for (int i = 0; i < 5; ++i) config.sasl.ask(told.one());
  EXPECT_FALSE(told.next(50ms)) << "ask does not wait";
  hold(false);
  for (int i = 0; i < 5; ++i) EXPECT_EQ((*told.next())->token.reveal(), "token-1");
  EXPECT_EQ(requests, 1);
}

TEST_F(token_source_test, has_a_new_token_before_the_old_one_is_over) {
  lifetime = 1;
  use();
  EXPECT_EQ(ask(), "token-1");
  std::this_thread::sleep_for(900ms);  // past 85 %
  EXPECT_EQ(ask(), "token-2");
}

TEST_F(token_source_test, goes_on_with_the_old_token_when_the_new_one_does_not_come) {
  lifetime = 3;
  use();
  EXPECT_EQ(ask(), "token-1");
  std::this_thread::sleep_for(2600ms);
  status = 503;
  EXPECT_EQ(ask(), "token-1");
  EXPECT_EQ(requests, 2);
}

TEST_F(token_source_test, uses_a_token_without_a_lifetime_once) {
  body = R"({"access_token":"opaque"})";
  use();
  EXPECT_EQ(ask(), "opaque");
  EXPECT_EQ(ask(), "opaque");
  EXPECT_EQ(requests, 2);
}

TEST_F(token_source_test, tells_a_refusal_once_to_the_provider_and_often_to_us) {
  config.sasl.oidc.retry_backoff = 5s;
  status = 401;
  body = R"({"error":"invalid_client"})";
  use();
  for (int i = 0; i < 3; ++i) {
    const std::string why = ask();
    EXPECT_NE(why.find("AUTHENTICATION_FAILED"), std::string::npos) << why;
    EXPECT_NE(why.find("refuses with status 401: invalid_client"), std::string::npos) << why;
    EXPECT_EQ(why.find("s3cret"), std::string::npos);
  }
  EXPECT_EQ(requests, 1) << "the back-off is not over";
}

TEST_F(token_source_test, tells_that_nobody_is_there) {
  config.sasl.oidc.token_endpoint = "http://127.0.0.1:1/token";
  use();
  config.sasl.ask(told.one());
  const auto got = told.next();
  ASSERT_TRUE(got && !*got);
  EXPECT_TRUE(got->error().retriable());
  EXPECT_NE(got->error().message().find("http://127.0.0.1:1/token cannot be connected to"), std::string::npos)
      << got->error().message();
}

TEST_F(token_source_test, reads_no_endless_answer) {
  body = R"({"access_token":")" + std::string(100'000, 'a') + "\"}";
  use();
  EXPECT_NE(ask().find("answers with more than 64 KiB"), std::string::npos);
}

TEST_F(token_source_test, ends_with_its_deadline_and_asks_again_later) {
  config.sasl.oidc.connect_timeout = 100ms;
  config.sasl.oidc.read_timeout = 100ms;
  hold(true);
  use();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_NE(ask().find("does not answer"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  hold(false);
  for (int tries = 0; tries < 100 && requests < 2; ++tries) {
    (void)ask();
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(ask().substr(0, 6), "token-");
}

TEST_F(token_source_test, is_gone_soon_while_a_request_hangs) {
  hold(true);
  use();
  config.sasl.ask(told.one());
  while (requests == 0) std::this_thread::sleep_for(1ms);
  const auto began = std::chrono::steady_clock::now();
  config = {};
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  EXPECT_FALSE(told.next(50ms));
}

TEST_F(token_source_test, is_not_made_where_something_is_missing_and_says_what) {
  const auto why_not = [&](auto change) {
    cluster_config other = config;
    change(other.sasl);
    const auto done = use_oidc(other);
    return done ? std::string(other.sasl.ask ? "made" : "left alone") : done.error().context().asked;
  };
  EXPECT_EQ(why_not([](sasl_config&) {}), "made");
  EXPECT_EQ(why_not([](sasl_config& of) { of.mechanism = sasl_mechanism::plain; }), "left alone");
  EXPECT_EQ(why_not([](sasl_config& of) { of.oidc.token_endpoint.clear(); }), "left alone");
  EXPECT_EQ(why_not([](sasl_config& of) { of.oidc.client_id.clear(); }),
            "sasl.oauthbearer.client.credentials.client.id");
  EXPECT_EQ(why_not([](sasl_config& of) { of.oidc.client_id = "a:b"; }),
            "sasl.oauthbearer.client.credentials.client.id");
  EXPECT_EQ(why_not([](sasl_config& of) { of.oidc.client_secret.wipe(), of.oidc.client_secret = {}; }),
            "sasl.oauthbearer.client.credentials.client.secret");
  EXPECT_EQ(why_not([](sasl_config& of) { of.oidc.connect_timeout = 0ms; }), "sasl.login.connect.timeout.ms");
  EXPECT_EQ(why_not([](sasl_config& of) { of.oidc.retry_backoff = 1h; }), "sasl.login.retry.backoff.ms");
}

}  // namespace
}  // namespace ottla
