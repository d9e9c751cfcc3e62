// The members, their lives, and the judgement.
#include "group_scenario.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"
#include "ottla/sim/sim_host.hpp"
#include "ottla/sim/world.hpp"
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;
constexpr std::string_view group_topic = "orders";
constexpr std::chrono::milliseconds group_busy_time = 40s;
// A member that vanished is waited for until its session ends, and a rebalance for the slowest of those that are left.
constexpr std::chrono::milliseconds group_settle_time = 180s;

/// Sessions of the consumer protocol as short as the members ask for in the classic one.
mock::broker_options with_short_sessions(mock::broker_options cluster) {
  cluster.groups.consumer_session_timeout = 6s;
  cluster.groups.consumer_heartbeat_interval = 1s;
  return cluster;
}

/// What all members together did with one partition.
struct partition_history {
  std::set<std::int64_t> processed;
  std::int64_t committed = 0;  ///< the furthest that a member was told is stored
  std::int32_t taken_in = -1;  ///< the newest generation, or epoch, in which somebody took it
};

struct member {
  int number = 0;
  bool by_hand = false;  // commits itself, else automatically
  result<cluster> on = error(client_code::closed, {});
  std::unique_ptr<consumer> in;
  steady_ns silent_until{};
  std::map<topic_partition, std::pair<std::uint64_t, std::int64_t>> next;  // by assignment: the offset that must follow
  bool ending = false, closed = false;                                     // closed: by itself, inside a handler
  std::shared_ptr<bool> here = std::make_shared<bool>(true);
};

class group_run {
 public:
  group_run(std::uint64_t seed, const fault_plan& plan, const telling& how)
      : rng_(random_stream::derive(seed, "group-scenario")),
        busy_rng_(random_stream::derive(seed, "busy-handlers")),
        where_(seed, weather{}, with_short_sessions(drawn_cluster(rng_)), how),
        trouble_(where_, plan) {
    // A stream of its own: the other runs stay what they were.
    if (random_stream::derive(seed, "group-protocol").below(3) == 0) protocol_ = group_protocol_kind::consumer;
    busy_ = random_stream::derive(seed, "busy").below(3) == 0;
    partitions_ = static_cast<std::int32_t>(1 + rng_.below(8));
    where_.cluster().create_topic(group_topic, partitions_, static_cast<std::int16_t>(where_.cluster().node_count()));
    static constexpr assignor all[] = {assignor::range, assignor::round_robin, assignor::sticky,
                                       assignor::cooperative_sticky, assignor::cooperative_sticky};
    assignors_ = {all[rng_.below(std::size(all))]};
    if (rng_.below(4) == 0) assignors_ = {assignor::range, assignor::cooperative_sticky};
    trouble_.begin();
  }

