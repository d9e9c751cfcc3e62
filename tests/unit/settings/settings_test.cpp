// Settings by name: aliases, ranges, unknown and foreign names, contradictions, and what is told about them.
#include <gtest/gtest.h>

#include <set>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using ottla_test::contains;
using ottla_test::filled;

TEST(Settings, JavasAndLibrdkafkasAndOurOwnNameFillTheSameMember) {
  for (const std::string_view name : {"linger.ms", "queue.buffering.max.ms", "linger"}) {
    filled all;
    EXPECT_EQ(all.why_not(name, "7"), "");
    EXPECT_EQ(all.producer.linger, 7ms) << name;
  }
}

TEST(Settings, ANameThatTwoRolesShareFillsBoth) {
  filled all;
  EXPECT_EQ(all.why_not("request.timeout.ms", "1500"), "");
  EXPECT_EQ(all.cluster.request_timeout, 1500ms);
  EXPECT_EQ(all.producer.request_timeout, 1500ms);
}

TEST(Settings, AnUnknownNameIsNamedTogetherWithItsOriginAndTheNearest) {
  filled all;
  const std::string why = all.why_not("linger.mss", "5", "client.properties:3");
  EXPECT_TRUE(contains(why, "linger.mss")) << why;
  EXPECT_TRUE(contains(why, "client.properties:3")) << why;
  EXPECT_TRUE(contains(why, "did you mean linger.ms?")) << why;
  EXPECT_FALSE(contains(all.why_not("zzzzzzzzzzzzzzz", "5"), "did you mean"));
}

TEST(Settings, AValueOutOfRangeIsRefusedWithTheRangeAndChangesNothing) {
  filled all;
  const std::size_t before = all.producer.batch_size;
  EXPECT_TRUE(contains(all.why_not("batch.size", "4095"), "4096 to 1073741824"));
  EXPECT_TRUE(contains(all.why_not("batch.size", "many"), "'many'"));
  EXPECT_EQ(all.producer.batch_size, before);
  EXPECT_NE(all.why_not("acks", "2"), "");
  EXPECT_NE(all.why_not("enable.idempotence", "maybe"), "");
  EXPECT_NE(all.why_not("request.timeout.ms", "0"), "");
}

TEST(Settings, NamesOfOtherClientsThatOttlaDoesNotServeAreRefusedUnlessTheyAskForNothing) {
  filled all;
  EXPECT_TRUE(contains(all.why_not("sasl.kerberos.kinit.cmd", "kinit"), "Kerberos library"));
  EXPECT_TRUE(contains(all.why_not("ssl.truststore.type", "JKS"), "PEM and PKCS#12"));
  EXPECT_EQ(all.why_not("ssl.truststore.type", "PKCS12"), "");
  EXPECT_EQ(all.why_not("key.serializer", "org.apache.kafka.common.serialization.StringSerializer"), "");
}

TEST(Settings, AssignorsAreUnderstoodAsJavaAndAsLibrdkafkaNameThem) {
  filled all;
  using enum ottla::assignor;
  EXPECT_EQ(all.why_not("partition.assignment.strategy", "cooperative-sticky, roundrobin"), "");
  EXPECT_EQ(all.consumer.assignors, (std::vector{cooperative_sticky, round_robin}));
  EXPECT_EQ(
      all.why_not("partition.assignment.strategy",
                  "org.apache.kafka.clients.consumer.StickyAssignor,org.apache.kafka.clients.consumer.RangeAssignor"),
      "");
  EXPECT_EQ(all.consumer.assignors, (std::vector{sticky, range}));
  EXPECT_TRUE(contains(all.why_not("partition.assignment.strategy", "range,fair"), "cooperative-sticky"));
  EXPECT_NE(all.why_not("partition.assignment.strategy", "range,range"), "");
}

TEST(Settings, TheValueOfARefusedSecretIsNotRepeated) {
  filled all;
  const std::string why = all.why_not("sasl.jaas.config", "Module required password=\"hunter2\";");
  EXPECT_TRUE(contains(why, "sasl.jaas.config"));
  EXPECT_FALSE(contains(why, "hunter2"));
}

