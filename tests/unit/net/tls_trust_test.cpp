// Who is believed over TLS, who we say we are, and what of it can be chosen.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "over_tls.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using test::identity;
using test::over_tls;

TEST_F(over_tls, it_is_known_when_the_certificates_of_both_end) {
  const identity us{{.name = "us", .valid_for_days = 3, .by = &authority}};
  config.tls.certificate_pem = us.certificate_pem();
  config.tls.key_pem = us.key_pem();
  const auto before = std::chrono::system_clock::now().time_since_epoch();
  begin();
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  const auto dates = guard->certificates.dates.all();
  ASSERT_EQ(dates.size(), 2u);
  EXPECT_EQ(dates[0].whose, "b1:9092");
  EXPECT_EQ(dates[1].whose, "client");
  EXPECT_NE(dates[1].subject.find("us"), std::string::npos) << dates[1].subject;
  EXPECT_LT(dates[0].not_after.time_since_epoch() - before, 25h);
  EXPECT_GT(dates[0].not_after.time_since_epoch() - before, 23h);
  EXPECT_LT(dates[1].not_after.time_since_epoch() - before, 73h);
  EXPECT_GT(dates[1].not_after.time_since_epoch() - before, 71h);
}

TEST_F(over_tls, an_authority_that_is_not_ours_is_not_believed) {
  const identity other{{.name = "Somebody"}};
  config.tls.ca_pem = other.certificate_pem();
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "unable to get local issuer certificate")) << why();
  EXPECT_NE(why().find("ssl.truststore.location"), std::string::npos) << why();
  EXPECT_FALSE(last.retriable());
}

TEST_F(over_tls, a_certificate_of_another_host_is_not_believed) {
  const identity b2{{.name = "b2", .by = &authority}};
  peer = test::tls_peer(b2);
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "hostname mismatch")) << why();
  EXPECT_NE(why().find("CN = b2"), std::string::npos) << why();
}

TEST_F(over_tls, a_bootstrap_address_is_taken_for_the_name_it_goes_by_where_that_was_asked_for) {
  const identity real{{.name = "node1.cluster.example", .by = &authority}};
  peer = test::tls_peer(real);
  config.lookup = dns_lookup::resolve_canonical_bootstrap_servers_only;
  io.canonical["b1"] = {"node1.cluster.example"};
  begin(broker_id{-2});
  EXPECT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_EQ(peer.asked_name(), "node1.cluster.example");
}

TEST_F(over_tls, the_name_of_an_advertised_address_stays_what_it_is) {
  config.lookup = dns_lookup::resolve_canonical_bootstrap_servers_only;
  io.canonical["b1"] = {"node1.cluster.example"};
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_EQ(peer.asked_name(), "b1");
}

TEST_F(over_tls, an_address_that_goes_by_no_name_keeps_that_of_bootstrap) {
  config.lookup = dns_lookup::resolve_canonical_bootstrap_servers_only;
  io.canonical["b1"] = {""};
  begin(broker_id{-2});
  EXPECT_TRUE(peer.established()) << peer.failure << why();
}

TEST_F(over_tls, a_certificate_that_is_over_is_not_believed) {
  const identity old{{.name = "b1", .valid_for_days = -1, .by = &authority}};
  peer = test::tls_peer(old);
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "certificate has expired")) << why();
}

TEST_F(over_tls, names_are_not_compared_where_that_was_asked_for) {
  const identity b2{{.name = "b2", .by = &authority}};
  peer = test::tls_peer(b2);
  config.tls.verify_name = false;
  begin();
  EXPECT_TRUE(peer.established()) << why();
}

TEST_F(over_tls, without_verification_anybody_is_believed) {
  const identity nobody{{.name = "nobody"}};
  peer = test::tls_peer(nobody);
  config.tls.verify = false;
  begin();
  EXPECT_TRUE(peer.established()) << why();
}

