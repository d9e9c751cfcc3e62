// The table of the settings that all roles on a cluster share.
#include <algorithm>

#include "ottla/net/proxy.hpp"
#include "ottla/net/setting_row.hpp"
#include "proxy_bypass.hpp"
#include "security/security_rows.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr named_choice<dns_lookup> dns_lookups[] = {
    {"use_all_dns_ips", dns_lookup::use_all_dns_ips},
    {"resolve_canonical_bootstrap_servers_only", dns_lookup::resolve_canonical_bootstrap_servers_only}};
constexpr named_choice<metadata_recovery> recoveries[] = {{"rebootstrap", metadata_recovery::rebootstrap},
                                                          {"none", metadata_recovery::none}};

/// proxy.url: a text outside, several members inside; shown without its password.
constexpr setting proxy_row() {
  setting out = begin_row<member_path<&cluster_config::proxy>>(
      {"proxy", "proxy.url", "", "socks5://user:password@host:port, or http:// likewise; empty for none",
       "A SOCKS5 or HTTP CONNECT proxy for all connections; it resolves the brokers' names.",
       "Java and librdkafka have none. kafka-python: socks5_proxy; Sarama and franz-go: a dialer of the program's."},
      setting_kind::text);
  out.secret = true;
  out.set = [](void* target, std::string_view text) {
    auto read = parse_proxy(text);
    if (!read) return false;
    proxy_config& to = static_cast<cluster_config*>(target)->proxy;
    read->bypass = std::move(to.bypass);  // a setting of its own
    return to = std::move(*read), true;
  };
  out.show = [](const void* target) { return to_string(static_cast<const cluster_config*>(target)->proxy); };
  return out;
}

/// proxy.bypass: kept as it is written, and refused with the part of it that cannot be read.
constexpr setting bypass_row() {
  using path = member_path<&cluster_config::proxy, &proxy_config::bypass>;
  setting out = row_in<&cluster_config::proxy, &proxy_config::bypass>(
      {"proxy.bypass", "", "", "example.com,.example.com,192.0.2.7,10.0.0.0/8,[::1]:9092,*; empty for nobody",
       "Brokers that are reached without the proxy; a name covers all below it, .example.com only those.",
       "As NO_PROXY of other tools, which is not read: no name is looked up for it, and localhost is no exception."});
  out.set = [](void* target, std::string_view text) {
    if (!proxy_bypass::parse(text)) return false;
    return path::in(*static_cast<cluster_config*>(target)) = text, true;
  };
  out.objection = [](std::string_view text) {
    const auto read = proxy_bypass::parse(text);
    return read ? std::string() : read.error().context().detail;
  };
  return out;
}

constexpr setting link_rows[] = {
    row<&cluster_config::bootstrap>(
        {"bootstrap", "bootstrap.servers", "metadata.broker.list", "host:port,host:port,...",
         "Where to look for the cluster; the rest is learnt from there. unix:/path is a Unix socket.",
         "Java and librdkafka have no default; ours is localhost:9092."}),
    row<&cluster_config::client_id>({"client_id", "client.id", "", "any text",
                                     "What brokers write into their logs and count quotas by.",
                                     "Java: empty or numbered per role; librdkafka: rdkafka."}),
    row<&cluster_config::request_timeout, 1>(
        {"request_timeout", "request.timeout.ms", "socket.timeout.ms", "1ms and up",
         "From the write of a request to its answer; past it the connection is closed.", "librdkafka: 60s."}),
    row<&cluster_config::default_timeout, 1>({"default_timeout",
                                              "default.api.timeout.ms",
                                              "",
                                              "1ms and up",
                                              "How long a blocking call without a deadline of its own may take.",
                                              {}}),
    row<&cluster_config::connection_setup_timeout, 1>(
        {"connection_setup_timeout", "socket.connection.setup.timeout.ms", "", "1ms and up",
         "Connecting and the handshake together, per address.",
         "librdkafka: 30s. Java doubles it after failures, up to a maximum of its own."}),
    row<&cluster_config::reconnect_backoff>({"reconnect_backoff", "reconnect.backoff.ms", "", "0ms and up",
                                             "First wait before a broker is tried again; doubles, with jitter.",
                                             "librdkafka: 100ms."}),
    row<&cluster_config::reconnect_backoff_max>({"reconnect_backoff_max", "reconnect.backoff.max.ms", "",
                                                 "reconnect_backoff and up",
                                                 "Longest wait before a broker is tried again.", "librdkafka: 10s."}),
    row<&cluster_config::retry_backoff>({"retry_backoff",
                                         "retry.backoff.ms",
                                         "",
                                         "0ms and up",
                                         "First wait before a request is repeated; doubles, with jitter.",
                                         {}}),
    row<&cluster_config::retry_backoff_max>({"retry_backoff_max",
                                             "retry.backoff.max.ms",
                                             "",
                                             "retry_backoff and up",
                                             "Longest wait before a request is repeated.",
                                             {}}),
    row<&cluster_config::metadata_max_age, 1>(
        {"metadata_max_age", "metadata.max.age.ms", "topic.metadata.refresh.interval.ms", "1ms and up",
         "Metadata is refreshed at the latest after this.", "librdkafka: refreshed every 5m, given up after 15m."}),
    choice_row<&cluster_config::lookup, dns_lookups>(
        {"lookup", "client.dns.lookup", "", "use_all_dns_ips|resolve_canonical_bootstrap_servers_only",
         "Whether bootstrap addresses are taken for the names that they themselves go by, which TLS then checks.",
         "All addresses of a name are tried either way."}),
    choice_row<&cluster_config::recovery, recoveries>(
        {"recovery",
         "metadata.recovery.strategy",
         "",
         "rebootstrap|none",
         "Whether the bootstrap addresses are asked again when the known brokers all fail.",
         {}}),
    row<&cluster_config::rebootstrap_trigger>(
        {"rebootstrap_trigger", "metadata.recovery.rebootstrap.trigger.ms", "", "0ms and up",
         "When metadata could not be refreshed for this long, the known brokers are forgotten and bootstrap is asked.",
         "The time runs from the first refresh that failed."}),
    proxy_row(),
    bypass_row(),
    row<&cluster_config::connections_max_idle>(
        {"connections_max_idle", "connections.max.idle.ms", "", "0ms and up; 0 keeps them",
         "Connections without traffic are closed after this.", "librdkafka: 0."}),
    row<&cluster_config::max_response_bytes, 1024>(
        {"max_response_bytes", "", "receive.message.max.bytes", "1024 and up",
         "A response larger than this ends the connection instead of taking the memory.",
         "librdkafka: 100000000. Java has no bound."}),
    row<&cluster_config::allow_auto_create_topics>(
        {"allow_auto_create_topics", "allow.auto.create.topics", "", "true|false",
         "Whether asking about a topic may make it, if the brokers allow that.",
         "Java: true for consumers, and always so for producers."}),
};