  report run() {
    writer_on_ = cluster::open_on(std::make_unique<sim_host>(where_, "producer 0"), config_of("producer", 0));
    writer_ = std::make_unique<producer>(*writer_on_, producer_config{.linger = 2ms});
    to_ = writer_->topic(group_topic);
    for (std::uint64_t i = 1 + rng_.below(3); i > 0; --i) join();
    const steady_ns until = where_.lived() + group_busy_time;
    while (where_.lived() < until && out_.violations.empty()) {
      for (std::uint64_t burst = rng_.below(30); burst > 0; --burst) send();
      live();
      where_.run_for(std::chrono::microseconds(rng_.below(50'000)));
      for (auto& one : members_) poll(*one, std::chrono::milliseconds(rng_.below(40)));
      bury();
    }
    settle();
    finish();
    return std::move(out_);
  }

 private:
  void violate(std::string invariant, std::string detail) {
    sim::violate(out_, where_, std::move(invariant), std::move(detail));
  }

  cluster_config config_of(const std::string& name, std::size_t index) {
    cluster_config config = cluster_config_of(where_, name, index);
    config.request_timeout = 5s;
    return config;
  }

  void send() {
    const std::string value = std::to_string(out_.records++);
    record what;
    what.value = value;
    what.partition = static_cast<std::int32_t>(rng_.below(static_cast<std::uint64_t>(partitions_)));
    (void)to_.send(what);
  }

  // --- The members' lives ---

  void live() {
    switch (rng_.below(60)) {
      case 0:
      case 1:
        if (members_.size() < 5) join();
        break;
      case 2:
        if (members_.size() > 1) end(rng_.below(members_.size()), true);
        break;
      case 3:
        if (members_.size() > 1) end(rng_.below(members_.size()), false);
        break;
      case 4: {  // works on one poll for long, or hangs
        member& one = *members_[rng_.below(members_.size())];
        one.silent_until = where_.now() + std::chrono::milliseconds(rng_.below(20'000));
        break;
      }
      case 5:
        (void)members_[rng_.below(members_.size())]->in->rejoin("drawn");
        break;
      default:
        break;
    }
  }

  void join() {
    auto one = std::make_unique<member>();
    one->number = next_number_++;
    one->by_hand = rng_.below(2) == 0;
    one->on = cluster::open_on(std::make_unique<sim_host>(where_, "member " + std::to_string(one->number)),
                               config_of("member", static_cast<std::size_t>(one->number)));
    consumer_config config;
    config.group = "billing";
    config.topics = {std::string(group_topic)};
    config.start = earliest;
    config.reset = offset_reset::none;
    config.group_protocol = protocol_;
    config.auto_commit = !one->by_hand;
    config.auto_commit_interval = 500ms;
    if (protocol_ == group_protocol_kind::classic) {
      config.assignors = assignors_;
      config.session_timeout = 6s;
      config.heartbeat_interval = 1s;
    }
    config.max_poll_interval = 8s;
    config.max_poll_records = 1 + rng_.below(200);
    config.rack =
        drawn_rack(where_.stream("rack", static_cast<std::uint64_t>(one->number)), where_.cluster().node_count());
    member* self = one.get();
    config.on_revoked = [this, self](consumer& in, std::span<const topic_partition> which) {
      note(*self, "gives up", which);
      if (self->by_hand && rng_.below(2) == 0) commit(*self, in);
      if (busy_) act(*self, in, which, false);
    };
    config.on_assigned = [this, self](consumer& in, std::span<const topic_partition> which) {
      note(*self, "is given", which);
      for (const topic_partition& where : which) {
        std::int32_t& newest = seen_[where].taken_in;
        newest = std::max(newest, in.membership().generation);
      }
      if (busy_) act(*self, in, which, true);
    };
    config.on_lost = [this, self](consumer& in, std::span<const topic_partition> which) {
      note(*self, "lost", which);
      const auto told = in.commit(std::vector<offset_to_commit>{{which.front(), 0}}, 1s);
      if (told || !told.error().is(client_code::partition_lost))
        violate("lost-commit", told ? "a lost partition was committed" : told.error().message());
    };
    one->in = std::make_unique<consumer>(*one->on, config);
    if (auto valid = one->in->valid(); !valid) violate("config", valid.error().message());
    members_.push_back(std::move(one));
  }

  void note(const member& who, const std::string& what, std::span<const topic_partition> which) {
    std::string line = "member " + std::to_string(who.number) + " " + what;
    for (const topic_partition& one : which) line += " " + std::to_string(one.partition);
    where_.note(line);
  }

  void end(std::size_t index, bool cleanly) {
    member& one = *members_[index];
    where_.note("member " + std::to_string(one.number) + (cleanly ? " closes" : " crashes"));
    one.ending = true;
    if (cleanly) {
      const steady_ns before = where_.lived();
      if (auto closed = one.in->close(5s); !closed) violate("close", closed.error().message());
      if (where_.lived() - before > 12s) violate("close-late", "close took longer than its deadline");
    } else {
      one.on->close();  // no farewell reaches anybody
    }
    *one.here = false;
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  /// Who closed itself inside a handler.
  void bury() {
    for (std::size_t i = members_.size(); i-- > 0;) {
      if (members_[i]->closed) end(i, true);
    }
    if (members_.empty()) join();
  }

  // --- Inside handlers of rebalances, on the thread that polls: seek, pause, look up, commit, leave ---

  void act(member& self, consumer& in, std::span<const topic_partition> which, bool given) {
    if (in_end_) return;
    ++out_.seen["busy handlers of rebalances"];
    const steady_ns before = where_.lived();
    const auto polled = in.poll(1s);
    must_be_refused(self, "poll", polled ? error{} : polled.error());
    const auto unsubscribed = in.unsubscribe();
    must_be_refused(self, "unsubscribe", unsubscribed ? error{} : unsubscribed.error());
    if (where_.lived() != before) violate("handler", "a call that was refused inside a handler took time");
    for (const topic_partition& one : which) {
      if (given) begin_by_hand(self, in, one);
    }
    switch (busy_rng_.below(12)) {
      case 0:
        (void)in.rejoin("inside a handler");
        break;
      case 1:
      case 6:
      case 7:
      case 8:
        commit_and_again(self, in);
        break;
      case 2:
        if (self.by_hand) commit(self, in);
        break;
      case 3: {
        const steady_ns asked = where_.lived();
        (void)in.end_offsets(which, 300ms);
        if (where_.lived() - asked > 500ms) violate("late", "end_offsets outlasted its deadline inside a handler");
        break;
      }
      case 4:
        if (busy_rng_.below(4) == 0) leave_inside(self, in);
        break;
      default:
        break;
    }
  }

  /// Of who is being closed by anybody, there is nothing left to refuse.
  void must_be_refused(const member& self, const char* asked, const error& why) {
    if (why.is(client_code::would_deadlock) || (self.ending && (!why || why.is(client_code::closed)))) return;
    violate("handler", std::string(asked) + " inside a handler gives " + (why ? why.message() : "no error"));
  }

  // As a program that keeps its offsets somewhere: where the group is, as looked up here, or paused for a while.
  void begin_by_hand(member& self, consumer& in, const topic_partition& one) {
    switch (busy_rng_.below(6)) {
      case 0: {
        const auto stored = in.committed(std::vector{one}, 500ms);
        if (!stored || stored->front().failure) break;
        const std::int64_t offset = stored->front().offset;
        if (auto sought = in.seek(one, offset < 0 ? earliest : at_offset(offset)); !sought)
          violate("handler", "a partition that was just given cannot be sought: " + sought.error().message());
        ++out_.seen["seeks inside a handler"];
        where_.note(text(self, one) + " seeks " + std::to_string(offset));
        break;
      }
      case 1:
        if (auto paused = in.pause(std::vector{one}); !paused)
          violate("handler", "a partition that was just given cannot be paused: " + paused.error().message());
        ++out_.seen["pauses inside a handler"];
        break;
      case 2:
        (void)in.position(one, 200ms);
        break;
      default:
        break;
    }
  }

  // The outcome of a commit is told on the core's thread: another commit may follow there, what blocks may not.
  void commit_and_again(member& self, consumer& in) {
    std::vector<offset_to_commit> offsets = positions_of(self, in);
    if (offsets.empty() || !self.by_hand) return;
    (void)in.commit_async(offsets, [this, by = &self, here = self.here, offsets](const error& why) {
      ++out_.seen["commits from the handler of a commit"];
      if (!*here || !by->in) return;
      if (!why) count_commit(*by, offsets);
      const auto stored = by->in->commit(offsets, 1s);
      must_be_refused(*by, "commit", stored ? error{} : stored.error());
      const auto polled = by->in->poll(1s);
      must_be_refused(*by, "poll", polled ? error{} : polled.error());
      const auto closed = by->in->close(1s);
      must_be_refused(*by, "close", closed ? error{} : closed.error());
      by->in->wake();
      (void)by->in->commit_async(positions_of(*by, *by->in));  // a later commit may be on its way: never less than that
    });
  }

  void leave_inside(member& self, consumer& in) {
    ++out_.seen["closes inside a handler"];
    where_.note("member " + std::to_string(self.number) + " closes inside a handler");
    const steady_ns before = where_.lived();
    self.ending = true;
    if (auto closed = in.close(2s); !closed) violate("close", "inside a handler: " + closed.error().message());
    if (where_.lived() - before > 8s) violate("close-late", "close inside a handler took longer than its deadline");
    self.closed = true;
  }

  void poll(member& one, std::chrono::milliseconds wait) {
    if (where_.now() < one.silent_until || one.closed) return;
    if (busy_ && (in_end_ || busy_rng_.below(8) == 0)) (void)one.in->resume(one.in->paused());
    auto polled = one.in->poll(wait);
    if (!polled) {
      const error& why = polled.error();
      if (!polls_again(why) && !(one.closed && why.is(client_code::closed))) violate("poll", why.message());
      return;
    }
    for (const partition_error& wrong : polled->errors()) {
      if (!wrong.why.retriable() && !(one.closed && wrong.why.is(client_code::closed)))
        violate("partition-error", wrong.why.message());
    }
    for (const partition_records& part : polled->partitions()) process(one, part);
    check_owners();
    if (one.by_hand && rng_.below(4) == 0) commit(one, *one.in);
  }

  void process(member& who, const partition_records& part) {
    const topic_partition where{part.topic(), part.partition()};
    partition_history& known = seen_[where];
    for (const record_view& one : part) {
      auto& [assignment, expected] = who.next[where];
      const std::uint64_t now = one.end_position().assignment;
      if (assignment != now) {
        check_beginning(who, where, known, one.offset());
        assignment = now;
      } else if (one.offset() != expected) {
        violate("gap", text(who, where) + " reads " + std::to_string(one.offset()) + " where " +
                           std::to_string(expected) + " follows");
      }
      expected = one.offset() + 1;
      known.processed.insert(one.offset());
      ++out_.consumed;
    }
  }

  void check_beginning(const member& who, const topic_partition& where, const partition_history& known,
                       std::int64_t first) {
    const auto before =
        static_cast<std::size_t>(std::distance(known.processed.begin(), known.processed.lower_bound(first)));
    if (before != static_cast<std::size_t>(first))
      violate("skipped", text(who, where) + " begins at " + std::to_string(first) + ", but only " +
                             std::to_string(before) + " records before that were processed");
    // Who was cut off for longer than its session reads what it has until it hears that another one took it; its
    // commits are refused.
    if (first < known.committed && who.in->membership().generation < known.taken_in) {
      ++out_.seen["partitions begun by a member that was given up"];
    } else if (first < known.committed) {
      violate("rewound", text(who, where) + " begins at " + std::to_string(first) + ", though " +
                             std::to_string(known.committed) + " was committed");
    }
  }

  void commit(member& who, consumer& in) {
    const std::vector<offset_to_commit> offsets = positions_of(who, in);
    if (offsets.empty()) return;
    const auto stored = in.commit(offsets, 2s);
    if (!stored) return where_.note("member " + std::to_string(who.number) + ": " + stored.error().message());
    count_commit(who, offsets);
  }

  static std::vector<offset_to_commit> positions_of(const member& who, const consumer& in) {
    std::vector<offset_to_commit> offsets;
    for (const topic_partition& one : in.assignment()) {
      const auto known = who.next.find(one);
      if (known == who.next.end()) continue;
      offset_to_commit& next = offsets.emplace_back(one, known->second.second);
      next.assignment = known->second.first;
    }
    return offsets;
  }

  void count_commit(const member& who, const std::vector<offset_to_commit>& offsets) {
    for (const offset_to_commit& one : offsets) {
      std::int64_t& furthest = seen_[one.where].committed;
      if (one.offset < furthest) violate("rewind", text(who, one.where) + " committed less than was committed before");
      furthest = one.offset;
    }
  }

  // Those of one generation, or epoch; a member that was thrown out may not know yet, and its commits are refused.
  void check_owners() {
    std::map<std::pair<std::int32_t, topic_partition>, int> owners;
    for (const auto& one : members_) {
      if (one->closed) continue;
      const std::int32_t generation = one->in->membership().generation;
      if (generation < 0) continue;
      for (const topic_partition& what : one->in->assignment()) {
        const auto [known, fresh] = owners.emplace(std::pair{generation, what}, one->number);
        if (!fresh)
          violate("two-owners", text(*one, what) + " and member " + std::to_string(known->second) + " in generation " +
                                    std::to_string(generation));
      }
    }
  }

  std::string text(const member& who, const topic_partition& where) const {
    return "member " + std::to_string(who.number) + ", partition " + std::to_string(where.partition);
  }

  // --- The end ---

  void settle() {
    trouble_.heal();
    in_end_ = true;
    bury();
    for (auto& one : members_) one->silent_until = {};
    if (auto flushed = writer_->flush(group_settle_time); !flushed) violate("stuck", flushed.error().message());
    const steady_ns healed = where_.now();
    // A member that takes one record at a time takes long, but not long for one.
    steady_ns read = healed;
    while (!all_read() && where_.now() < read + group_settle_time && out_.violations.empty()) {
      const std::uint64_t before = out_.consumed;
      for (auto& one : members_) poll(*one, 20ms);
      if (out_.consumed > before) read = where_.now();
    }
    if (!all_read() && out_.violations.empty())
      violate("stuck", "the living do not share and read all partitions: " + state());
    where_.note("settled " + std::to_string((where_.now() - healed) / 1ms) + " ms after the last fault");
  }

  bool all_read() {
    std::size_t owned = 0;
    for (const auto& one : members_) owned += one->in->assignment().size();
    if (owned != static_cast<std::size_t>(partitions_)) return false;
    for (std::int32_t i = 0; i < partitions_; ++i) {
      const std::int64_t end = where_.cluster().partition(group_topic, i)->high_watermark;
      if (seen_[{std::string(group_topic), i}].processed.size() != static_cast<std::size_t>(end)) return false;
    }
    return true;
  }

  std::string state() {
    std::string out;
    for (const auto& one : members_) {
      out += "member " + std::to_string(one->number) + " generation " +
             std::to_string(one->in->membership().generation) + " has " + std::to_string(one->in->assignment().size()) +
             "; ";
    }
    for (const auto& [where, known] : seen_) {
      out += "partition " + std::to_string(where.partition) + ": " + std::to_string(known.processed.size()) + " of " +
             std::to_string(where_.cluster().partition(where.topic, where.partition)->high_watermark) + " records; ";
    }
    return out;
  }

  void finish() {
    while (!members_.empty()) end(members_.size() - 1, true);
    if (auto closed = writer_->close(10s); !closed) violate("close", closed.error().message());
    for (std::int32_t i = 0; i < partitions_; ++i) {
      const partition_history& known = seen_[{std::string(group_topic), i}];
      out_.acked += known.processed.size();
      out_.digest = (out_.digest ^ (known.processed.size() * 31 + static_cast<std::uint64_t>(known.committed))) *
                    0x100000001b3ull;
    }
    conclude(out_, where_, trouble_.applied());
  }

  random_stream rng_, busy_rng_;
  bool busy_ = false;    // inside handlers
  bool in_end_ = false;  // everybody is to settle
  watched_world where_;
  troubles trouble_;
  report out_;
  std::int32_t partitions_ = 1;
  group_protocol_kind protocol_ = group_protocol_kind::classic;
  std::vector<assignor> assignors_;
  result<cluster> writer_on_ = error(client_code::closed, {});
  std::unique_ptr<producer> writer_;
  ottla::topic to_;
  std::vector<std::unique_ptr<member>> members_;
  int next_number_ = 0;
  std::map<topic_partition, partition_history> seen_;
};

}  // namespace

report run_group(std::uint64_t seed, const fault_plan& plan, const telling& how) {
  return group_run(seed, plan, how).run();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
