// slow_scenario: a reader that takes long between polls and holds on to what it has read.
#include "slow_scenario.hpp"

#include <algorithm>
#include <deque>

#include "actors.hpp"
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;
constexpr std::string_view slow_topic = "orders";
constexpr std::chrono::milliseconds slow_busy_time = 40s;
constexpr std::chrono::milliseconds slow_settle_time = 90s;
// What is left to read comes at the speed of the network, whoever else has nothing. With little room a connection that
// is dead is waited for first.
constexpr std::chrono::milliseconds slow_read_time = 10s;
constexpr std::size_t largest_batch = std::size_t{64} << 10;

bool may_leave_dead_connections(const fault_plan& plan) {
  return std::any_of(plan.begin(), plan.end(), [](const fault_event& one) {
    return one.kind >= fault_kind::half_open && one.kind <= fault_kind::move_node;
  });
}

// Whatever it holds, and however long: memory keeps its bounds, and each record is seen once, in order, whole.
class slow_run {
 public:
  slow_run(std::uint64_t seed, const fault_plan& plan, const telling& how)
      : rng_(random_stream::derive(seed, "slow-scenario")),
        where_(seed, weather{}, drawn_cluster(rng_), how),
        trouble_(where_, plan),
        read_time_(may_leave_dead_connections(plan) ? slow_settle_time : slow_read_time) {
    partitions_ = static_cast<std::int32_t>(1 + rng_.below(8));
    where_.cluster().create_topic(slow_topic, partitions_, static_cast<std::int16_t>(where_.cluster().node_count()));
    config_.topics = {std::string(slow_topic)};
    config_.start = earliest;
    config_.fetch_max_bytes = std::int32_t{4096} << rng_.below(8);
    config_.max_partition_fetch_bytes = std::int32_t{1024} << rng_.below(9);
    config_.prefetch_bytes = std::size_t{16} << (10 + rng_.below(6));
    config_.max_held_bytes = std::size_t{64} << (10 + rng_.below(5));
    config_.max_poll_records = rng_.below(2) == 0 ? 0 : 1 + rng_.below(200);
    trouble_.begin();
  }

  report run() {
    {
      producer_config sending;
      sending.batch_size = largest_batch;
      sending.linger = 5ms;
      writer to = open_writer(where_, 0, sending, slow_topic, out_);
      reader from = open_reader(where_, 0, config_, out_);
      const steady_ns until = where_.lived() + slow_busy_time;
      while (where_.lived() < until && out_.violations.empty()) {
        for (std::uint64_t burst = rng_.below(300); burst > 0; --burst)
          (void)send(to, told_, make_record(0, told_.records().size(), rng_));
        where_.run_for(std::chrono::milliseconds(rng_.below(rng_.below(10) == 0 ? 8'000 : 300)));
        look(from);
        while (!held_.empty() && rng_.below(3) == 0) held_.pop_front();
      }
      trouble_.heal();
      if (auto flushed = to.out->flush(slow_settle_time); !flushed) violate("stuck", flushed.error().message());
      if (auto closed = to.out->close(10s); !closed) violate("close", closed.error().message());
      const steady_ns read_until = where_.now() + read_time_;
      while (from.count() < written() && where_.now() < read_until && out_.violations.empty()) look(from);
      held_.clear();
      if (auto closed = from.in->close(10s); !closed) violate("close", closed.error().message());
      for (std::int32_t i = 0; i < partitions_; ++i)
        told_.check_consumed(where_.cluster(), slow_topic, i, from.seen[i], out_);
    }
    told_.check_logs(where_.cluster(), slow_topic, out_);
    conclude(out_, where_, trouble_.applied());
    return std::move(out_);
  }

 private:
  void violate(std::string invariant, std::string detail) {
    sim::violate(out_, where_, std::move(invariant), std::move(detail));
  }

  std::size_t written() {
    std::size_t out = 0;
    for (std::int32_t i = 0; i < partitions_; ++i)
      out += static_cast<std::size_t>(where_.cluster().partition(slow_topic, i)->high_watermark);
    return out;
  }

  // A poll whose records are seen at once, and perhaps held for long.
  void look(reader& from) {
    auto got = from.in->poll(std::chrono::milliseconds(rng_.below(400)));
    if (got) {
      keep(from, *got);
      for (const partition_error& one : got->errors())
        if (!one.why.retriable()) violate("partition-error", one.why.message());
      if (rng_.below(3) != 0) held_.push_back(std::move(*got));
    } else if (got.error().is(client_code::held_by_user)) {
      if (held_.empty()) violate("held", "nothing is held, and poll says that something is");
      held_.clear();
    } else if (!polls_again(got.error())) {
      violate("poll", got.error().message());
    }
    const consumer_stats stats = from.in->stats();
    // One response is always allowed, and a batch may exceed what was asked of a broker (KIP-74).
    const std::size_t most = std::max(config_.prefetch_bytes, static_cast<std::size_t>(config_.fetch_max_bytes)) +
                             where_.cluster().node_count() * 2 * largest_batch;
    if (stats.prefetched_bytes > most)
      violate("memory", std::to_string(stats.prefetched_bytes) + " bytes are fetched ahead of " +
                            std::to_string(config_.prefetch_bytes));
    if (stats.held_bytes > config_.max_held_bytes + most)
      violate("memory",
              std::to_string(stats.held_bytes) + " bytes are held of " + std::to_string(config_.max_held_bytes));
  }

  random_stream rng_;
  watched_world where_;
  troubles trouble_;
  std::chrono::milliseconds read_time_;
  report out_;
  std::int32_t partitions_ = 0;
  consumer_config config_;
  history told_;
  std::deque<polled> held_;
};

}  // namespace

report run_sluggish(std::uint64_t seed, const fault_plan& plan, const telling& how) {
  return slow_run(seed, plan, how).run();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
