// consumer: the public face; consumer_state does the work.
#include "ottla/consumer.hpp"

#include <utility>

#include "consumer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

std::vector<leader_lookup::item> items_at(std::span<const topic_partition> which, std::int64_t timestamp) {
  std::vector<leader_lookup::item> out;
  for (const topic_partition& where : which) out.push_back({where, timestamp});
  return out;
}

void end(const std::shared_ptr<consumer_state>& state) {
  if (state == nullptr) return;
  if (state->cluster().may_block()) {
    (void)state->close(std::chrono::seconds(1));
  } else {
    state->abandon();
  }
}

}  // namespace

consumer::consumer(cluster& on, consumer_config config)
    : state_(std::make_shared<consumer_state>(on.state(), std::move(config))) {
  state_->attach();
}
consumer::~consumer() { end(state_); }
consumer::consumer(consumer&&) noexcept = default;
consumer& consumer::operator=(consumer&& other) noexcept {
  if (this != &other) end(std::exchange(state_, std::move(other.state_)));
  return *this;
}

result<void> consumer::valid() const {
  return state_->config_error() ? result<void>(state_->config_error()) : result<void>();
}

result<polled> consumer::poll(std::chrono::milliseconds timeout) { return state_->poll(timeout); }

result<void> consumer::assign(std::vector<assigned_partition> partitions) {
  return state_->assign(std::move(partitions), {}, {});
}
result<void> consumer::assign_topics(std::vector<std::string> topics, std::optional<start_position> start) {
  return state_->assign({}, std::move(topics), start.value_or(state_->config().start));
}
std::vector<topic_partition> consumer::assignment() const { return state_->queue().assignment(); }
result<std::vector<topic_partition>> consumer::wait_assignment(std::chrono::milliseconds timeout) {
  if (auto known = state_->wait_topics(timeout); !known) return unexpected(known.error());
  return assignment();
}

result<void> consumer::seek(const topic_partition& where, start_position to) { return state_->seek(where, to); }
result<void> consumer::pause(std::span<const topic_partition> which) { return state_->set_paused(which, true); }
result<void> consumer::resume(std::span<const topic_partition> which) { return state_->set_paused(which, false); }
std::vector<topic_partition> consumer::paused() const { return state_->queue().paused(); }

result<partition_position> consumer::position(const topic_partition& where, std::chrono::milliseconds timeout) {
  return state_->position(where, timeout);
}
std::optional<std::int64_t> consumer::position(const topic_partition& where) const {
  const auto known = state_->queue().position(where);
  return known ? std::optional<std::int64_t>(known->offset) : std::nullopt;
}
std::optional<partition_watermarks> consumer::watermarks(const topic_partition& where) const {
  return state_->queue().watermarks(where);
}

result<std::vector<found_offset>> consumer::offsets_for_times(std::span<const timestamp_query> which,
                                                              std::chrono::milliseconds timeout) {
  std::vector<leader_lookup::item> items;
  for (const timestamp_query& one : which) items.push_back({one.where, one.timestamp});
  return state_->find_offsets(std::move(items), timeout);
}
result<std::vector<found_offset>> consumer::beginning_offsets(std::span<const topic_partition> which,
                                                              std::chrono::milliseconds timeout) {
  return state_->find_offsets(items_at(which, earliest_timestamp), timeout);
}
result<std::vector<found_offset>> consumer::end_offsets(std::span<const topic_partition> which,
                                                        std::chrono::milliseconds timeout) {
  return state_->find_offsets(items_at(which, latest_timestamp), timeout);
}

error consumer::trouble() const { return state_->queue().trouble(); }
consumer_stats consumer::stats() const { return state_->stats(); }
result<void> consumer::close(std::chrono::milliseconds timeout) { return state_->close(timeout); }

}  // namespace v0
}  // namespace ottla