TEST_F(over_tls, the_application_has_the_last_word) {
  const identity pinned{{.name = "elsewhere"}};  // signed by itself, of another name
  peer = test::tls_peer(pinned);
  std::vector<std::string> asked;
  config.tls.judge = [&](const tls_peer& of) {
    asked.push_back(std::string(of.host) + " | " + std::string(of.subject) + " | " + std::string(of.refusal));
    return of.pem == pinned.certificate_pem();
  };
  begin();
  EXPECT_TRUE(peer.established()) << why();
  EXPECT_EQ(asked, (lines{"b1 | CN = elsewhere | self-signed certificate"}));
}

TEST_F(over_tls, the_application_is_asked_once_about_a_chain_whatever_is_wrong_with_it) {
  const identity other{{.name = "Somebody"}};
  const identity old{{.name = "b2", .valid_for_days = -1, .by = &other}};  // over, of another name and authority
  peer = test::tls_peer(old);
  SSL_CTX_add1_chain_cert(peer.context(), other.certificate.get());
  std::vector<std::string> asked;
  config.tls.judge = [&](const tls_peer& of) {
    asked.push_back(std::string(of.subject) + " | " + std::string(of.issuer) + " | " + std::string(of.refusal));
    return of.pem == old.certificate_pem();
  };
  begin();
  EXPECT_TRUE(peer.established()) << why();
  EXPECT_EQ(asked, (lines{"CN = b2 | CN = Somebody | self-signed certificate in certificate chain"}));
}

TEST_F(over_tls, what_the_application_refuses_as_well_is_told_as_it_was_found) {
  const identity other{{.name = "Somebody"}};
  const identity theirs{{.name = "b1", .by = &other}};
  peer = test::tls_peer(theirs);
  SSL_CTX_add1_chain_cert(peer.context(), other.certificate.get());
  config.tls.judge = [](const tls_peer& of) { return of.refusal.empty(); };
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "self-signed certificate in certificate chain (certificate of CN = Somebody)"))
      << why();
}

TEST_F(over_tls, the_application_has_the_last_word_without_verification_too) {
  const identity nobody{{.name = "nobody"}};
  peer = test::tls_peer(nobody);
  config.tls.verify = false;
  config.tls.judge = [](const tls_peer& of) { return of.subject == "CN = somebody"; };
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "certificate of CN = nobody")) << why();
}

// OpenSSL stands between it and us: nothing may be thrown through there.
TEST_F(over_tls, a_last_word_that_is_an_exception_ends_the_process) {
  config.tls.judge = [](const tls_peer&) -> bool { throw std::runtime_error("a judge that throws"); };
  EXPECT_DEATH(
      {
        try {
          begin();
        } catch (const std::runtime_error&) {  // it must not come as far as this
        }
      },
      "a judge that throws");
}

TEST_F(over_tls, the_application_may_refuse_what_is_in_order) {
  config.tls.judge = [](const tls_peer&) { return false; };
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "the application does not accept it")) << why();
}

TEST_F(over_tls, we_show_our_certificate_where_one_is_asked_for) {
  const identity me{{.name = "me", .by = &authority}};
  peer = test::tls_peer(b1, &authority);
  config.tls.certificate_pem = me.certificate_pem();
  config.tls.key_pem = me.key_pem("word");
  config.tls.key_password = "word";
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();
}

TEST_F(over_tls, a_certificate_that_is_missing_is_told) {
  peer = test::tls_peer(b1, &authority);
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "certificate required")) << why();
}

TEST_F(over_tls, a_keystore_may_be_pkcs12) {
  const identity me{{.name = "me", .by = &authority}};
  peer = test::tls_peer(b1, &authority);
  const std::string path = ::testing::TempDir() + "over_tls.p12";
  std::ofstream(path, std::ios::binary) << me.pkcs12("word");
  config.tls.keystore_file = path;
  config.tls.keystore_password = "wrong";
  const auto wrong = link_security::make(config);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("its password is wrong"), std::string::npos) << wrong.error().message();
  config.tls.keystore_password = "word";
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();
  std::remove(path.c_str());
}