TEST(Settings, SecretsAreShownAsStars) {
  filled all;
  EXPECT_EQ(all.why_not("sasl.password", "hunter2"), "");
  EXPECT_EQ(all.cluster.sasl.credentials.password.reveal(), "hunter2");
  EXPECT_TRUE(contains(all.settings.explain(), "sasl.password = ****"));
  EXPECT_FALSE(contains(all.settings.explain(), "hunter2"));
}

TEST(Settings, TokensFromAnOpenIdProviderAreUnderstoodInJavasWordsOldAndNewAndInLibrdkafkas) {
  filled old_java, java, librdkafka;
  for (filled* one : {&old_java, &java, &librdkafka})
    EXPECT_EQ(one->why_not("sasl.oauthbearer.token.endpoint.url", "https://id.example/token"), "");
  EXPECT_EQ(old_java.why_not(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId=\"me\" "
                "clientSecret='hunter2' scope=read extension_cluster=\"lkc 1\" ssl.truststore.location='ca.pem';"),
            "");
  EXPECT_EQ(old_java.why_not("sasl.login.callback.handler.class",
                             "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler"),
            "");
  EXPECT_EQ(java.why_not("sasl.oauthbearer.client.credentials.client.id", "me"), "");
  EXPECT_EQ(java.why_not("sasl.oauthbearer.client.credentials.client.secret", "hunter2"), "");
  EXPECT_EQ(librdkafka.why_not("sasl.oauthbearer.method", "oidc"), "");
  EXPECT_EQ(librdkafka.why_not("sasl.oauthbearer.client.id", "me"), "");
  EXPECT_EQ(librdkafka.why_not("sasl.oauthbearer.client.secret", "hunter2"), "");
  EXPECT_EQ(librdkafka.why_not("sasl.oauthbearer.extensions", "cluster=lkc 1,x=y"), "");
  EXPECT_EQ(librdkafka.why_not("https.ca.location", "ca.pem"), "");
  for (filled* one : {&java, &librdkafka}) EXPECT_EQ(one->why_not("sasl.oauthbearer.scope", "read"), "");
  for (const filled* one : {&old_java, &java, &librdkafka}) {
    EXPECT_EQ(one->cluster.sasl.oidc.token_endpoint, "https://id.example/token");
    EXPECT_EQ(one->cluster.sasl.oidc.client_id, "me");
    EXPECT_EQ(one->cluster.sasl.oidc.client_secret.reveal(), "hunter2");
    EXPECT_EQ(one->cluster.sasl.oidc.scope, "read");
    EXPECT_FALSE(contains(one->settings.explain(), "hunter2"));
  }
  EXPECT_EQ(old_java.cluster.sasl.oidc.ca_file, "ca.pem");
  EXPECT_EQ(librdkafka.cluster.sasl.oidc.ca_file, "ca.pem");
  using extensions = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(old_java.cluster.sasl.credentials.extensions, (extensions{{"cluster", "lkc 1"}}));
  EXPECT_EQ(librdkafka.cluster.sasl.credentials.extensions, (extensions{{"cluster", "lkc 1"}, {"x", "y"}}));
  EXPECT_TRUE(contains(librdkafka.settings.explain(), "cluster=lkc 1,x=y"));
  for (const char* wrong : {"auth=x", "a", "=x", "a b=c", "a=\1"})
    EXPECT_NE(librdkafka.why_not("sasl.oauthbearer.extensions", wrong), "") << wrong;
}

TEST(Settings, KerberosAndAwsAreUnderstoodAsJavaNamesThem) {
  filled java;
  EXPECT_EQ(java.why_not("sasl.kerberos.service.name", "broker"), "");
  EXPECT_EQ(java.why_not("sasl.jaas.config",
                         "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true "
                         "keyTab=\"/etc/me.keytab\" principal=\"me@REALM\";"),
            "");
  EXPECT_EQ(java.cluster.sasl.kerberos.service_name, "broker");
  EXPECT_EQ(java.cluster.sasl.kerberos.keytab, "/etc/me.keytab");
  EXPECT_EQ(java.cluster.sasl.kerberos.principal, "me@REALM");
  EXPECT_EQ(
      java.why_not("sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required useTicketCache=true;"),
      "");
  EXPECT_EQ(java.cluster.sasl.kerberos.keytab, "");
  EXPECT_NE(java.why_not("sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true;"),
            "");
  EXPECT_EQ(java.why_not("sasl.mechanism", "AWS_MSK_IAM"), "");
  EXPECT_EQ(java.why_not("sasl.jaas.config", "software.amazon.msk.auth.iam.IAMLoginModule required;"), "");
  EXPECT_EQ(java.why_not("sasl.client.callback.handler.class", "software.amazon.msk.auth.iam.IAMClientCallbackHandler"),
            "");
  EXPECT_NE(
      java.why_not("sasl.jaas.config", "software.amazon.msk.auth.iam.IAMLoginModule required awsProfileName='x';"), "");
}

