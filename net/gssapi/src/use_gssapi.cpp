// use_gssapi: a cache for the tickets of a keytab, and an exchange for each connection.
#include <atomic>

#include "gssapi_exchange.hpp"
#include "ottla/gssapi.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// One cache for each configuration: tickets are shared by its connections, and by nobody else in the process.
std::string next_cache() {
  static std::atomic<std::uint64_t> last{0};
  return "MEMORY:ottla-" + std::to_string(++last);
}

}  // namespace

result<void> use_gssapi(cluster_config& config) {
  sasl_config& sasl = config.sasl;
  if (sasl.mechanism != sasl_mechanism::gssapi || sasl.converse) return {};
  if (sasl.kerberos.service_name.empty()) {
    error_context context;
    context.asked = "sasl.kerberos.service.name";
    context.detail = "brokers have no name in Kerberos";
    context.advice = "it is usually kafka";
    return error(client_code::invalid_config, std::move(context));
  }
  sasl.converse = [kerberos = sasl.kerberos, cache = next_cache()](
                      std::string_view host, std::function<void()> ring) -> std::unique_ptr<sasl_exchange> {
    return std::make_unique<gssapi_exchange>(kerberos, std::string(host), cache, std::move(ring));
  };
  return {};
}

}  // namespace v0
}  // namespace ottla
