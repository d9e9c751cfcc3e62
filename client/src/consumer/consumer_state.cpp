// consumer_state: commands to the machine, and waiting for it.
#include "consumer_state.hpp"

#include <utility>

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
  return {};
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
      decoder_(config_) {}

void consumer_state::attach() {
  if (config_error_) return;
  cluster_->post([machine = fetcher_, on = &cluster_->machine()] { machine->attach(*on); });
  (void)assign(config_.partitions, config_.topics, config_.start);
}

void consumer_state::post(std::function<void(fetcher&)> work) {
  cluster_->post([machine = fetcher_, work = std::move(work)] { work(*machine); });
}

result<void> consumer_state::usable() const {
  if (config_error_) return config_error_;
  if (error why = queue_->closed()) return why;
  return cluster_->usable();
}

// --- Commands --------------------------------------------------------------------------------------------------------

result<void> consumer_state::assign(std::vector<assigned_partition> partitions, std::vector<std::string> topics,
                                    start_position topics_start) {
  if (auto may = usable(); !may) return may;
  for (const assigned_partition& one : partitions) {
    if (one.topic.empty() || one.partition < 0)
      return simple(client_code::invalid_argument, "assign", "a partition needs a topic and an index from 0 up");
  }
  std::vector<fetch_queue::assigned_start> starts;
  const std::uint64_t epoch = queue_->assign(partitions, !topics.empty(), config_.start, starts);
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
  if (cluster_->runner().wait(*news, deadline)) return {};
  queue_->unwatch(news);
  return simple(client_code::timed_out, {}, {});
}

result<void> consumer_state::wait_topics(std::chrono::nanoseconds timeout) {
  if (auto may = usable(); !may) return may;
  if (auto may = cluster_->may_block(); !may) return may;
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  for (;;) {
    if (const auto outcome = queue_->topics_outcome()) return *outcome ? result<void>(*outcome) : result<void>();
    if (auto may = usable(); !may) return may;
    if (wait(fetch_queue::wait_for::topics, nullptr, deadline)) continue;
    if (error why = queue_->trouble()) return why;
    const std::string addresses = addresses_in_trouble(*cluster_);
    return simple(client_code::timed_out, "Metadata of the topics",
                  addresses.empty() ? "the cluster did not name their partitions in time" : addresses,
                  "check the bootstrap addresses and that the brokers run");
  }
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

result<void> consumer_state::close(std::chrono::nanoseconds timeout) {
  if (config_error_ || closed_.exchange(true)) return {};
  if (auto may = cluster_->may_block(); !may) {
    closed_ = false;
    abandon();
    return may.error().is(client_code::closed) ? result<void>() : may;
  }
  const steady_ns deadline = after(cluster_->runner().now().mono, timeout);
  auto ended = std::make_shared<completion>();
  const bool posted =
      cluster_->post([machine = fetcher_, deadline, ended] { machine->finish(deadline, [ended] { ended->set(); }); });
  if (posted) cluster_->runner().wait(*ended, deadline);
  return {};
}

void consumer_state::abandon() {
  if (config_error_ || closed_.exchange(true) || !cluster_->usable()) return;
  const steady_ns deadline = after(cluster_->runner().now().mono, std::chrono::seconds(1));
  cluster_->post([machine = fetcher_, deadline] { machine->finish(deadline, [] {}); });
}

consumer_stats consumer_state::stats() const {
  const fetcher::counters& counted = fetcher_->tally();
  consumer_stats out;
  out.records = records_.load(std::memory_order_relaxed);
  out.bytes = bytes_.load(std::memory_order_relaxed);
  out.fetches = counted.fetches.load(std::memory_order_relaxed);
  out.full_fetches = counted.full_fetches.load(std::memory_order_relaxed);
  out.fetch_failures = counted.failures.load(std::memory_order_relaxed);
  out.discarded =
      counted.discarded.load(std::memory_order_relaxed) + queue_->discarded() + stale_.load(std::memory_order_relaxed);
  out.prefetched_bytes = queue_->prefetched();
  out.held_bytes = queue_->account().held();
  return out;
}

}  // namespace v0
}  // namespace ottla