TEST(Settings, SecurityIsUnderstoodInJavasWordsAndInLibrdkafkas) {
  filled java, librdkafka;
  EXPECT_EQ(java.why_not("security.protocol", "SASL_SSL"), "");
  EXPECT_EQ(java.why_not("ssl.truststore.location", "ca.pem"), "");
  EXPECT_EQ(java.why_not("ssl.endpoint.identification.algorithm", ""), "");
  EXPECT_EQ(java.why_not("sasl.mechanism", "SCRAM-SHA-512"), "");
  EXPECT_EQ(java.why_not("sasl.jaas.config",
                         "org.apache.kafka.common.security.scram.ScramLoginModule required username='alice' "
                         "password=\"se\\\"cret\";"),
            "");
  EXPECT_EQ(librdkafka.why_not("security.protocol", "sasl_ssl"), "");
  EXPECT_EQ(librdkafka.why_not("ssl.ca.location", "ca.pem"), "");
  EXPECT_EQ(librdkafka.why_not("sasl.mechanisms", "SCRAM-SHA-512"), "");
  EXPECT_EQ(librdkafka.why_not("sasl.username", "alice"), "");
  EXPECT_EQ(librdkafka.why_not("sasl.password", "se\"cret"), "");
  EXPECT_FALSE(java.cluster.tls.verify_name);
  for (const filled* one : {&java, &librdkafka}) {
    EXPECT_EQ(one->cluster.security, ottla::security_protocol::sasl_ssl);
    EXPECT_EQ(one->cluster.tls.ca_file, "ca.pem");
    EXPECT_EQ(one->cluster.sasl.mechanism, ottla::sasl_mechanism::scram_sha_512);
    EXPECT_EQ(one->cluster.sasl.credentials.username, "alice");
    EXPECT_EQ(one->cluster.sasl.credentials.password.reveal(), "se\"cret");
  }
}

TEST(Settings, TheListOfHostsWithoutTheProxyIsASettingOfItsOwnInEitherOrder) {
  for (const bool list_first : {true, false}) {
    filled all;
    std::pair<std::string_view, std::string_view> given[] = {{"proxy.bypass", "10.0.0.0/8,.example.com"},
                                                             {"proxy.url", "socks5://proxy:1080"}};
    if (!list_first) std::swap(given[0], given[1]);
    for (const auto& [name, value] : given) EXPECT_EQ(all.why_not(name, value), "");
    EXPECT_EQ(all.cluster.proxy.host, "proxy");
    EXPECT_EQ(all.cluster.proxy.bypass, "10.0.0.0/8,.example.com");
    EXPECT_TRUE(contains(all.settings.explain(), "proxy.bypass = 10.0.0.0/8,.example.com"));
  }
}

TEST(Settings, AListOfHostsWithoutTheProxyIsRefusedWithThePartThatCannotBeRead) {
  filled all;
  const std::string why = all.why_not("proxy.bypass", "b1,10.0.0/8");
  EXPECT_TRUE(contains(why, "setting proxy.bypass")) << why;
  EXPECT_TRUE(contains(why, "\"10.0.0/8\" is no block of addresses; write example.com,")) << why;
  EXPECT_EQ(all.cluster.proxy.bypass, "");
}

TEST(Settings, AProxyIsAUrlOfWhichThePasswordIsNeverShown) {
  filled all;
  EXPECT_EQ(all.why_not("proxy.url", "socks5://user:secret@proxy:1080"), "");
  EXPECT_EQ(all.cluster.proxy.host, "proxy");
  EXPECT_EQ(all.cluster.proxy.password.reveal(), "secret");
  EXPECT_TRUE(contains(all.settings.explain(), "proxy.url = socks5://user:****@proxy:1080"));
  EXPECT_FALSE(contains(all.settings.explain(), "secret@"));
  const std::string why = all.why_not("proxy.url", "https://user.example:secret@proxy:1080");
  EXPECT_TRUE(contains(why, "socks5://user:password@host:port")) << why;
  EXPECT_FALSE(contains(why, "secret")) << why;
  EXPECT_EQ(all.why_not("proxy.url", ""), "");
  EXPECT_EQ(all.cluster.proxy.kind, ottla::proxy_kind::none);
}

