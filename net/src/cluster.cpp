// cluster: opening, closing, and who may block.
#include "ottla/cluster.hpp"

#include <random>

#include "proxy_handshake.hpp"
#include "reactor_host.hpp"
#include "security/link_security.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error state_error(client_code code, std::string detail) {
  error_context context;
  context.detail = std::move(detail);
  return error(code, std::move(context));
}

error out_of_range(std::string setting, std::string rule) {
  error_context context;
  context.asked = std::move(setting);
  context.detail = std::move(rule);
  return error(client_code::invalid_config, std::move(context));
}

result<void> check(const cluster_config& config) {
  using std::chrono::milliseconds;
  const auto positive = [](milliseconds value) { return value > milliseconds(0); };
  if (!positive(config.request_timeout)) return out_of_range("request_timeout", "must be at least 1 ms");
  if (!positive(config.connection_setup_timeout))
    return out_of_range("connection_setup_timeout", "must be at least 1 ms");
  if (!positive(config.metadata_max_age)) return out_of_range("metadata_max_age", "must be at least 1 ms");
  if (config.retry_backoff > config.retry_backoff_max)
    return out_of_range("retry_backoff", "is longer than retry_backoff_max");
  if (config.reconnect_backoff > config.reconnect_backoff_max) {
    return out_of_range("reconnect_backoff", "is longer than reconnect_backoff_max");
  }
  if (config.rebootstrap_trigger < milliseconds(0)) return out_of_range("rebootstrap_trigger", "must not be negative");
  if (auto proxied = check(config.proxy); !proxied) return proxied;
  if (config.max_response_bytes < 1024) return out_of_range("max_response_bytes", "must be at least 1024");
  return {};
}

}  // namespace

cluster_state::cluster_state(cluster_config config, std::vector<host_port> bootstrap, std::uint64_t seed,
                             std::unique_ptr<host> runner, std::unique_ptr<link_security> guard)
    : host_(std::move(runner)),
      core_(
          std::move(config), std::move(bootstrap), seed, [at = host_.get()] { at->wake(); }, std::move(guard)) {
  host_->start(core_);
}

cluster_state::~cluster_state() { close(); }

void cluster_state::close() {
  if (forked()) return;
  closed_.store(true);
  host_->stop();
}

result<void> cluster_state::usable() const {
  if (forked()) return state_error(client_code::forked, "");
  if (closed_.load(std::memory_order_relaxed)) return closed_error();
  return {};
}

error cluster_state::closed_error() const { return state_error(client_code::closed, "the cluster handle was closed"); }

result<void> cluster_state::may_block() const {
  if (auto may = usable(); !may) return may;
  if (host_->on_core_thread()) return state_error(client_code::would_deadlock, "");
  return {};
}

result<cluster> cluster::open(cluster_config config) {
  auto runner = std::make_unique<reactor_host>(config);
  return open_with(std::move(runner), std::move(config));
}

result<cluster> cluster::open_on(std::unique_ptr<host> runner, cluster_config config) {
  if (config.connect.resolve || config.connect.open)
    return unexpected(out_of_range("connect", "means nothing on a host of the caller's own: that opens the streams"));
  return open_with(std::move(runner), std::move(config));
}

result<cluster> cluster::open_with(std::unique_ptr<host> runner, cluster_config config) {
  auto bootstrap = parse_bootstrap(config.bootstrap);
  if (!bootstrap) return unexpected(bootstrap.error());
  if (auto checked = check(config); !checked) return unexpected(checked.error());
  auto guard = link_security::make(config);
  if (!guard) return unexpected(guard.error());
  std::uint64_t seed = config.seed;
  if (seed == 0) seed = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
  // The last handle may go inside a handler; the thread that runs it must not destroy what it stands on. In the child
  // of a fork nothing is freed: the parent's thread may have been in the middle of it, and its sockets are not ours to
  // end.
  const auto destroy = [](cluster_state* state) {
    if (state->forked()) return;
    if (state->runner().on_core_thread()) {
      state->runner().stop_then([state] { delete state; });
    } else {
      delete state;
    }
  };
  return cluster(std::shared_ptr<cluster_state>(
      new cluster_state(std::move(config), std::move(*bootstrap), seed, std::move(runner), std::move(*guard)),
      destroy));
}

void cluster::run_for(std::chrono::nanoseconds wait) {
  if (state_->forked()) return;
  if (auto* at = dynamic_cast<reactor_host*>(state_->host_.get())) at->run_for(wait);
}

int cluster::descriptor() const {
  auto* at = dynamic_cast<reactor_host*>(state_->host_.get());
  return at != nullptr && state_->core_.config().thread == threading::manual ? at->descriptor() : -1;
}

// Handlers that run inside may destroy this.
void cluster::close() {
  const auto kept = state_;
  kept->close();
}

const cluster_config& cluster::config() const { return state_->core_.config(); }

}  // namespace v0
}  // namespace ottla
