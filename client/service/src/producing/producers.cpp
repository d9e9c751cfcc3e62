// sync_producer and async_producer: the two faces of the runtime.
#include "ottla/service/producers.hpp"

#include "ottla/net/fork_watch.hpp"
#include "producer_runtime.hpp"

namespace ottla {
inline namespace v0 {
namespace {

std::shared_ptr<producer_runtime> begun(cluster& on, producer_options options, producer_type type) {
  auto out = std::make_shared<producer_runtime>(on, std::move(options), type);
  out->begin();
  return out;
}

void end(std::shared_ptr<producer_runtime>& runtime) {
  if (runtime == nullptr) return;
  if (runtime->forked()) return leave_behind(std::move(runtime));
  runtime->end();
}

}  // namespace

sync_producer::sync_producer(cluster& on, producer_options options)
    : runtime_(begun(on, std::move(options), producer_type::sync)) {}
sync_producer::~sync_producer() { end(runtime_); }
sync_producer::sync_producer(sync_producer&&) noexcept = default;
sync_producer& sync_producer::operator=(sync_producer&& other) noexcept {
  std::swap(runtime_, other.runtime_);
  return *this;
}
result<void> sync_producer::valid() const { return runtime_->valid(); }
delivery sync_producer::send(const producer_message& what, std::chrono::milliseconds timeout) {
  return runtime_->deliver(std::span(&what, 1), timeout).front();
}
std::vector<delivery> sync_producer::send(std::span<const producer_message> many, std::chrono::milliseconds timeout) {
  return runtime_->deliver(many, timeout);
}
result<void> sync_producer::health(std::chrono::milliseconds timeout) const { return runtime_->health(timeout); }
service_producer_stats sync_producer::stats() const { return runtime_->stats(); }
result<void> sync_producer::close(std::chrono::milliseconds timeout) { return runtime_->close(timeout); }

async_producer::async_producer(cluster& on, producer_options options)
    : runtime_(begun(on, std::move(options), producer_type::async)) {}
async_producer::~async_producer() { end(runtime_); }
async_producer::async_producer(async_producer&&) noexcept = default;
async_producer& async_producer::operator=(async_producer&& other) noexcept {
  std::swap(runtime_, other.runtime_);
  return *this;
}
result<void> async_producer::valid() const { return runtime_->valid(); }
result<void> async_producer::send(const producer_message& what) { return runtime_->give(what); }
result<void> async_producer::send(const producer_message& what, outcome told) {
  return runtime_->give(what, std::move(told));
}
result<void> async_producer::send(std::span<const producer_message> many) {
  result<void> out;
  for (const producer_message& one : many) {
    auto taken = runtime_->give(one);
    if (!taken && out) out = std::move(taken);
  }
  return out;
}
result<void> async_producer::flush(std::chrono::milliseconds timeout) { return runtime_->flush(timeout); }
result<void> async_producer::health(std::chrono::milliseconds timeout) const { return runtime_->health(timeout); }
service_producer_stats async_producer::stats() const { return runtime_->stats(); }
result<void> async_producer::close(std::chrono::milliseconds timeout) { return runtime_->close(timeout); }

}  // namespace v0
}  // namespace ottla