TEST(Settings, BootstrappingIsUnderstoodInJavasWords) {
  filled all;
  EXPECT_EQ(all.why_not("metadata.recovery.strategy", "none"), "");
  EXPECT_EQ(all.cluster.recovery, ottla::metadata_recovery::none);
  EXPECT_EQ(all.why_not("metadata.recovery.rebootstrap.trigger.ms", "5000"), "");
  EXPECT_EQ(all.cluster.rebootstrap_trigger, std::chrono::seconds(5));
  EXPECT_EQ(all.why_not("client.dns.lookup", "resolve_canonical_bootstrap_servers_only"), "");
  EXPECT_EQ(all.cluster.lookup, ottla::dns_lookup::resolve_canonical_bootstrap_servers_only);
}

TEST(Settings, TwoNamesOfOneSettingThatDisagreeInOnePlaceAreAContradiction) {
  filled all;
  EXPECT_EQ(all.why_not("linger.ms", "5", "f:1"), "");
  const std::string why = all.why_not("queue.buffering.max.ms", "6", "f:2");
  EXPECT_TRUE(contains(why, "contradicts linger.ms from f:1")) << why;
  EXPECT_EQ(all.why_not("queue.buffering.max.ms", "6", "-X"), "") << "another place overrides";
}

TEST(Settings, LaterValuesWinAndTheirOriginIsRemembered) {
  filled all;
  EXPECT_EQ(all.why_not("client.id", "a", "f:1"), "");
  EXPECT_EQ(all.why_not("client.id", "b", "-X"), "");
  for (const ottla::setting_in_force& one : all.settings.in_force()) {
    if (one.row->member != "client_id") continue;
    EXPECT_EQ(one.value, "b");
    EXPECT_EQ(one.origin, "-X");
  }
}

TEST(Settings, WhatNobodySetIsToldAsDefaultAndWithTheStructsOwnValue) {
  filled all;
  for (const ottla::setting_in_force& one : all.settings.in_force()) {
    EXPECT_TRUE(one.is_default()) << one.row->member;
    EXPECT_EQ(one.value, one.row->default_value()) << one.row->member;
  }
}

TEST(Settings, EveryShownDefaultCanBeSetAgain) {
  filled all;
  for (const ottla::setting_group& group : all.settings.groups()) {
    for (const ottla::setting& row : group.rows) {
      EXPECT_TRUE(row.set(group.target, row.default_value())) << row.member << " = " << row.default_value();
      EXPECT_EQ(row.show(group.target), row.default_value()) << row.member;
    }
  }
}

TEST(Settings, NoNameStandsForTwoSettingsOfOneRole) {
  filled all;
  for (const ottla::setting_group& group : all.settings.groups()) {
    std::set<std::string_view> seen;
    for (const ottla::setting& row : group.rows) {
      EXPECT_TRUE(seen.insert(row.member).second) << row.member;
      EXPECT_TRUE(row.java.empty() || row.java == row.member || seen.insert(row.java).second) << row.java;
    }
  }
}

TEST(Settings, ThePairNeedsANameAndAnEqualsSign) {
  filled all;
  EXPECT_TRUE(all.settings.set_pair(" linger.ms = 9 ", "-X").has_value());
  EXPECT_EQ(all.producer.linger, 9ms);
  EXPECT_FALSE(all.settings.set_pair("linger.ms", "-X").has_value());
  EXPECT_FALSE(all.settings.set_pair("=5", "-X").has_value());
}

TEST(Settings, ExplainTellsNameValueAndOrigin) {
  filled all;
  EXPECT_EQ(all.why_not("acks", "1", "f:7"), "");
  EXPECT_TRUE(contains(all.settings.explain(), "producer  acks = 1  (f:7)\n")) << all.settings.explain();
  EXPECT_TRUE(contains(all.settings.explain(), "producer  linger.ms = 5ms  (default)\n"));
}

}  // namespace