TEST_F(over_tls, a_truststore_may_be_pkcs12) {
  const std::string path = ::testing::TempDir() + "over_tls_trust.p12";
  std::ofstream(path, std::ios::binary) << authority.pkcs12("word");
  config.tls.ca_pem.clear();
  config.tls.ca_file = path;
  config.tls.ca_password = "word";
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();
  std::remove(path.c_str());
}

TEST_F(over_tls, trusted_certificates_may_be_a_directory) {
  const std::filesystem::path home = std::filesystem::path(::testing::TempDir()) / "over_tls_trusted";
  std::filesystem::remove_all(home);
  std::filesystem::create_directories(home);
  config.tls.ca_pem.clear();
  const auto refusal = [&] {
    const auto made = link_security::make(config);
    return made ? std::string("it was taken") : made.error().message();
  };
  config.tls.ca_directory = home / "nowhere";
  EXPECT_NE(refusal().find("nowhere cannot be read: No such file"), std::string::npos) << refusal();
  config.tls.ca_directory = home;
  std::ofstream(home / "authority.pem") << authority.certificate_pem();
  EXPECT_NE(refusal().find("run: openssl rehash " + home.string()), std::string::npos) << refusal();
  char hashed[16];
  std::snprintf(hashed, sizeof hashed, "%08lx.0", X509_subject_name_hash(authority.certificate.get()));
  std::filesystem::rename(home / "authority.pem", home / hashed);
  begin();
  EXPECT_TRUE(peer.established()) << peer.failure << why();

  config.tls.ca_directory.clear();
  config.tls.ca_file = home;  // as with librdkafka
  EXPECT_EQ(refusal(), "it was taken");
  std::filesystem::remove_all(home);
}

TEST_F(over_tls, a_version_below_the_lowest_that_was_asked_for_is_refused) {
  SSL_CTX_set_max_proto_version(peer.context(), TLS1_2_VERSION);
  config.tls.min_version = tls_version::tls_1_3;
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "protocol version")) << why();
}

TEST_F(over_tls, version_1_2_is_the_lowest_by_itself) {
  SSL_CTX_set_max_proto_version(peer.context(), TLS1_2_VERSION);
  begin();
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_STREQ(SSL_get_version(peer.session()), "TLSv1.2");
}

TEST_F(over_tls, ciphers_are_those_that_were_asked_for) {
  config.tls.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256";
  config.tls.cipher_list = "ECDHE-ECDSA-AES128-GCM-SHA256";
  begin();
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_STREQ(SSL_get_cipher_name(peer.session()), "TLS_CHACHA20_POLY1305_SHA256");
}

TEST_F(over_tls, ciphers_of_version_1_2_are_chosen_apart) {
  SSL_CTX_set_max_proto_version(peer.context(), TLS1_2_VERSION);
  config.tls.cipher_list = "ECDHE-ECDSA-AES128-GCM-SHA256";
  begin();
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_STREQ(SSL_get_cipher_name(peer.session()), "ECDHE-ECDSA-AES128-GCM-SHA256");
}

// As somebody makes it who never heard of us: what the filter needs of OpenSSL it asks for itself.
TEST_F(over_tls, a_context_of_the_callers_own_is_used_and_verified_as_any) {
  test::openssl_ptr<ssl_ctx_st> own(SSL_CTX_new(TLS_client_method()));
  X509_STORE_add_cert(SSL_CTX_get_cert_store(own.get()), authority.certificate.get());
  SSL_CTX_set_ciphersuites(own.get(), "TLS_AES_128_GCM_SHA256");
  config.tls.ca_pem.clear();
  config.tls.context = own.get();
  begin();
  own.reset();  // the configuration's reference is another
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_STREQ(SSL_get_cipher_name(peer.session()), "TLS_AES_128_GCM_SHA256");
  say_versions();
  say(next(), protocol::MetadataResponse{});
  io.last().write_room = 0;
  ask_large("large");
  step();
  for (int i = 0; i < 100; ++i) {
    io.drain(io.last(), 7001);
    step();
  }
  settle();
  expect_large();
}

