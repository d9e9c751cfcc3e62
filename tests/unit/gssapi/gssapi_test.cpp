// GSSAPI where there is no ticket and no realm: it is told, from another thread, and nobody waits.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "ottla/gssapi.hpp"
#include "security/sasl_exchange.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using state = sasl_exchange::state;

class without_a_realm : public testing::Test {
 protected:
  without_a_realm() {
    std::filesystem::create_directory(home);
    std::ofstream(home / "krb5.conf") << "[libdefaults]\n default_realm = NOWHERE.TEST\n dns_lookup_kdc = false\n"
                                      << " dns_canonicalize_hostname = false\n default_ccache_name = FILE:"
                                      << (home / "cache").string() << "\n";
    ::setenv("KRB5_CONFIG", (home / "krb5.conf").c_str(), 1);
    config.security = security_protocol::sasl_plaintext;
    config.sasl.mechanism = sasl_mechanism::gssapi;
  }
  ~without_a_realm() override {
    ::unsetenv("KRB5_CONFIG");
    std::filesystem::remove_all(home);
  }
  std::string refusal() {
    EXPECT_TRUE(use_gssapi(config));
    std::promise<void> rung;
    const auto one = config.sasl.converse("localhost", [&] { rung.set_value(); });
    EXPECT_EQ(one->first(), state::waits);
    EXPECT_EQ(rung.get_future().wait_for(30s), std::future_status::ready);
    EXPECT_EQ(one->work(), state::refused);
    EXPECT_EQ(one->work(), state::waits) << "told once";
    return std::string(one->said.reveal());
  }
  const std::filesystem::path home =
      std::filesystem::temp_directory_path() / ("ottla-gssapi-" + std::to_string(::getpid()));
  cluster_config config;
};

TEST_F(without_a_realm, a_ticket_that_is_missing_is_told) {
  EXPECT_NE(refusal().find("Kerberos gives no ticket for kafka@localhost: "), std::string::npos) << refusal();
}

TEST_F(without_a_realm, a_keytab_that_is_missing_is_told) {
  config.sasl.kerberos.keytab = (home / "nobody.keytab").string();
  config.sasl.kerberos.principal = "alice";
  const std::string why = refusal();
  EXPECT_NE(why.find("no ticket for us by the keytab"), std::string::npos) << why;
  EXPECT_NE(why.find("nobody.keytab"), std::string::npos) << why;
}

TEST_F(without_a_realm, who_goes_earlier_is_not_waited_for) {
  EXPECT_TRUE(use_gssapi(config));
  std::promise<void> rung;
  auto one = config.sasl.converse("localhost", [&] { rung.set_value(); });
  EXPECT_EQ(one->first(), state::waits);
  one.reset();
  EXPECT_EQ(rung.get_future().wait_for(30s), std::future_status::ready);
}

TEST_F(without_a_realm, other_mechanisms_are_left_alone_and_a_service_needs_a_name) {
  cluster_config other = config;
  other.sasl.mechanism = sasl_mechanism::plain;
  EXPECT_TRUE(use_gssapi(other));
  EXPECT_FALSE(other.sasl.converse);
  config.sasl.kerberos.service_name = "";
  const auto done = use_gssapi(config);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().context().asked, "sasl.kerberos.service.name");
}

}  // namespace
}  // namespace ottla