constexpr auto rows = [] {
  std::array<setting, std::size(link_rows) + std::size(security_rows)> out;
  std::copy(std::begin(security_rows), std::end(security_rows),
            std::copy(std::begin(link_rows), std::end(link_rows), out.begin()));
  return out;
}();

constexpr foreign_setting foreign[] = {
    {"ssl.truststore.type", "PEM|PKCS12", "Ottla reads PEM and PKCS#12, and sees itself which of them a file is"},
    {"ssl.keystore.type", "PEM|PKCS12", "Ottla reads PEM and PKCS#12, and sees itself which of them a file is"},
    {"ssl.protocol", "TLSv1.2|TLSv1.3", "see ssl.enabled.protocols"},
    {"ssl.*", "", "Ottla has no counterpart of it"},
    {"sasl.kerberos.*", "",
     "tickets are the system's Kerberos library's, which takes them from its cache or the keytab"},
    {"sasl.oauthbearer.method", "default|oidc", "sasl.oauthbearer.token.endpoint.url says it"},
    {"sasl.oauthbearer.grant.type", "client_credentials", "Ottla asks for tokens with client credentials only"},
    {"sasl.oauthbearer.*", "", "Ottla asks for tokens with client credentials only"},
    {"sasl.login.callback.handler.class",
     "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler|"
     "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
     "Ottla has no login modules: give sasl_config::provide a function"},
    {"sasl.login.refresh.*", "*", ""},
    {"sasl.client.callback.handler.class", "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
     "Ottla has no login modules: give sasl_config::provide a function"},
    {"sasl.login.*", "", "Ottla has no login modules: give sasl_config::provide a function"},
    {"sasl.*", "", "Ottla has no counterpart of it"},
    {"enable.sasl.oauthbearer.unsecure.jwt", "", "set sasl.unsecured_principal"},
    {"transaction.two.phase.commit.enable", "false", "two-phase commit (KIP-939) is not there yet"},
    {"group.protocol.type", "consumer", "Ottla knows consumer groups only"},
    {"enable.auto.offset.store", "true",
     "Ottla commits by itself what polls before the last one handed out: see enable.auto.commit"},
    {"enable.metrics.push", "false", "pushing metrics to the cluster is not there yet"},
    {"statistics.interval.ms", "0", "statistics are not there yet"},
    {"metric.reporters", "", "metrics are not there yet"},
    {"metrics.*", "", "metrics are not there yet"},
    {"auto.include.jmx.reporter", "*", ""},
    {"key.serializer", "*", ""},
    {"value.serializer", "*", ""},
    {"key.deserializer", "*", ""},
    {"value.deserializer", "*", ""},
    {"interceptor.classes", "", "Ottla has no interceptors"},
    {"config.providers", "", "Ottla reads values as they stand"},
    {"queue.buffering.max.messages", "0", "Ottla bounds bytes, not records: see buffer.memory"},
    {"queue.buffering.max.kbytes", "", "Ottla counts bytes: see buffer.memory"},
    {"batch.num.messages", "", "Ottla bounds bytes, not records: see batch.size"},
    {"socket.connection.setup.timeout.max.ms", "", "Ottla does not raise the time for setting up a connection"},
    {"send.buffer.bytes", "-1", "Ottla leaves socket buffers to the system"},
    {"receive.buffer.bytes", "-1", "Ottla leaves socket buffers to the system"},
    {"socket.send.buffer.bytes", "0", "Ottla leaves socket buffers to the system"},
    {"socket.receive.buffer.bytes", "0", "Ottla leaves socket buffers to the system"},
    {"socket.nagle.disable", "true", "Ottla always sends at once"},
    {"socket.keepalive.enable", "*", ""},
    {"broker.address.family", "any", "Ottla tries every address a name has"},
    {"api.version.request", "true", "Ottla always asks which versions a broker speaks"},
    {"debug", "", "log lines are chosen with -v, or by the logger of the program"},
    {"log_level", "*", ""},
    {"log.connection.close", "*", ""},
};

}  // namespace

std::span<const setting> cluster_settings() { return rows; }
std::span<const foreign_setting> foreign_settings() { return foreign; }

}  // namespace v0
}  // namespace ottla
