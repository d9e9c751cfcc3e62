// The produce-and-consume scenario, its plan, and the shrinker.
#include "scenario.hpp"

#include <algorithm>
#include <iterator>

#include "actors.hpp"
#include "busy_handlers.hpp"
#include "group_scenario.hpp"
#include "history.hpp"
#include "hostile_scenario.hpp"
#include "ottla/sim/world.hpp"
#include "replay_scenario.hpp"
#include "service_scenario.hpp"
#include "slow_scenario.hpp"
#include "transaction_scenario.hpp"
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;
constexpr std::string_view topic_name = "orders";
constexpr std::chrono::milliseconds busy_time = 20s;
// Longest wait that is honest after everything works again: a request that was lost before waits for its time-out.
constexpr std::chrono::milliseconds settle_time = 90s;
// A reader whose memory has room for one response asks one broker at a time, and waits out one dead connection after
// the other.
constexpr std::chrono::milliseconds read_time = 150s;

producer_config config_of(random_stream& rng) {
  producer_config out;
  out.linger = std::chrono::microseconds(rng.below(3) * 5'000);
  out.batch_size = std::size_t{4096} << rng.below(6);
  out.buffer_memory = out.batch_size * (2 + rng.below(40));
  out.max_in_flight = 1 + static_cast<int>(rng.below(5));
  out.delivery_timeout = rng.below(3) == 0 ? 8s : 120s;
  out.request_timeout = out.delivery_timeout == 8s ? 5s : 30s;
  out.compression.type = static_cast<protocol::codec>(rng.below(5));
  return out;
}

std::size_t count_of(const mock::broker& cluster, std::int32_t partitions) {
  std::size_t out = 0;
  for (std::int32_t i = 0; i < partitions; ++i)
    out += static_cast<std::size_t>(cluster.partition(topic_name, i)->high_watermark);
  return out;
}

consumer_config reader_config_of(random_stream& rng) {
  consumer_config out;
  out.topics = {std::string(topic_name)};
  out.start = earliest;
  out.fetch_max_bytes = std::int32_t{1024} << rng.below(12);
  out.max_partition_fetch_bytes = std::int32_t{1024} << rng.below(11);
  out.prefetch_bytes = std::size_t{4096} << rng.below(14);
  out.max_poll_records = rng.below(2) == 0 ? 0 : 1 + rng.below(500);
  return out;
}

}  // namespace

fault_plan plan_of(std::uint64_t seed, const fault_profile& profile) {
  return draw_plan(profile, busy_time, random_stream::derive(seed, "plan"));
}

cluster_config cluster_config_of(world& where, std::string name, std::size_t index) {
  cluster_config config;
  config.bootstrap = where.bootstrap();
  if (forgets_soon(where)) config.rebootstrap_trigger = forget_after;
  config.seed = where.stream(name, index).next() | 1;
  config.log = [&where, name = name + " " + std::to_string(index)](log_level, std::string_view component,
                                                                   std::string_view line) {
    where.note(name + " " + std::string(component) + ": " + std::string(line));
  };
  return config;
}

void violate(report& into, world& where, std::string invariant, std::string detail) {
  where.note("VIOLATION " + invariant + ": " + detail);
  into.violations.push_back({std::move(invariant), std::move(detail)});
}

void conclude(report& out, const watched_world& where, std::uint64_t faults) {
  const auto passed = where.now().time_since_epoch();
  for (const std::string& one : where.storms()) out.violations.push_back({"pace", one});
  for (const std::string& one : where.complaints()) out.violations.push_back({"disk", one});
  if (where.deaths() > 0) out.seen["deaths of the cluster"] += where.deaths();
  if (where.begun_anew() > 0) out.seen["clients that forgot their brokers"] += where.begun_anew();
  out.faults = faults;
  out.virtual_seconds = static_cast<double>(passed / 1ms) / 1000.0;
  out.digest = (out.digest ^ static_cast<std::uint64_t>(passed.count())) * 0x100000001b3ull;
  out.trace.assign(where.trace().begin(), where.trace().end());
}

mock::broker_options drawn_cluster(random_stream& rng) {
  mock::broker_options out;
  const std::size_t nodes = rng.below(3) == 0 ? 1 : 3;
  out.replicas_by_rack = true;
  out.nodes.clear();
  for (std::size_t i = 0; i < nodes; ++i) {
    mock::node_options node;
    node.id = static_cast<std::int32_t>(i + 1);
    node.port = static_cast<std::uint16_t>(9092 + i);
    node.rack = "r" + std::to_string(i + 1);
    out.nodes.push_back(node);
  }
  return out;
}

std::string drawn_rack(random_stream rng, std::size_t nodes) {
  return rng.below(3) != 0 ? std::string() : "r" + std::to_string(1 + rng.below(nodes));
}

