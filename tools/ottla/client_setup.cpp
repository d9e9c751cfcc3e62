// client_setup: the order of precedence, and the log lines of -v.
#include "client_setup.hpp"

#include <cstdio>
#include <ctime>

#include "ottla/net/aws_environment.hpp"
#include "ottla/net/setting_row.hpp"
#ifdef OTTLA_WITH_GSSAPI
#include "ottla/gssapi.hpp"
#endif
#ifdef OTTLA_WITH_OIDC
#include "ottla/oidc.hpp"
#endif

namespace ottla_tool {
namespace {

void log_to_stderr(ottla::log_level level, std::string_view component, std::string_view line) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm local{};
  localtime_r(&now.tv_sec, &local);
  constexpr const char* names[] = {"debug", "info", "warning", "error"};
  std::fprintf(stderr, "%02d:%02d:%02d.%03ld %s %.*s: %.*s\n", local.tm_hour, local.tm_min, local.tm_sec,
               now.tv_nsec / 1'000'000, names[static_cast<int>(level)], static_cast<int>(component.size()),
               component.data(), static_cast<int>(line.size()), line.data());
}

}  // namespace

client_setup::client_setup()
    : settings({{"cluster", ottla::cluster_settings(), &cluster},
                {"producer", ottla::producer_settings(), &producer},
                {"consumer", ottla::consumer_settings(), &consumer}},
               ottla::foreign_settings()) {}

ottla::result<void> client_setup::read(const globals& with) {
  for (const std::string& file : with.config_files) {
    if (auto done = settings.read_file(file); !done) return done;
  }
  if (!with.brokers.empty()) {
    if (auto done = settings.set("bootstrap", with.brokers, "-b or OTTLA_BROKERS"); !done) return done;
  }
  for (const std::string& pair : with.properties) {
    if (auto done = settings.set_pair(pair, "-X"); !done) return done;
  }
  if (with.timeout) {
    if (auto done = apply_timeout(*with.timeout); !done) return done;
  }
  if (with.verbosity > 0) {
    const auto least = with.verbosity > 1 ? ottla::log_level::debug : ottla::log_level::info;
    cluster.log = [least](ottla::log_level level, std::string_view component, std::string_view line) {
      if (level >= least) log_to_stderr(level, component, line);
    };
  }
  ottla::sasl_config& sasl = cluster.sasl;
  if (sasl.mechanism == ottla::sasl_mechanism::aws_msk_iam && sasl.credentials.username.empty())
    sasl.provide = &ottla::aws_environment;
#ifdef OTTLA_WITH_GSSAPI
  if (auto done = ottla::use_gssapi(cluster); !done) return done;
#endif
#ifdef OTTLA_WITH_OIDC
  return ottla::use_oidc(cluster);
#else
  return {};
#endif
}

/// What was set by its own name is meant; of the rest, questions to a broker end no later than the answer is wanted.
ottla::result<void> client_setup::apply_timeout(std::chrono::nanoseconds timeout) {
  const std::string shown = ottla::show_duration(std::chrono::ceil<std::chrono::milliseconds>(timeout));
  const auto set = [&](std::string_view scope, std::string_view member, std::string_view name, bool only_lower,
                       std::chrono::nanoseconds now) -> ottla::result<void> {
    if (settings.given(scope, member) || (only_lower && now <= timeout)) return {};
    return settings.set(name, shown, "--timeout");
  };
  if (auto done = set("cluster", "default_timeout", "default_timeout", false, {}); !done) return done;
  if (auto done = set("cluster", "request_timeout", "socket.timeout.ms", true, cluster.request_timeout); !done)
    return done;
  if (auto done = set("cluster", "connection_setup_timeout", "connection_setup_timeout", true,
                      cluster.connection_setup_timeout);
      !done) {
    return done;
  }
  if (auto done = set("producer", "max_block", "max_block", false, {}); !done) return done;
  return set("producer", "delivery_timeout", "delivery_timeout", false, {});
}

}  // namespace ottla_tool