TEST_F(over_tls, a_context_of_the_callers_own_does_not_make_strangers_believed) {
  test::openssl_ptr<ssl_ctx_st> own(SSL_CTX_new(TLS_client_method()));
  config.tls.context = own.get();
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "unable to get local issuer certificate")) << why();
}

TEST_F(over_tls, a_second_link_resumes_the_session_of_the_first) {
  begin();
  EXPECT_FALSE(peer.resumed());
  say_versions();
  say(next(), protocol::MetadataResponse{});
  io.end(io.last());
  step();
  ask("again");
  now += 2s;
  settle();
  ASSERT_TRUE(peer.established()) << why();
  EXPECT_TRUE(peer.resumed());
}

TEST_F(over_tls, a_changed_file_is_used_by_the_next_link_and_a_broken_one_is_not) {
  const std::string path = ::testing::TempDir() + "over_tls_ca.pem";
  const identity other{{.name = "Somebody"}};
  std::ofstream(path) << other.certificate_pem();
  config.tls.ca_pem.clear();
  config.tls.ca_file = path;
  std::vector<std::string> logged;
  config.log = [&](log_level, std::string_view, std::string_view line) { logged.emplace_back(line); };
  begin();
  EXPECT_TRUE(refused_with("TLS_FAILED", "unable to get local issuer certificate")) << why();
  const auto again = [&] {
    told.clear();
    ask("first");
    now += 2s;
    settle();
    return peer.established();
  };
  std::ofstream(path) << "something longer than nothing, and no certificate";
  EXPECT_FALSE(again());
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_NE(logged[0].find("the earlier ones are kept"), std::string::npos) << logged[0];
  std::ofstream(path) << authority.certificate_pem();
  EXPECT_TRUE(again()) << why();
  std::remove(path.c_str());
}

TEST_F(over_tls, files_that_cannot_be_used_are_told_by_name_when_a_cluster_is_opened) {
  const auto refusal = [&](auto set) {
    cluster_config wrong = config;
    set(wrong.tls);
    auto made = link_security::make(wrong);
    return made ? std::string("it was taken") : made.error().message();
  };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  const std::string missing = refusal([](tls_config& c) { c.ca_file = "/nowhere/ca.pem"; });
  EXPECT_TRUE(has(missing, "ssl.truststore.location") && has(missing, "/nowhere/ca.pem cannot be read")) << missing;
  const std::string empty = refusal([](tls_config& c) { c.ca_pem = "nothing"; });
  EXPECT_TRUE(has(empty, "there is no certificate in it")) << empty;
  const std::string alone = refusal([](tls_config& c) { c.certificate_pem = b1.certificate_pem(); });
  EXPECT_TRUE(has(alone, "a certificate needs its key")) << alone;
  const std::string other = refusal([](tls_config& c) {
    c.certificate_pem = b1.certificate_pem();
    c.key_pem = authority.key_pem();
  });
  EXPECT_TRUE(has(other, "they do not belong together")) << other;
  const std::string locked = refusal([](tls_config& c) {
    c.certificate_pem = b1.certificate_pem();
    c.key_pem = b1.key_pem("word");
  });
  EXPECT_TRUE(has(locked, "there is no password")) << locked;
  const std::string wrong = refusal([](tls_config& c) {
    c.certificate_pem = b1.certificate_pem();
    c.key_pem = b1.key_pem("word");
    c.key_password = "sword";
  });
  EXPECT_TRUE(has(wrong, "password is wrong")) << wrong;
  const std::string cipher = refusal([](tls_config& c) { c.cipher_list = "ROT13"; });
  EXPECT_TRUE(has(cipher, "ROT13")) << cipher;
}

}  // namespace
}  // namespace ottla