report run_scenario(std::uint64_t seed, const fault_profile& profile, const fault_plan& plan, const telling& how) {
  using enum fault_profile::cast;
  static constexpr fault_profile::cast anybody[] = {producers, members, services, copiers, sluggish};
  switch (profile.who == any ? anybody[seed % std::size(anybody)] : profile.who) {
    case fault_profile::cast::members:
      return run_group(seed, plan, how);
    case fault_profile::cast::services:
      return run_service(seed, plan, how);
    case fault_profile::cast::deceived:
      return run_deceived(seed, plan, how);
    case fault_profile::cast::sluggish:
      return run_sluggish(seed, plan, how);
    case fault_profile::cast::replays:
      return run_replays(seed, plan, how);
    case fault_profile::cast::copiers:
      return run_copiers(seed, plan, how);
    case fault_profile::cast::producers:
    case fault_profile::cast::any:
      break;
  }
  const bool loses =
      std::find(profile.kinds.begin(), profile.kinds.end(), fault_kind::lose_leader) != profile.kinds.end();
  return run_produce_and_consume(seed, plan, loses, how);
}

report run_produce_and_consume(std::uint64_t seed, const fault_plan& plan, bool some_trust_the_leader,
                               const telling& how) {
  report out;
  random_stream rng = random_stream::derive(seed, "scenario");
  watched_world where(seed, weather{}, drawn_cluster(rng), how);
  troubles trouble(where, plan);
  const auto partitions = static_cast<std::int32_t>(1 + rng.below(8));
  where.cluster().create_topic(topic_name, partitions, static_cast<std::int16_t>(where.cluster().node_count()));
  const auto violate = [&](std::string invariant, std::string detail) {
    sim::violate(out, where, std::move(invariant), std::move(detail));
  };
  history told, others;
  // A stream of its own: the other runs stay what they were.
  const bool some_are_busy = random_stream::derive(seed, "busy").below(3) == 0;
  busy_handlers busy(where, told, others, out);
  if (some_are_busy)
    where.cluster().create_topic(busy_handlers::other_topic, 3,
                                 static_cast<std::int16_t>(where.cluster().node_count()));
  {
    std::vector<writer> clients;
    const std::size_t count = 1 + rng.below(3);
    random_stream trust = random_stream::derive(seed, "trust");
    for (std::size_t i = 0; i < count; ++i) {
      producer_config config = config_of(rng);
      if (some_trust_the_leader && trust.below(4) == 0) {
        config.required_acks = acks::leader;
        config.idempotence = false;
        for (const int who : {static_cast<int>(i), busy_handlers::overlapping(static_cast<int>(i))}) {
          told.may_lose(who);
          others.may_lose(who);
        }
      }
      clients.push_back(open_writer(where, i, std::move(config), topic_name, out));
    }
    for (std::size_t i = 0; some_are_busy && i < count; ++i) busy.take_part(clients[i], static_cast<int>(i));
    consumer_config reading = reader_config_of(rng);
    reading.rack = drawn_rack(where.stream("rack", 0), where.cluster().node_count());
    reader follower = open_reader(where, 0, std::move(reading), out);
    trouble.begin();
    const steady_ns until = where.lived() + busy_time;
    const std::uint64_t pace = 1 + rng.below(rng.below(3) == 0 ? 400 : 40);
    while (where.lived() < until) {
      writer& one = clients[rng.below(clients.size())];
      const int who = static_cast<int>(&one - clients.data());
      for (std::uint64_t burst = rng.below(pace); burst > 0; --burst)
        (void)send(one, told, make_record(who, told.records().size(), rng));
      check_memory(one, out);
      where.run_for(std::chrono::microseconds(rng.below(200'000)));
      if (rng.below(3) == 0 && !read_some(follower, std::chrono::milliseconds(rng.below(300)), out)) break;
    }
    trouble.heal();
    const steady_ns healed = where.now();
    for (writer& one : clients) finish(one, settle_time, out);
    others.check_logs(where.cluster(), busy_handlers::other_topic, out);
    // What a producer wrote before it was dropped is stored when it arrives, also after all others were closed.
    if (!where.run_until([&] { return where.leaving() == 0; }, where.now() + settle_time))
      violate("stuck", "connections that were closed are still on their way");
    const steady_ns read_until = where.now() + read_time;
    while (follower.count() < count_of(where.cluster(), partitions) && where.now() < read_until &&
           read_some(follower, 500ms, out)) {
    }
    (void)read_some(follower, 200ms, out);  // nothing may come twice at the end
    if (const std::uint64_t many = follower.in->stats().follower_fetches; many > 0)
      out.seen["fetches from followers"] += many;
    if (auto closed = follower.in->close(10s); !closed) violate("close", closed.error().message());
    for (std::int32_t i = 0; i < partitions; ++i)
      told.check_consumed(where.cluster(), topic_name, i, follower.seen[i], out);
    where.note("settled " + std::to_string((where.now() - healed) / 1ms) + " ms after the last fault");
  }
  told.check_logs(where.cluster(), topic_name, out);
  conclude(out, where, trouble.applied());
  return out;
}

bool polls_again(const error& why) { return why.retriable() || why.is(client_code::not_kafka); }

// Halves first, then single faults, as long as something goes.
fault_plan shrink(std::uint64_t seed, const fault_profile& profile, fault_plan plan) {
  for (std::size_t size = plan.size(); size > 0; size /= 2) {
    for (std::size_t from = 0; from < plan.size();) {
      fault_plan less = plan;
      less.erase(less.begin() + static_cast<std::ptrdiff_t>(from),
                 less.begin() + static_cast<std::ptrdiff_t>(std::min(from + size, less.size())));
      if (!run_scenario(seed, profile, less).violations.empty()) {
        plan = std::move(less);
      } else {
        from += size;
      }
    }
  }
  return plan;
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
