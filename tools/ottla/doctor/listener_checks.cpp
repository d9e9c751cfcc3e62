// What stands between here and a listener, in the order in which a connection meets it.
#include "doctor/listener_checks.hpp"

#include <algorithm>
#include <mutex>
#include <optional>

#include "doctor/certificate.hpp"
#include "doctor/network.hpp"
#include "ottla/cluster.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/consumer_group_heartbeat.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"

namespace ottla_tool::doctor {
namespace {

constexpr int soon_days = 30;

/// What TLS showed of the listener's certificate, written on the core's thread.
struct seen_certificate {
  std::mutex lock;
  std::string subject, issuer;
  std::optional<certificate_end> end;
};

bool has_tls(const ottla::cluster_config& config) {
  return config.security == ottla::security_protocol::ssl || config.security == ottla::security_protocol::sasl_ssl;
}
bool has_sasl(const ottla::cluster_config& config) {
  return config.security == ottla::security_protocol::sasl_plaintext ||
         config.security == ottla::security_protocol::sasl_ssl;
}

finding about_certificate(const std::string& subject, const ottla::cluster_config& config, seen_certificate& seen) {
  const std::lock_guard hold(seen.lock);
  const std::string whose = seen.subject.empty() ? "a certificate" : "certificate of " + seen.subject;
  std::string told = whose + (seen.issuer.empty() ? "" : ", issued by " + seen.issuer);
  if (seen.end) told += ", ends " + seen.end->when;
  if (!config.tls.verify)
    return {standing::warn, "tls", subject, told + "; it is not verified",
            "anybody may sit in between: switch verification on, and give the authority as ssl.ca.location"};
  if (!config.tls.verify_name)
    return {standing::warn, "tls", subject, told + "; the host's name is not compared",
            "set ssl.endpoint.identification.algorithm=https"};
  if (seen.end && seen.end->days < soon_days)
    return {standing::warn, "tls", subject, told + ", in " + std::to_string(seen.end->days) + " days",
            "renew the broker's certificate"};
  return well("tls", subject, told + "; chain and name are right");
}

const ottla::protocol::ApiVersionsResponse::ApiVersion* find(const ottla::protocol::ApiVersionsResponse& told,
                                                             ottla::protocol::api_key key) {
  const auto* found = std::find_if(told.api_keys.begin(), told.api_keys.end(),
                                   [&](const auto& one) { return one.api_key == static_cast<std::int16_t>(key); });
  return found == told.api_keys.end() ? nullptr : found;
}

/// A name, if the broker and this client have no version of it in common.
template <class Request>
std::string missing(const ottla::protocol::ApiVersionsResponse& told) {
  const auto* offered = find(told, Request::api_key);
  const bool common = offered != nullptr && offered->min_version <= Request::max_version &&
                      offered->max_version >= Request::min_version;
  return common ? std::string() : " " + std::string(Request::name);
}

finding about_versions(const std::string& subject, const ottla::protocol::ApiVersionsResponse& told) {
  using namespace ottla::protocol;
  const std::string lacking = missing<MetadataRequest>(told) + missing<ProduceRequest>(told) +
                              missing<FetchRequest>(told) + missing<ListOffsetsRequest>(told) +
                              missing<FindCoordinatorRequest>(told);
  std::string text = std::to_string(told.api_keys.size()) + " APIs";
  for (const auto& feature : told.finalized_features)
    text += ", " + std::string(feature.name) + " " + std::to_string(feature.max_version_level);
  if (!lacking.empty())
    return {standing::fail, "versions", subject, text + "; no version in common of" + lacking,
            "Ottla speaks to brokers from 0.11 on: is this one older, or a proxy that hides APIs?"};
  if (find(told, InitProducerIdRequest::api_key) == nullptr)
    return {standing::warn, "versions", subject, text + "; no idempotent producers",
            "set enable.idempotence=false, and expect doubled records after lost answers"};
  const bool has_new_groups = find(told, ConsumerGroupHeartbeatRequest::api_key) != nullptr;
  return well("versions", subject, text + (has_new_groups ? "" : "; groups of the classic protocol only"));
}

/// Which step of a connection an error belongs to. Over TLS nothing was said before a certificate came.
finding about_failure(const std::string& subject, const ottla::cluster_config& config, bool has_certificate,
                      const ottla::error& why) {
  if (why.is(ottla::client_code::tls_failed))
    return trouble("tls", subject, why,
                   "compare ssl.ca.location with the authority that signed the broker's certificate");
  using ottla::protocol::error_code;
  if (why.is(ottla::client_code::authentication_failed) || why.is(error_code::sasl_authentication_failed) ||
      why.is(error_code::unsupported_sasl_mechanism) || why.is(error_code::illegal_sasl_state))
    return trouble("sasl", subject, why, "check sasl.mechanism, sasl.username and sasl.password");
  std::string advice = "is this a listener for ";
  advice += has_tls(config) ? "TLS" : "plaintext";
  advice += has_sasl(config) ? " and SASL" : "";
  const bool is_tls = has_tls(config) && !has_certificate;
  return trouble(is_tls ? "tls" : "versions", subject, why,
                 advice + "? compare security.protocol with the broker's listeners");
}

bool look_at_network(const std::string& subject, const ottla::host_port& address, patience within, findings& out) {
  const resolution names = resolve(address.host, address.port, within);
  if (names.endpoints.empty()) {
    out.push_back(
        {standing::fail, "resolve", subject, names.failure, "check the name, and /etc/hosts or the DNS server"});
    return false;
  }
  std::string list;
  for (const endpoint& one : names.endpoints) list += (list.empty() ? "" : ", ") + one.text;
  out.push_back(well("resolve", subject, list + " in " + duration_text(names.took)));
  bool any = false;
  std::vector<finding> tries;
  for (const endpoint& one : names.endpoints) {
    const connection_try tried = try_connect(one, within);
    any = any || tried.failure.empty();
    tries.push_back(tried.failure.empty()
                        ? well("tcp", subject, one.text + " connected in " + duration_text(tried.took))
                        : finding{standing::fail, "tcp", subject, one.text + ": " + tried.failure,
                                  "is the broker running, does it listen on this address, is a firewall in between?"});
  }
  for (finding& one : tries) {
    // One dead address of several costs clients time, no more.
    if (any && one.how == standing::fail) one.how = standing::warn;
    out.push_back(std::move(one));
  }
  return any;
}

}  // namespace

bool look_at_way(const ottla::host_port& address, const ottla::cluster_config& config, patience within, findings& out) {
  if (ottla::is_unix_socket(address.host)) return true;  // nothing stands between
  if (!ottla::goes_by_proxy(config.proxy, address)) return look_at_network(to_string(address), address, within, out);
  const ottla::host_port proxy{config.proxy.host, config.proxy.port};
  return look_at_network("proxy " + to_string(proxy), proxy, within, out);
}

bool look_at_connection(const ottla::host_port& address, ottla::cluster_config config, patience within, findings& out) {
  const std::string subject = to_string(address);
  const auto seen = std::make_shared<seen_certificate>();
  if (has_tls(config)) {
    config.tls.judge = [seen, judge = config.tls.judge, verify = config.tls.verify](const ottla::tls_peer& peer) {
      {
        const std::lock_guard hold(seen->lock);
        seen->subject = peer.subject;
        seen->issuer = peer.issuer;
        seen->end = end_of_certificate(peer.pem);
      }
      return judge ? judge(peer) : peer.refusal.empty() || !verify;
    };
  }
  config.bootstrap = subject;
  config.connection_setup_timeout = std::min(config.connection_setup_timeout, within);
  auto cluster = ottla::cluster::open(config);
  if (!cluster) {
    out.push_back(trouble("config", subject, cluster.error(), "see ottla config check"));
    return false;
  }
  ottla::protocol::ApiVersionsRequest ask;
  ask.client_software_name = "ottla";
  ask.client_software_version = "doctor";
  const auto begun = std::chrono::steady_clock::now();
  const auto told = cluster->call(ottla::route{}, ask, within);
  const auto took = std::chrono::steady_clock::now() - begun;
  if (!told) {
    const std::lock_guard hold(seen->lock);
    out.push_back(about_failure(subject, config, !seen->subject.empty(), told.error()));
    return false;
  }
  if (has_tls(config)) out.push_back(about_certificate(subject, config, *seen));
  if (has_sasl(config)) {
    const std::string who = config.sasl.credentials.username;
    out.push_back(well("sasl", subject,
                       std::string(name(config.sasl.mechanism)) + (who.empty() ? "" : " as " + who) + ", taken"));
  } else if (!has_tls(config)) {
    out.push_back(well("security", subject, "plaintext, nobody is asked who they are"));
  }
  out.push_back(about_versions(subject, **told));
  out.back().told += ", answered in " + duration_text(took);
  return true;
}

}  // namespace ottla_tool::doctor
