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

std::vector<offset_to_commit> offsets_of(std::span<const partition_position> positions) {
  return {positions.begin(), positions.end()};
}

void end(const std::shared_ptr<consumer_state>& state) {
  if (state == nullptr) return;
  if (state->cluster().may_block()) {
    (void)state->close(nullptr, std::chrono::seconds(1));
  } else {
    state->abandon();
  }
}

}  // namespace

consumer::consumer(cluster& on, consumer_config config)
    : state_(new consumer_state(on.state(), std::move(config)), [](consumer_state* state) {
        // In the child of a fork nothing is freed: the parent's core may have been in the middle of it.
        if (!state->cluster().forked()) delete state;
      }) {
  state_->attach();
}
consumer::~consumer() { end(state_); }
consumer::consumer(consumer&&) noexcept = default;
consumer& consumer::operator=(consumer&& other) noexcept {
  if (this != &other) {
    end(state_);
    state_ = std::move(other.state_);
  }
  return *this;
}

result<void> consumer::valid() const {
  return state_->config_error() ? result<void>(state_->config_error()) : result<void>();
}

// Where handlers run inside a call, they may destroy this: the state stays until the call is over.
result<polled> consumer::poll(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->poll(*this, timeout);
}
void consumer::wake() { state_->wake(); }

result<void> consumer::assign(std::vector<assigned_partition> partitions) {
  return state_->assign(std::move(partitions), {}, {});
}
result<void> consumer::assign_topics(std::vector<std::string> topics, std::optional<start_position> start) {
  return state_->assign({}, std::move(topics), start.value_or(state_->config().start));
}
std::vector<topic_partition> consumer::assignment() const { return state_->queue().assignment(); }
result<std::vector<topic_partition>> consumer::wait_assignment(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  if (auto known = kept->wait_topics(*this, timeout); !known) return unexpected(known.error());
  return kept->queue().assignment();
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

result<void> consumer::subscribe(std::vector<std::string> topics) {
  auto group = state_->group("subscribe");
  return group ? (*group)->subscribe(std::move(topics), {}) : result<void>(group.error());
}
result<void> consumer::subscribe_pattern(std::string_view pattern) {
  auto group = state_->group("subscribe");
  return group ? (*group)->subscribe({}, std::string(pattern)) : result<void>(group.error());
}
result<void> consumer::unsubscribe() {
  const auto kept = state_;
  auto group = kept->group("unsubscribe");
  return group ? (*group)->unsubscribe(*this) : result<void>(group.error());
}
result<void> consumer::rejoin(std::string reason) {
  auto group = state_->group("rejoin");
  if (!group) return group.error();
  (*group)->rejoin(std::move(reason));
  return {};
}

result<void> consumer::commit(std::chrono::milliseconds timeout) {
  auto group = state_->group("commit");
  return group ? (*group)->commit((*group)->all_positions(), timeout) : result<void>(group.error());
}
result<void> consumer::commit(std::span<const partition_position> positions, std::chrono::milliseconds timeout) {
  return commit(offsets_of(positions), timeout);
}
result<void> consumer::commit(std::vector<offset_to_commit> offsets, std::chrono::milliseconds timeout) {
  auto group = state_->group("commit");
  return group ? (*group)->commit(std::move(offsets), timeout) : result<void>(group.error());
}
result<void> consumer::commit_async(std::span<const partition_position> positions,
                                    std::function<void(const error&)> handler) {
  return commit_async(offsets_of(positions), std::move(handler));
}
result<void> consumer::commit_async(std::vector<offset_to_commit> offsets, std::function<void(const error&)> handler) {
  auto group = state_->group("commit");
  return group ? (*group)->commit_async(std::move(offsets), std::move(handler)) : result<void>(group.error());
}
result<std::vector<committed_offset>> consumer::committed(std::span<const topic_partition> which,
                                                          std::chrono::milliseconds timeout) {
  auto group = state_->group("committed");
  if (!group) return unexpected(group.error());
  return (*group)->committed(which, timeout);
}
group_metadata consumer::membership() const { return state_->membership(); }

error consumer::trouble() const { return state_->queue().trouble(); }
consumer_stats consumer::stats() const { return state_->stats(); }
result<void> consumer::close(std::chrono::milliseconds timeout) {
  const auto kept = state_;
  return kept->close(this, timeout);
}

}  // namespace v0
}  // namespace ottla
