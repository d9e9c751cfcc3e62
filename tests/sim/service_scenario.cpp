// The services, their lives, and the judgement.
#include "service_scenario.hpp"

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ottla/producer.hpp"
#include "ottla/service/consumer.hpp"
#include "ottla/sim/sim_host.hpp"
#include "ottla/sim/world.hpp"
#include "service_history.hpp"
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;
constexpr const char* service_topic = "orders";
constexpr const char* dead_name = "orders-dlq";
constexpr const char* group_name = "billing";
constexpr std::chrono::milliseconds service_busy_time = 30s;
// Sessions end, dead letters wait out their longest pause, hopeless messages use up their tries.
constexpr std::chrono::milliseconds service_settle_time = 300s;
constexpr int retries = 3;
const std::vector<std::chrono::milliseconds> tier_times{200ms, 1s, 4s};

/// Of the seed alone, so that what is drawn here moves nothing in runs without retry topics: one in four has them, and
/// half of these keep the order of keys.
service_rules drawn_rules(std::uint64_t seed) {
  random_stream rng = random_stream::derive(seed, "service-tiers");
  service_rules out{service_topic, dead_name, group_name, retries, {}, false};
  if (rng.below(4) > 0) return out;
  retry_topics how;
  how.tiers = tier_times;
  how.tiers.resize(1 + rng.below(tier_times.size()));
  for (std::size_t tier = 1; tier <= how.tiers.size(); ++tier) out.tiers.push_back(how.topic_of(service_topic, tier));
  out.key_order = rng.below(2) == 0;
  return out;
}

/// One service. What it waits for, by lane (the partition, or the partition and the key), within its assignment.
struct service_life {
  int number = 0;
  message_order order = message_order::partition;
  bool crashed = false;
  bool handling = false;
  std::optional<std::uint64_t> pieces_left{};  // of I/O, and then it crashes
  steady_ns silent_until{};
  std::map<std::pair<topic_partition, std::string>, std::int64_t> waiting;  // a message between two tries
  std::map<topic_partition, std::int64_t> last_done;                        // order::partition
  // Last, so that they go first: a consumer that ends may still call its handler.
  result<cluster> on = error(client_code::closed, {});
  std::unique_ptr<service_consumer> in;
};

class service_run {
 public:
  service_run(std::uint64_t seed, const fault_plan& plan, const telling& how)
      : rng_(random_stream::derive(seed, "service-scenario")),
        crash_rng_(random_stream::derive(seed, "service-crashes")),
        busy_rng_(random_stream::derive(seed, "busy-handlers")),
        busy_(random_stream::derive(seed, "busy").below(3) == 0),
        where_(seed, weather{}, drawn_cluster(rng_), how),
        trouble_(where_, plan),
        rules_(drawn_rules(seed)),
        history_(where_, out_, rules_, seed) {
    partitions_ = static_cast<std::int32_t>(1 + rng_.below(6));
    const auto copies = static_cast<std::int16_t>(where_.cluster().node_count());
    where_.cluster().create_topic(service_topic, partitions_, copies);
    where_.cluster().create_topic(dead_name, static_cast<std::int32_t>(1 + rng_.below(3)), copies);
    // Without an order over them, retry topics may have any number of partitions.
    for (std::size_t i = 0; i < rules_.tiers.size(); ++i)
      where_.cluster().create_topic(rules_.tiers[i], rules_.key_order ? partitions_ : 1 + static_cast<std::int32_t>(i),
                                    copies);
    peaceful_ = plan.empty();
    trouble_.begin();
  }

