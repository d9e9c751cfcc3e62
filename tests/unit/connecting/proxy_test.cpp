// Proxies of both kinds over real sockets: to the dev broker by names that only the proxy knows, logged in, with TLS
// through them; and what a refusal says and costs.
#include <filesystem>
#include <fstream>

#include "served.hpp"
#include "small_proxy.hpp"
#include "tls_peer.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

class through_proxy : public served, public ::testing::WithParamInterface<proxy_kind> {
 protected:
  void use(const small_proxy& proxy) {
    config.proxy.kind = GetParam();
    config.proxy.host = "127.0.0.1";
    config.proxy.port = proxy.port();
    config.bootstrap = "inside.invalid:" + std::to_string(server.port(0));
  }
};

TEST_P(through_proxy, every_connection_goes_to_names_that_only_the_proxy_knows) {
  serve();
  small_proxy proxy({.names = {{"inside.invalid", "127.0.0.1"}}});
  use(proxy);
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  const auto told = on.call(broker_id{1}, protocol::DescribeClusterRequest{}, 20s);  // at its advertised address
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(proxy.asked().front(), config.bootstrap);
  EXPECT_EQ(proxy.asked().back(), "127.0.0.1:" + std::to_string(server.port(0)));
}

TEST_P(through_proxy, an_advertised_address_that_is_named_as_reached_without_it_is) {
  serve();
  small_proxy proxy({.names = {{"inside.invalid", "127.0.0.1"}}});
  use(proxy);
  config.proxy.bypass = "127.0.0.0/8";
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  const auto told = on.call(broker_id{1}, protocol::DescribeClusterRequest{}, 20s);
  ASSERT_TRUE(told) << told.error().message();
  for (const std::string& asked : proxy.asked()) EXPECT_EQ(asked, config.bootstrap);
}

TEST_P(through_proxy, one_that_asks_who_is_there_is_told) {
  serve();
  small_proxy proxy({.names = {{"inside.invalid", "127.0.0.1"}}, .user = "me", .password = "secret"});
  use(proxy);
  config.proxy.username = "me";
  config.proxy.password = "secret";
  cluster on = open();
  EXPECT_EQ(ask(on), "");
}

TEST_P(through_proxy, a_wrong_password_is_one_sentence_at_once_and_no_storm) {
  serve();
  small_proxy proxy({.user = "me", .password = "secret"});
  use(proxy);
  config.proxy.username = "me";
  config.proxy.password = "hidden";
  cluster on = open();
  const auto begun = std::chrono::steady_clock::now();
  const std::string why = ask(on);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_NE(why.find("PROXY_FAILED: the proxy 127.0.0.1:"), std::string::npos) << why;
  EXPECT_NE(why.find("check user and password in proxy.url"), std::string::npos) << why;
  EXPECT_EQ(why.find("hidden"), std::string::npos) << why;
  EXPECT_LE(proxy.accepted(), 2);
}

TEST_P(through_proxy, a_broker_that_it_cannot_reach_is_told) {
  small_proxy proxy({});
  use(proxy);
  config.bootstrap = "127.0.0.1:1";
  cluster on = open();
  const std::string why = ask(on, 500ms);
  EXPECT_NE(why.find(GetParam() == proxy_kind::http ? "502 Bad Gateway" : "connection refused"), std::string::npos)
      << why;
}

TEST_P(through_proxy, tls_is_with_the_broker_and_checks_the_brokers_name) {
  std::string name = (std::filesystem::temp_directory_path() / "ottla-proxy-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path folder = name;
  const identity authority({.name = "Test authority"});
  const identity inside({.name = "inside.invalid", .by = &authority});
  std::ofstream(folder / "pem") << inside.certificate_pem();
  std::ofstream(folder / "key") << inside.key_pem();
  mock::tls_files files;
  files.certificate = (folder / "pem").string();
  files.key = (folder / "key").string();
  ASSERT_EQ(server.secure(files), "");
  std::filesystem::remove_all(folder);
  serve();
  small_proxy proxy({.names = {{"inside.invalid", "127.0.0.1"}, {"other.invalid", "127.0.0.1"}}});
  use(proxy);
  config.security = security_protocol::ssl;
  config.tls.ca_pem = authority.certificate_pem();
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  config.bootstrap = "other.invalid:" + std::to_string(server.port(0));
  cluster mistaken = open();
  const std::string why = ask(mistaken);
  EXPECT_NE(why.find("hostname mismatch"), std::string::npos) << why;
}

INSTANTIATE_TEST_SUITE_P(kinds, through_proxy, ::testing::Values(proxy_kind::socks5, proxy_kind::http),
                         [](const auto& kind) { return kind.param == proxy_kind::http ? "http" : "socks5"; });

}  // namespace
}  // namespace ottla::test
