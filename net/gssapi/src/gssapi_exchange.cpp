// gssapi_exchange: one detached thread for each token, since a key distribution centre may be slow or gone.
#include "gssapi_exchange.hpp"

#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "gss_context.hpp"

namespace ottla {
inline namespace v0 {

//     us                                   broker
//     token                      ->
//                                <-        token                      both know each other
//     (nothing)                  ->
//                                <-        wrapped: its layers
//     wrapped: none of them      ->
//                                <-        (nothing)
struct gssapi_exchange::shared {
  shared(kerberos_config config, std::string host, std::string cache, std::function<void()> rings)
      : context(std::move(config), std::move(host), std::move(cache)), ring(std::move(rings)) {}
  gss_context context;  // the other thread's while it runs
  const std::function<void()> ring;
  std::mutex mutex;
  std::optional<gss_outcome> outcome;
};

gssapi_exchange::gssapi_exchange(kerberos_config config, std::string host, std::string cache,
                                 std::function<void()> ring)
    : shared_(std::make_shared<shared>(std::move(config), std::move(host), std::move(cache), std::move(ring))) {}

gssapi_exchange::state gssapi_exchange::advance(std::string_view token) {
  std::thread([at = shared_, bytes = std::string(token)] {
    gss_outcome got = at->context.advance(bytes);
    {
      const std::lock_guard lock(at->mutex);
      at->outcome = std::move(got);
    }
    at->ring();
  }).detach();
  return state::waits;
}

gssapi_exchange::state gssapi_exchange::work() {
  std::optional<gss_outcome> got;
  {
    const std::lock_guard lock(shared_->mutex);
    got = std::exchange(shared_->outcome, std::nullopt);
  }
  if (!got) return state::waits;
  if (got->failure) {
    turn_ = turn::over;
    soon = got->soon;
    said = *got->failure;
    return state::refused;
  }
  if (shared_->context.established()) turn_ = turn::layers;
  said = got->bytes;
  return state::says;
}

gssapi_exchange::state gssapi_exchange::answer(std::string_view from_broker) {
  if (turn_ == turn::tokens) return advance(from_broker);
  if (turn_ == turn::over) return state::done;
  gss_outcome chosen = shared_->context.choose_no_layer(from_broker);
  turn_ = turn::over;
  said = chosen.failure ? *chosen.failure : chosen.bytes;
  return chosen.failure ? state::refused : state::says;
}

}  // namespace v0
}  // namespace ottla
