// consumer_state: commands to the machine, and waiting for it.
#include "consumer_state.hpp"

#include <algorithm>
#include <utility>

#include "ottla/net/scope_exit.hpp"

namespace ottla {
inline namespace v0 {
namespace {

/// Which addresses fail and how; the core's thread knows, and is given a moment to tell.
std::string addresses_in_trouble(cluster_state& cluster) {
  struct heard {
    completion done;
    std::string text;
  };
  const auto shared = std::make_shared<heard>();
  cluster.post([shared, &machine = cluster.machine()] {
    shared->text = machine.unreachable_summary();
    shared->done.set();
  });
  host& runner = cluster.runner();
  return runner.wait(shared->done, after(runner.now().mono, std::chrono::milliseconds(200))) ? shared->text
                                                                                             : std::string();
}

error bad_setting(std::string setting, std::string rule) {
  error_context context;
  context.asked = std::move(setting);
  context.detail = std::move(rule);
  return error(client_code::invalid_config, std::move(context));
}

error check_group(const consumer_config& c) {
  if (c.group.empty()) {
    if (!c.topic_pattern.empty()) return bad_setting("topic_pattern", "needs a group");
    if (!c.group_instance_id.empty()) return bad_setting("group_instance_id", "needs a group");
    return {};
  }
  const int named = static_cast<int>(!c.topics.empty()) + static_cast<int>(!c.topic_pattern.empty()) +
                    static_cast<int>(!c.partitions.empty());
  if (named > 1) return bad_setting("topics", "topic_pattern and partitions exclude each other in a group");
  if (!c.topic_pattern.empty()) {
    if (auto made = topic_pattern::compile(c.topic_pattern); !made) return made.error();
  }
  if (c.group_protocol == group_protocol_kind::consumer) {
    const consumer_config defaults;
    const auto decided_by_brokers = [](const char* setting, const char* instead) {
      return bad_setting(setting,
                         std::string("is decided by the brokers with group_protocol consumer (group.protocol): "
                                     "leave it out, and set ") +
                             instead);
    };
    if (c.assignors != defaults.assignors) return decided_by_brokers("assignors", "remote_assignor if need be");
    if (c.session_timeout != defaults.session_timeout)
      return decided_by_brokers("session_timeout", "group.consumer.session.timeout.ms there");
    if (c.heartbeat_interval != defaults.heartbeat_interval)
      return decided_by_brokers("heartbeat_interval", "group.consumer.heartbeat.interval.ms there");
  } else if (!c.remote_assignor.empty()) {
    return bad_setting("remote_assignor", "needs group_protocol consumer (group.protocol)");
  }
  if (c.assignors.empty()) return bad_setting("assignors", "must name at least one");
  for (std::size_t i = 0; i < c.assignors.size(); ++i) {
    if (std::find(c.assignors.begin(), c.assignors.begin() + static_cast<std::ptrdiff_t>(i), c.assignors[i]) !=
        c.assignors.begin() + static_cast<std::ptrdiff_t>(i))
      return bad_setting("assignors", "must not name one twice");
  }
  const auto most = std::chrono::milliseconds(INT32_MAX);
  if (c.session_timeout.count() < 1 || c.session_timeout > most)
    return bad_setting("session_timeout", "must be between 1 ms and 24 days");
  if (c.heartbeat_interval.count() < 1 || c.heartbeat_interval >= c.session_timeout)
    return bad_setting("heartbeat_interval", "must be at least 1 ms and less than session_timeout");
  if (c.max_poll_interval.count() < 1 || c.max_poll_interval > most)
    return bad_setting("max_poll_interval", "must be between 1 ms and 24 days");
  if (c.auto_commit_interval.count() < 0) return bad_setting("auto_commit_interval", "must not be negative");
  return {};
}

error check(const consumer_config& c) {
  if (c.fetch_max_wait.count() < 0 || c.fetch_max_wait > std::chrono::hours(1)) {
    return bad_setting("fetch_max_wait", "must be between 0 and one hour");
  }
  if (c.fetch_min_bytes < 0) return bad_setting("fetch_min_bytes", "must not be negative");
  if (c.fetch_max_bytes < 1024 || c.fetch_max_bytes > (1 << 30))
    return bad_setting("fetch_max_bytes", "must be between 1024 bytes and 1 GiB");
  if (c.fetch_min_bytes > c.fetch_max_bytes) return bad_setting("fetch_min_bytes", "is more than fetch_max_bytes");
  if (c.max_partition_fetch_bytes < 1) return bad_setting("max_partition_fetch_bytes", "must be at least 1");
  if (c.prefetch_bytes == 0) return bad_setting("prefetch_bytes", "must be at least 1");
  if (c.max_held_bytes == 0) return bad_setting("max_held_bytes", "must be at least 1");
  for (const assigned_partition& one : c.partitions) {
    if (one.topic.empty() || one.partition < 0)
      return bad_setting("partitions", "need a topic and a partition from 0 up");
  }
  for (const std::string& one : c.topics) {
    if (one.empty()) return bad_setting("topics", "must not be empty names");
  }
  return check_group(c);
}

error simple(client_code code, std::string asked, std::string detail, std::string advice = {}) {
  error_context context;
  context.asked = std::move(asked);
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return error(code, std::move(context));
}

std::string text(const topic_partition& where) { return where.topic + "-" + std::to_string(where.partition); }

}  // namespace

consumer_state::consumer_state(std::shared_ptr<cluster_state> cluster, consumer_config config)
    : cluster_(std::move(cluster)),
      config_(std::move(config)),
      config_error_(check(config_)),
      queue_(std::make_shared<fetch_queue>(config_.prefetch_bytes, std::make_shared<memory_account>())),
      fetcher_(std::make_shared<fetcher>(config_, queue_)),
      decoder_(config_) {
  if (!config_.group.empty() && !config_error_)
    group_ = std::make_unique<group_caller>(cluster_, config_, queue_, fetcher_);
}

void consumer_state::attach() {
  if (config_error_) return;
  cluster_->post([machine = fetcher_, on = &cluster_->machine()] { machine->attach(*on); });
  if (group_ == nullptr) {
    (void)assign(config_.partitions, config_.topics, config_.start);
    return;
  }
  group_->attach();
  if (!config_.partitions.empty()) (void)assign(config_.partitions, {}, {});
}

result<group_caller*> consumer_state::group(const char* asked) {
  if (auto may = usable(); !may) return unexpected(may.error());
  if (group_ != nullptr) return group_.get();
  return simple(client_code::invalid_argument, asked, "the consumer is in no group", "set consumer_config::group");
}

void consumer_state::post(std::function<void(fetcher&)> work) {
  cluster_->post([machine = fetcher_, work = std::move(work)] { work(*machine); });
}

// The cluster first: in the child of a fork another thread may have left the queue locked.
result<void> consumer_state::usable() const {
  if (config_error_) return config_error_;
  if (auto may = cluster_->usable(); !may) return may;
  if (error why = queue_->closed()) return why;
  return {};
}

// --- Commands --------------------------------------------------------------------------------------------------------

result<void> consumer_state::assign(std::vector<assigned_partition> partitions, std::vector<std::string> topics,
                                    start_position topics_start) {
  if (auto may = usable(); !may) return may;
  for (const assigned_partition& one : partitions) {
    if (one.topic.empty() || one.partition < 0)
      return simple(client_code::invalid_argument, "assign", "a partition needs a topic and an index from 0 up");
  }
  if (group_ != nullptr && (group_->subscribed() || !topics.empty())) {
    return simple(client_code::invalid_argument, "assign", "the group assigns what is subscribed to",
                  "unsubscribe before partitions are assigned by hand");
  }
  std::vector<fetch_queue::assigned_start> starts;
  // With a group, partitions without a start of their own wait for what it committed.
  const auto fallback = group_ == nullptr ? std::optional(config_.start) : std::nullopt;
  const std::uint64_t epoch = queue_->assign(partitions, !topics.empty(), fallback, starts);
  if (group_ != nullptr) {
    std::vector<fetch_queue::assigned_start> waiting;
    for (const fetch_queue::assigned_start& one : starts) {
      if (one.fresh && !one.start) waiting.push_back(one);
    }
    post([epoch, starts = std::move(starts)](fetcher& machine) { machine.assign(epoch, starts, {}, {}); });
    group_->locate(std::move(waiting));
    return {};
  }
  post([epoch, starts = std::move(starts), topics = std::move(topics), topics_start](fetcher& machine) {
    machine.assign(epoch, starts, topics, topics_start);
  });
  return {};
}

result<void> consumer_state::seek(const topic_partition& where, start_position to) {
  if (auto may = usable(); !may) return may;
  const auto slot = queue_->find(where);
  if (slot == nullptr)
    return simple(client_code::unknown_partition, "seek of " + text(where), "the partition is not assigned");
  if (to.from == start_position::kind::offset && to.value < 0) {
    return simple(client_code::invalid_argument, "seek of " + text(where), "an offset is not negative");
  }
  std::optional<partition_position> at;
  if (to.from == start_position::kind::offset) at = partition_position{where, to.value, -1};
  const std::uint64_t version = queue_->restart(*slot, std::move(at));
  post([slot, version, to](fetcher& machine) { machine.seek(*slot, version, to); });
  return {};
}

result<void> consumer_state::set_paused(std::span<const topic_partition> which, bool paused) {
  if (auto may = usable(); !may) return may;
  for (const topic_partition& where : which) {
    if (queue_->find(where) == nullptr) {
      return simple(client_code::unknown_partition, (paused ? "pause of " : "resume of ") + text(where),
                    "the partition is not assigned");
    }
  }
  for (const topic_partition& where : which) {
    const auto slot = queue_->find(where);
    if (slot == nullptr) continue;
    queue_->set_paused(*slot, paused);
    post([slot, paused](fetcher& machine) { machine.set_paused(*slot, paused); });
  }
  return {};
}

// --- Waiting ---------------------------------------------------------------------------------------------------------

result<void> consumer_state::wait(fetch_queue::wait_for what, const partition_slot* slot, steady_ns deadline) {
  const auto news = queue_->watch(what, slot);
  if (news == nullptr) return {};
  scope_exit late([&] { queue_->unwatch(news); });
  if (!cluster_->runner().wait(*news, deadline)) return simple(client_code::timed_out, {}, {});
  late.forget();
  return {};
}

result<void> consumer_state::wait_topics(consumer& face, std::chrono::nanoseconds timeout) {
  if (auto may = usable(); !may) return may;
  if (auto may = cluster_->may_block(); !may) return may;
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  if (group_ != nullptr && group_->subscribed()) return wait_group(face, deadline);
  for (;;) {
    if (const auto outcome = queue_->topics_outcome()) return *outcome ? result<void>(*outcome) : result<void>();
    if (auto may = usable(); !may) return may;
    if (error why = queue_->take_hopeless()) return why;
    if (wait(fetch_queue::wait_for::topics, nullptr, deadline)) continue;
    if (error why = queue_->trouble()) return why;
    const std::string addresses = addresses_in_trouble(*cluster_);
    return simple(client_code::timed_out, "Metadata of the topics",
                  addresses.empty() ? "the cluster did not name their partitions in time" : addresses,
                  "check the bootstrap addresses and that the brokers run");
  }
}

// The group's first assignment is taken inside this call, handlers included, as in a poll.
result<void> consumer_state::wait_group(consumer& face, steady_ns deadline) {
  if (auto may = group_->enter(); !may) return may;
  const scope_exit end([this] { group_->leave(); });
  const std::string joining = config_.group_protocol == group_protocol_kind::consumer
                                  ? "ConsumerGroupHeartbeat of group "
                                  : "JoinGroup of group ";
  result<void> out;
  for (const std::uint64_t before = group_->taken(); out && group_->taken() == before && !group_->settled();) {
    out = group_->attend(face);
    if (!out || group_->taken() != before) break;
    if (auto may = usable(); !may) out = may;
    if (out && !wait(fetch_queue::wait_for::attention, nullptr, deadline)) {
      out = queue_->trouble() ? result<void>(queue_->trouble())
                              : simple(client_code::timed_out, joining + config_.group,
                                       "the group did not assign partitions in time");
    }
  }
  return out ? usable() : out;  // a handler may have closed it
}

result<partition_position> consumer_state::position(const topic_partition& where, std::chrono::nanoseconds timeout) {
  if (auto may = usable(); !may) return unexpected(may.error());
  const auto slot = queue_->find(where);
  if (slot == nullptr)
    return simple(client_code::unknown_partition, "position of " + text(where), "the partition is not assigned");
  if (auto known = queue_->position(where)) return *known;
  if (auto may = cluster_->may_block(); !may) return unexpected(may.error());
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  for (;;) {
    if (auto known = queue_->position(where)) return *known;
    if (auto may = usable(); !may) return unexpected(may.error());
    if (error why = queue_->take_hopeless()) return unexpected(std::move(why));
    if (wait(fetch_queue::wait_for::position, slot.get(), deadline)) {
      if (queue_->find(where) != slot)
        return simple(client_code::unknown_partition, "position of " + text(where), "the partition is not assigned");
      continue;
    }
    if (error why = queue_->trouble()) return unexpected(std::move(why));
    return simple(client_code::no_position, "position of " + text(where), "it was not found before the deadline");
  }
}

result<std::vector<found_offset>> consumer_state::find_offsets(std::vector<leader_lookup::item> items,
                                                               std::chrono::nanoseconds timeout) {
  if (auto may = usable(); !may) return unexpected(may.error());
  if (auto may = cluster_->may_block(); !may) return unexpected(may.error());
  struct outcome {
    std::mutex mutex;
    std::vector<found_offset> found;
    std::size_t left = 0;
    completion done;
  };
  auto shared = std::make_shared<outcome>();
  for (const leader_lookup::item& one : items) shared->found.push_back({.where = one.where});
  shared->left = items.size();
  if (items.empty()) return std::move(shared->found);
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  auto lookup = make_offset_lookup(std::move(items), config_.isolation, deadline,
                                   [shared](std::size_t i, const lookup_answer_of_partition& answer) {
                                     bool last = false;
                                     {
                                       std::lock_guard lock(shared->mutex);
                                       found_offset& one = shared->found[i];
                                       one.offset = answer.offset;
                                       one.timestamp = answer.timestamp;
                                       one.leader_epoch = answer.leader_epoch;
                                       one.failure = answer.failure;
                                       last = --shared->left == 0;
                                     }
                                     if (last) shared->done.set();
                                   });
  post([lookup](fetcher& machine) { machine.look_up(lookup); });
  // The look-up tells its own time-out, with what it knows; a little grace lets that through.
  cluster_->runner().wait(shared->done, after(deadline, std::chrono::milliseconds(200)));
  std::lock_guard lock(shared->mutex);
  if (shared->left > 0)
    return simple(client_code::timed_out, "ListOffsets", "the client's own thread did not get to it in time");
  return std::move(shared->found);
}

// --- The end ---------------------------------------------------------------------------------------------------------

result<void> consumer_state::close(consumer* face, std::chrono::nanoseconds timeout) {
  if (config_error_ || closed_) return {};
  if (auto may = cluster_->may_block(); !may) {
    if (may.error().is(client_code::would_deadlock)) return may;  // refused: whoever asked goes on as a member
    abandon();
    return may.error().is(client_code::closed) ? result<void>() : may;
  }
  if (closed_.exchange(true)) return {};
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  const auto ended = std::make_shared<completion>();
  const auto finish = [&] {
    return cluster_->post(
        [machine = fetcher_, deadline, ended] { machine->finish(deadline, [ended] { ended->set(); }); });
  };
  scope_exit thrown([&] { (void)finish(); });  // by a handler: it ends all the same, and nobody waits for it
  if (group_ != nullptr) group_->close(face, deadline);
  thrown.forget();
  if (finish()) cluster_->runner().wait(*ended, deadline);
  return {};
}

void consumer_state::abandon() {
  if (config_error_ || closed_.exchange(true) || !cluster_->usable()) return;
  const steady_ns deadline = after(cluster_->runner().now().mono, std::chrono::seconds(1));
  if (group_ != nullptr) group_->abandon(deadline);
  cluster_->post([machine = fetcher_, deadline] { machine->finish(deadline, [] {}); });
}

consumer_stats consumer_state::stats() const {
  const fetcher::counters& counted = fetcher_->tally();
  consumer_stats out;
  out.records = records_.load(std::memory_order_relaxed);
  out.bytes = bytes_.load(std::memory_order_relaxed);
  out.fetches = counted.fetches.load(std::memory_order_relaxed);
  out.follower_fetches = counted.follower_fetches.load(std::memory_order_relaxed);
  out.full_fetches = counted.full_fetches.load(std::memory_order_relaxed);
  out.fetch_failures = counted.failures.load(std::memory_order_relaxed);
  out.discarded =
      counted.discarded.load(std::memory_order_relaxed) + queue_->discarded() + stale_.load(std::memory_order_relaxed);
  out.throttled = std::chrono::milliseconds(counted.throttled_ms.load(std::memory_order_relaxed));
  out.prefetched_bytes = queue_->prefetched();
  out.held_bytes = queue_->account().held();
  if (group_ != nullptr) out.rebalances = group_->rebalances();
  return out;
}

}  // namespace v0
}  // namespace ottla
