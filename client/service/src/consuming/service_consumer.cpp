// service_consumer: the public face; service_consumer_state does the work.
#include <utility>

#include "ottla/net/fork_watch.hpp"
#include "ottla/service/consumer.hpp"
#include "service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

void end(std::shared_ptr<service_consumer_state>& state) {
  if (state == nullptr) return;
  if (state->forked()) return leave_behind(std::move(state));
  if (state->may_wait("closing")) {
    (void)state->close(std::chrono::seconds(5));
  } else {
    state->abandon();
  }
}

}  // namespace

service_consumer::service_consumer(cluster& on, service_consumer_options options, message_handler handler)
    : state_(std::make_shared<service_consumer_state>(on, std::move(options), std::move(handler))) {}
service_consumer::~service_consumer() { end(state_); }
service_consumer::service_consumer(service_consumer&&) noexcept = default;
service_consumer& service_consumer::operator=(service_consumer&& other) noexcept {
  if (this != &other) {
    end(state_);
    state_ = std::move(other.state_);
  }
  return *this;
}

result<void> service_consumer::valid() const {
  return state_->config_error() ? result<void>(state_->config_error()) : result<void>();
}
result<void> service_consumer::start() { return state_->start(); }
result<std::size_t> service_consumer::turn(std::chrono::milliseconds timeout) {
  const auto state = state_;  // the handler may drop this object
  return state->turn(timeout);
}
void service_consumer::stop() { state_->stop(); }
result<void> service_consumer::wait(std::chrono::milliseconds timeout) { return state_->wait(timeout); }
result<void> service_consumer::close(std::chrono::milliseconds timeout) { return state_->close(timeout); }
error service_consumer::trouble() const { return state_->trouble(); }
service_consumer_stats service_consumer::stats() const { return state_->stats(); }
std::vector<topic_partition> service_consumer::assignment() const { return state_->assignment(); }
group_metadata service_consumer::membership() const { return state_->membership(); }
std::vector<consumer_lag> service_consumer::lags() const { return state_->lags(); }
consumer_stats service_consumer::reading() const { return state_->reading(); }
std::chrono::nanoseconds service_consumer::silence() const { return state_->silence(); }

}  // namespace v0
}  // namespace ottla