  report run() {
    writer_on_ = cluster::open_on(std::make_unique<sim_host>(where_, "writer 0"), config_of("writer", 0));
    writer_ = std::make_unique<producer>(*writer_on_, producer_config{.linger = 2ms});
    to_ = writer_->topic(service_topic);
    for (std::uint64_t i = 1 + rng_.below(3); i > 0; --i) join();
    const steady_ns until = where_.lived() + service_busy_time;
    while (where_.lived() < until && out_.violations.empty()) {
      for (std::uint64_t burst = rng_.below(7); burst > 0; --burst) send();
      live();
      where_.run_for(std::chrono::microseconds(rng_.below(50'000)));
      for (std::size_t i = 0; i < services_.size(); ++i) turn(*services_[i], std::chrono::milliseconds(rng_.below(40)));
      bury();
    }
    settle();
    finish();
    return std::move(out_);
  }

 private:
  cluster_config config_of(const std::string& name, std::size_t index) {
    cluster_config config = cluster_config_of(where_, name, index);
    config.request_timeout = 5s;
    config.client_id = name + "-" + std::to_string(index);
    return config;
  }

  void send() {
    const std::string value = std::to_string(out_.records++);
    const std::string key = "k" + std::to_string(rng_.below(8));
    const record_header own{"own", blob(value).bytes()};
    record what;
    what.value = value;
    if (rng_.below(5) > 0) what.key = key;
    what.headers = {&own, 1};
    what.partition = static_cast<std::int32_t>(rng_.below(static_cast<std::uint64_t>(partitions_)));
    (void)to_.send(what);
  }

  // --- The services' lives ---

  void live() {
    switch (rng_.below(80)) {
      case 0:
      case 1:
        if (services_.size() < 4) join();
        break;
      case 2:
        if (services_.size() > 1) close(rng_.below(services_.size()));
        break;
      case 3: {  // from now on: at some moment, also inside a blocking call or a handler; or between two pieces of I/O
        service_life* one = services_[rng_.below(services_.size())].get();
        const steady_ns when = where_.now() + std::chrono::microseconds(rng_.below(3'000'000));
        if (crash_rng_.below(2) == 0) {
          one->pieces_left = crash_rng_.below(crash_rng_.below(2) == 0 ? 20 : 200);
          break;
        }
        where_.at(when, [this, number = one->number] {
          for (auto& known : services_) {
            if (known->number == number) crash(*known);
          }
        });
        break;
      }
      case 4:
        services_[rng_.below(services_.size())]->silent_until =
            where_.now() + std::chrono::milliseconds(rng_.below(20'000));
        break;
      default:
        break;
    }
  }

  void join() {
    auto one = std::make_unique<service_life>();
    one->number = next_number_++;
    service_life* self = one.get();
    auto host = std::make_unique<sim_host>(where_, text(*self));
    host->before_io = [this, self, on = host.get()] {
      if (!self->pieces_left || (*self->pieces_left)-- > 0) return;
      self->pieces_left.reset();
      if (std::exchange(self->crashed, true)) return;
      ++out_.seen["crashes between two pieces of I/O"];
      where_.note(text(*self) + " crashes between two pieces of I/O");
      on->die();
    };
    one->on = cluster::open_on(std::move(host), config_of("service", static_cast<std::size_t>(one->number)));
    service_consumer_options options = drawn_options(*self);
    one->in = std::make_unique<service_consumer>(
        *one->on, options, [this, self](const message& what) -> verdict { return handle(*self, what); });
    if (auto valid = one->in->valid(); !valid) history_.violate("config", valid.error().message());
    services_.push_back(std::move(one));
  }

  service_consumer_options drawn_options(service_life& self) {
    service_consumer_options options;
    options.reading.group = group_name;
    options.reading.topics = {service_topic};
    options.reading.start = earliest;
    options.reading.reset = offset_reset::none;
    options.reading.assignors = {assignor::cooperative_sticky};
    options.reading.session_timeout = 6s;
    options.reading.heartbeat_interval = 1s;
    options.reading.max_poll_interval = 10s;
    options.reading.max_poll_records = 1 + rng_.below(100);
    const auto forget = [&self](consumer&, std::span<const topic_partition> which) {
      for (const topic_partition& one : which) {
        std::erase_if(self.waiting, [&](const auto& known) { return known.first.first == one; });
        self.last_done.erase(one);
      }
    };
    options.reading.on_assigned = options.reading.on_revoked = options.reading.on_lost = forget;
    options.retry = {.count = retries, .backoff = 10ms, .multiplier = 4, .max = 2s, .jitter = 0.3};
    options.dead_letter = dead_name;
    options.dead_letter_timeout = 3s;
    options.dead_letter_backoff = 100ms;
    options.dead_letter_max_backoff = 4s;
    static constexpr message_order orders[] = {message_order::partition, message_order::key, message_order::none};
    options.order = self.order = orders[rng_.below(3)];
    if (!rules_.tiers.empty()) {
      options.tiers.emplace().tiers = tier_times;
      options.tiers->tiers.resize(rules_.tiers.size());
      options.tiers->keep_key_order = rules_.key_order;
    }
    if (rules_.key_order) {
      options.reading.assignors = {assignor::range};
      if (self.order == message_order::none) options.order = self.order = message_order::key;
      options.tiers->max_keys = 4 + static_cast<std::size_t>(self.number % 3) * 8;
    }
    options.key_lanes = static_cast<int>(1 + rng_.below(8));
    options.commit_interval = std::chrono::milliseconds(20 + rng_.below(2'000));
    options.drain_timeout = 3s;
    options.max_partition_records = 1 + rng_.below(300);
    options.max_held_records = 1 + rng_.below(1'000);
    options.max_ahead = 1 + rng_.below(1'000);
    // Who follows is read twice and written once: with a record at a time the last tier is not through in
    // service_settle_time.
    if (rules_.key_order) options.reading.max_poll_records += 20, options.max_partition_records += 20;
    if (rng_.below(3) == 0) {
      circuit_breaker_config breaker;
      breaker.window_calls = 10;
      breaker.minimum_calls = 5;
      breaker.open_for = rules_.tiers.empty() ? 500ms : 50ms;  // more calls fail with tiers: it opens all the time
      breaker.probes = 2;
      options.breaker = std::make_shared<circuit_breaker>(breaker);
      options.breaker->on_change([this](const breaker_change& change) {
        ++out_.seen["breakers " + std::string(name(change.from)) + " > " + std::string(name(change.to))];
      });
    }
    options.threads = threading::manual;
    return options;
  }

  // What waits for the handlers is refused inside one, at once.
  void try_to_block(service_life& self) {
    const steady_ns before = where_.lived();
    const auto turned = self.in->turn(1s);
    for (const result<void>& told : {self.in->close(1s), self.in->wait(1s), turned ? result<void>() : turned.error()}) {
      if (told || !told.error().is(client_code::would_deadlock))
        history_.violate("handler", "a call inside one gives " + (told ? "no error" : told.error().message()));
    }
    if (where_.lived() != before) history_.violate("handler", "a call that was refused inside a handler took time");
    out_.seen["calls refused inside a handler"] += 3;
  }

  verdict handle(service_life& self, const message& what) {
    if (self.crashed) return retry("nobody is there");
    const auto lane = std::pair{topic_partition{std::string(what.topic()), what.partition()},
                                self.order == message_order::key ? std::string(what.key().text()) : std::string()};
    const bool ordered =
        self.order == message_order::partition || (self.order == message_order::key && !what.key().is_null());
    const std::int64_t offset = what.offset();
    if (ordered) {
      const auto held = self.waiting.find(lane);
      // With an order of keys over topics, one that waits may be sent behind another copy of it; history looks there.
      if (held != self.waiting.end() && held->second != offset && !rules_.key_order) {
        history_.violate("order", text(self) + " handles " + std::to_string(offset) + " of partition " +
                                      std::to_string(what.partition()) + " while " + std::to_string(held->second) +
                                      " waits for its next try");
      }
    }
    const topic_partition partition = lane.first;
    const int tries = what.tries();
    if (busy_ && busy_rng_.below(20) == 0) try_to_block(self);
    self.handling = true;
    verdict said = history_.handle(what);  // time may pass: the world goes on, and this service may end
    self.handling = false;
    if (ordered && said.is_retry() && tries <= retries) {
      self.waiting[lane] = offset;
    } else {
      self.waiting.erase(lane);
    }
    if (self.order == message_order::partition && said.is_done()) {
      const auto last = self.last_done.find(partition);
      if (last != self.last_done.end() && offset <= last->second)
        history_.violate("order",
                         text(self) + " handled " + std::to_string(offset) + " behind " + std::to_string(last->second));
      self.last_done[partition] = offset;
    }
    return said;
  }

  void turn(service_life& one, std::chrono::milliseconds wait) {
    if (one.crashed || where_.now() < one.silent_until) return;
    const auto done_now = one.in->turn(wait);
    if (!done_now && !one.crashed) history_.violate("turn", done_now.error().message());
    history_.check_commits();
  }

  // No farewell reaches anybody, and whatever it was about to do is not done.
  void crash(service_life& one) {
    if (std::exchange(one.crashed, true)) return;
    ++out_.seen[one.handling ? "crashes inside a handler" : "crashes at some moment"];
    where_.note(text(one) + " crashes");
    one.on->close();
  }
  void bury() {
    // Out of the list before they end: the world goes on meanwhile, and looks at the list.
    std::vector<std::unique_ptr<service_life>> over;
    for (auto& one : services_) {
      if (one->crashed) over.push_back(std::move(one));
    }
    std::erase(services_, nullptr);
    for (auto& one : over) one->on->close();
    over.clear();
    if (services_.empty()) join();
  }

  void close(std::size_t index) {
    service_life& one = *services_[index];
    where_.note(text(one) + " closes");
    const auto before = where_.lived();
    const auto last_done = one.last_done;
    const auto mine = one.in->assignment();
    const bool member = one.in->membership().generation >= 0 && where_.now() >= one.silent_until;
    const auto closed = one.in->close(5s);
    // The answers of fetch sessions are waited for as well, and a slow handler of the last turn.
    if (where_.lived() - before > 12s) history_.violate("close-late", "close took longer than its deadline");
    if (!closed && peaceful_ && !one.crashed) history_.violate("close", closed.error().message());
    if (closed && member && !one.crashed) {
      for (const topic_partition& what : mine) {
        const auto last = last_done.find(what);
        const std::int64_t committed = history_.committed(what.topic, what.partition);
        if (last != last_done.end() && committed <= last->second)
          history_.violate("again", text(one) + " was closed cleanly, and " + what.topic + "-" +
                                        std::to_string(what.partition) + " goes on at " + std::to_string(committed) +
                                        " though " + std::to_string(last->second) + " was done");
      }
    }
    const std::unique_ptr<service_life> over = std::move(services_[index]);
    services_.erase(services_.begin() + static_cast<std::ptrdiff_t>(index));
    history_.check_commits();
  }

  std::string text(const service_life& who) const { return "service " + std::to_string(who.number); }

  // --- The end ---

  void settle() {
    trouble_.heal();
    bury();
    for (auto& one : services_) one->silent_until = {};
    if (auto flushed = writer_->flush(service_settle_time); !flushed)
      history_.violate("stuck", flushed.error().message());
    const steady_ns healed = where_.now();
    while (!history_.all_committed(partitions_) && where_.now() < healed + service_settle_time &&
           out_.violations.empty()) {
      for (auto& one : services_) turn(*one, 20ms);
      bury();
    }
    if (out_.violations.empty() && !history_.all_committed(partitions_)) history_.violate("stuck", state());
    where_.note("settled " + std::to_string((where_.now() - healed) / 1ms) + " ms after the last fault");
  }

  std::string state() {
    std::string out = "not all is done and committed:";
    for (std::int32_t i = 0; i < partitions_; ++i) {
      out += " " + std::to_string(i) + ": " + std::to_string(history_.committed(service_topic, i)) + " of " +
             std::to_string(where_.cluster().partition(service_topic, i)->high_watermark);
    }
    for (const std::string& tier : rules_.tiers) {
      for (std::int32_t i = 0; const auto known = where_.cluster().partition(tier, i); ++i)
        out += ", " + tier + "-" + std::to_string(i) + ": " + std::to_string(history_.committed(tier, i)) + " of " +
               std::to_string(known->high_watermark);
    }
    for (const auto& one : services_) {
      const service_consumer_stats now = one->in->stats();
      out += "; " + text(*one) + " has " + std::to_string(one->in->assignment().size()) + ", holds " +
             std::to_string(now.held_records) + ", waiting " + std::to_string(now.waiting) + ", stopped " +
             std::to_string(now.stopped);
      if (const error why = one->in->trouble()) out += ", " + why.message();
    }
    return out;
  }

  void finish() {
    peaceful_ = true;
    while (!services_.empty()) close(services_.size() - 1);
    if (auto closed = writer_->close(10s); !closed) history_.violate("close", closed.error().message());
    if (out_.violations.empty()) history_.check_all(partitions_);
    out_.acked = history_.done() + history_.dead();
    for (const std::uint64_t part : {std::uint64_t{history_.done()}, std::uint64_t{history_.dead()}, out_.consumed})
      out_.digest = (out_.digest ^ part) * 0x100000001b3ull;
    conclude(out_, where_, trouble_.applied());
  }

  report out_;  // first: clients that end may still count something
  random_stream rng_, crash_rng_, busy_rng_;
  bool busy_;  // inside handlers
  watched_world where_;
  troubles trouble_;
  const service_rules rules_;
  service_history history_;
  std::int32_t partitions_ = 1;
  bool peaceful_ = false;
  result<cluster> writer_on_ = error(client_code::closed, {});
  std::unique_ptr<producer> writer_;
  ottla::topic to_;
  std::vector<std::unique_ptr<service_life>> services_;
  int next_number_ = 0;
};

}  // namespace

report run_service(std::uint64_t seed, const fault_plan& plan, const telling& how) {
  return service_run(seed, plan, how).run();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
