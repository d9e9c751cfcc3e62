// security_rows: the settings of TLS and SASL in Java's and librdkafka's words; settings_cluster.cpp has the table they
// go into.
#pragma once

#include "jaas.hpp"
#include "ottla/net/setting_row.hpp"
#include "sasl_extensions.hpp"

namespace ottla {
inline namespace v0 {

inline constexpr named_choice<security_protocol> security_protocols[] = {
    {"plaintext", security_protocol::plaintext},
    {"ssl", security_protocol::ssl},
    {"sasl_plaintext", security_protocol::sasl_plaintext},
    {"sasl_ssl", security_protocol::sasl_ssl}};
inline constexpr named_choice<sasl_mechanism> sasl_mechanisms[] = {{"PLAIN", sasl_mechanism::plain},
                                                                   {"SCRAM-SHA-256", sasl_mechanism::scram_sha_256},
                                                                   {"SCRAM-SHA-512", sasl_mechanism::scram_sha_512},
                                                                   {"OAUTHBEARER", sasl_mechanism::oauthbearer},
                                                                   {"AWS_MSK_IAM", sasl_mechanism::aws_msk_iam},
                                                                   {"GSSAPI", sasl_mechanism::gssapi}};
// Java names a list, of which the lowest counts.
inline constexpr named_choice<tls_version> tls_versions[] = {{"TLSv1.2", tls_version::tls_1_2},
                                                             {"TLSv1.2,TLSv1.3", tls_version::tls_1_2},
                                                             {"TLSv1.3,TLSv1.2", tls_version::tls_1_2},
                                                             {"TLSv1.3", tls_version::tls_1_3}};
inline constexpr named_choice<bool> name_checks[] = {{"https", true}, {"none", false}, {"", false}};

/// sasl.jaas.config, which fills what the rows before it fill.
constexpr setting jaas_row() {
  setting out = row_in<&cluster_config::sasl, &sasl_config::credentials, &sasl_credentials::password>(
      {"sasl_jaas_config", "sasl.jaas.config", "", "a login module of Kafka's: PLAIN, SCRAM, or OAUTHBEARER unsecured",
       "User name and password, or the principal of an unsecured token, as Java writes them.",
       "Modules that are no part of Kafka cannot be used."});
  out.set = [](void* target, std::string_view text) {
    return text.empty() || read_jaas(text, static_cast<cluster_config*>(target)->sasl);
  };
  return out;
}

/// A duration in the member of a member, from so many milliseconds on.
template <std::int64_t Min, auto... Members>
constexpr setting millis_row_in(const row_text& text) {
  return value_row<member_path<Members...>, Min, std::numeric_limits<std::int64_t>::max()>(text);
}

/// sasl.oauthbearer.extensions: name=value,name=value.
constexpr setting extensions_row() {
  using path = member_path<&cluster_config::sasl, &sasl_config::credentials, &sasl_credentials::extensions>;
  setting out = begin_row<path>(
      {"sasl.credentials.extensions", "", "sasl.oauthbearer.extensions", "name=value,...",
       "What goes along with the token of OAUTHBEARER (KIP-342).", "Java: extension_NAME in sasl.jaas.config."},
      setting_kind::text);
  out.set = [](void* target, std::string_view text) {
    return read_extensions(text, path::in(*static_cast<cluster_config*>(target)));
  };
  out.show = [](const void* target) { return show_extensions(path::in(*static_cast<const cluster_config*>(target))); };
  return out;
}

inline constexpr setting security_rows[] = {
    choice_row<&cluster_config::security, security_protocols>(
        {"security",
         "security.protocol",
         "",
         "plaintext|ssl|sasl_plaintext|sasl_ssl",
         "Whether connections are encrypted, and whether they authenticate with SASL.",
         {}}),
    row_in<&cluster_config::tls, &tls_config::ca_file>(
        {"tls.ca_file", "ssl.truststore.location", "ssl.ca.location",
         "a file, PEM or PKCS#12, or a directory as openssl rehash makes it",
         "Whose certificates are trusted; without it the system's.", "Java: a JKS store as well."}),
    row_in<&cluster_config::tls, &tls_config::ca_password>(
        {"tls.ca_password", "ssl.truststore.password", "", "any text", "Of a truststore that is PKCS#12.", {}}),
    row_in<&cluster_config::tls, &tls_config::ca_pem>(
        {"tls.ca_pem", "ssl.truststore.certificates", "ssl.ca.pem", "PEM", "The same as a text.", {}}),
    row_in<&cluster_config::tls, &tls_config::ca_directory>(
        {"tls.ca_directory", "", "", "a directory as openssl rehash makes it", "The same as a directory.", {}}),
    row_in<&cluster_config::tls, &tls_config::keystore_file>(
        {"tls.keystore_file", "ssl.keystore.location", "", "a file: PKCS#12, or PEM with both",
         "Our certificate and its key, for brokers that ask (mTLS).", "Java: a JKS store as well."}),
    row_in<&cluster_config::tls, &tls_config::keystore_password>(
        {"tls.keystore_password", "ssl.keystore.password", "", "any text", "Of a keystore that is PKCS#12.", {}}),
    row_in<&cluster_config::tls, &tls_config::certificate_file>(
        {"tls.certificate_file", "", "ssl.certificate.location", "a file: PEM", "Our certificate and its chain.", {}}),
    row_in<&cluster_config::tls, &tls_config::certificate_pem>({"tls.certificate_pem",
                                                                "ssl.keystore.certificate.chain",
                                                                "ssl.certificate.pem",
                                                                "PEM",
                                                                "The same as a text.",
                                                                {}}),
    row_in<&cluster_config::tls, &tls_config::key_file>(
        {"tls.key_file", "", "ssl.key.location", "a file: PEM", "The key of our certificate.", {}}),
    row_in<&cluster_config::tls, &tls_config::key_pem>(
        {"tls.key_pem", "ssl.keystore.key", "ssl.key.pem", "PEM", "The same as a text.", {}}),
    row_in<&cluster_config::tls, &tls_config::key_password>(
        {"tls.key_password", "ssl.key.password", "", "any text", "Of a key that is encrypted.", {}}),
    choice_row_in<tls_versions, &cluster_config::tls, &tls_config::min_version>({"tls.min_version",
                                                                                 "ssl.enabled.protocols",
                                                                                 "",
                                                                                 "TLSv1.2|TLSv1.3|TLSv1.2,TLSv1.3",
                                                                                 "The lowest version of TLS.",
                                                                                 {}}),
    row_in<&cluster_config::tls, &tls_config::cipher_list>(
        {"tls.cipher_list", "ssl.cipher.suites", "", "OpenSSL's names, colon separated",
         "Ciphers of TLS 1.2; empty: OpenSSL's choice.", "Java has names of its own."}),
    row_in<&cluster_config::tls, &tls_config::cipher_suites>({"tls.cipher_suites",
                                                              "",
                                                              "",
                                                              "OpenSSL's names, colon separated",
                                                              "Ciphers of TLS 1.3; empty: OpenSSL's choice.",
                                                              {}}),
    row_in<&cluster_config::tls, &tls_config::verify>(
        {"tls.verify",
         "",
         "enable.ssl.certificate.verification",
         "true|false",
         "Whether a broker's certificate is verified. Without it anybody can sit in between.",
         {}}),
    choice_row_in<name_checks, &cluster_config::tls, &tls_config::verify_name>(
        {"tls.verify_name",
         "ssl.endpoint.identification.algorithm",
         "",
         "https|none",
         "Whether the certificate has to be of the host that was connected to.",
         {}}),
    choice_row_in<sasl_mechanisms, &cluster_config::sasl, &sasl_config::mechanism>(
        {"sasl.mechanism", "sasl.mechanism", "sasl.mechanisms",
         "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512|OAUTHBEARER|AWS_MSK_IAM|GSSAPI", "How we authenticate.",
         "Java and librdkafka: GSSAPI."}),
    row_in<&cluster_config::sasl, &sasl_config::credentials, &sasl_credentials::username>(
        {"sasl.credentials.username", "", "sasl.username", "any text", "Who we are, for PLAIN and SCRAM.", {}}),
    row_in<&cluster_config::sasl, &sasl_config::credentials, &sasl_credentials::password>(
        {"sasl.credentials.password", "", "sasl.password", "any text", "The password, for PLAIN and SCRAM.", {}}),
    row_in<&cluster_config::sasl, &sasl_config::credentials, &sasl_credentials::token>(
        {"sasl.credentials.token", "", "sasl.oauthbearer.token", "a token", "Who we are, for OAUTHBEARER.",
         "Neither Java nor librdkafka has a setting for this."}),
    extensions_row(),
    row_in<&cluster_config::sasl, &sasl_config::oidc, &oidc_config::token_endpoint>(
        {"sasl.oidc.token_endpoint", "sasl.oauthbearer.token.endpoint.url", "", "https and a path",
         "Where tokens for OAUTHBEARER are had, with client credentials (KIP-768).", "Java: file:// as well."}),
    row_in<&cluster_config::sasl, &sasl_config::oidc, &oidc_config::client_id>(
        {"sasl.oidc.client_id",
         "sasl.oauthbearer.client.credentials.client.id",
         "sasl.oauthbearer.client.id",
         "any text",
         "Who we are, for the token endpoint.",
         {}}),
    row_in<&cluster_config::sasl, &sasl_config::oidc, &oidc_config::client_secret>(
        {"sasl.oidc.client_secret",
         "sasl.oauthbearer.client.credentials.client.secret",
         "sasl.oauthbearer.client.secret",
         "any text",
         "And its secret.",
         {}}),
    row_in<&cluster_config::sasl, &sasl_config::oidc, &oidc_config::scope>(
        {"sasl.oidc.scope", "sasl.oauthbearer.scope", "", "any text", "What the token is to allow.", {}}),
    row_in<&cluster_config::sasl, &sasl_config::oidc, &oidc_config::urlencode_header>(
        {"sasl.oidc.urlencode_header",
         "sasl.oauthbearer.header.urlencode",
         "",
         "true|false",
         "Whether id and secret are URL-encoded in the header (KIP-1119).",
         {}}),
    row_in<&cluster_config::sasl, &sasl_config::oidc, &oidc_config::ca_file>(
        {"sasl.oidc.ca_file", "", "https.ca.location", "a file: PEM or PKCS#12",
         "Whose certificates are trusted at the token endpoint; without it the system's.",
         "Java: ssl.truststore.location in sasl.jaas.config, which fills this too."}),
    row_in<&cluster_config::sasl, &sasl_config::oidc, &oidc_config::ca_pem>(
        {"sasl.oidc.ca_pem", "", "https.ca.pem", "PEM", "The same as a text.", {}}),
    millis_row_in<1, &cluster_config::sasl, &sasl_config::oidc, &oidc_config::connect_timeout>(
        {"sasl.oidc.connect_timeout", "sasl.login.connect.timeout.ms", "", "1ms and up",
         "How long connecting to the token endpoint may take.", "Java: no bound."}),
    millis_row_in<1, &cluster_config::sasl, &sasl_config::oidc, &oidc_config::read_timeout>(
        {"sasl.oidc.read_timeout", "sasl.login.read.timeout.ms", "", "1ms and up",
         "How long its answer may take, to the last byte.", "Java: no bound, and for each read."}),
    millis_row_in<0, &cluster_config::sasl, &sasl_config::oidc, &oidc_config::retry_backoff>(
        {"sasl.oidc.retry_backoff",
         "sasl.login.retry.backoff.ms",
         "",
         "0ms and up",
         "First wait before the token endpoint is asked again; doubles, with jitter.",
         {}}),
    millis_row_in<0, &cluster_config::sasl, &sasl_config::oidc, &oidc_config::retry_backoff_max>(
        {"sasl.oidc.retry_backoff_max",
         "sasl.login.retry.backoff.max.ms",
         "",
         "0ms and up",
         "Longest wait before it is asked again.",
         {}}),
    row_in<&cluster_config::sasl, &sasl_config::aws_region>(
        {"sasl.aws_region",
         "",
         "",
         "a region of AWS",
         "What is signed for with AWS_MSK_IAM; without it the region in the broker's name.",
         {}}),
    row_in<&cluster_config::sasl, &sasl_config::kerberos, &kerberos_config::service_name>(
        {"sasl.kerberos.service_name", "sasl.kerberos.service.name", "", "a name",
         "What brokers are called in Kerberos, for GSSAPI: name/host.", "Java: no default."}),
    row_in<&cluster_config::sasl, &sasl_config::kerberos, &kerberos_config::principal>(
        {"sasl.kerberos.principal", "", "sasl.kerberos.principal", "name@REALM",
         "Who we are, for GSSAPI; without it that of the ticket or the keytab.", "librdkafka: kafkaclient."}),
    row_in<&cluster_config::sasl, &sasl_config::kerberos, &kerberos_config::keytab>(
        {"sasl.kerberos.keytab",
         "",
         "sasl.kerberos.keytab",
         "a file",
         "Our key, for GSSAPI; without it the ticket that somebody got (kinit).",
         {}}),
    row_in<&cluster_config::sasl, &sasl_config::unsecured_principal>(
        {"sasl.unsecured_principal", "", "", "any text",
         "An unsecured token is made for this principal: for development.", "librdkafka: sasl.oauthbearer.config."}),
    row_in<&cluster_config::sasl, &sasl_config::unsecured_scope>(
        {"sasl.unsecured_scope", "", "", "any text", "Its scope.", {}}),
    jaas_row(),
};

}  // namespace v0
}  // namespace ottla
