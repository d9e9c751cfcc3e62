// hostile_scenario: clients whose brokers lie to them: garbage, absurd lengths, answers that come twice or in part.
#include "hostile_scenario.hpp"

#include "actors.hpp"
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;
constexpr std::string_view hostile_topic = "orders", honest_topic = "afterwards";
constexpr std::chrono::milliseconds hostile_busy_time = 20s;
constexpr std::chrono::milliseconds hostile_settle_time = 90s;
constexpr std::chrono::milliseconds patience = 1s;  // a call's deadline, and the step in which it is seen

// A lie may cost any outcome and any answer, but for these: each record has one outcome; no call outlasts its deadline;
// memory keeps its bound; what is read was written; and who begins when the lies have ended notices nothing of them.
class hostile_run {
 public:
  hostile_run(std::uint64_t seed, const fault_plan& plan, const telling& how)
      : rng_(random_stream::derive(seed, "hostile-scenario")),
        where_(seed, weather{}, drawn_cluster(rng_), how),
        trouble_(where_, plan) {
    partitions_ = static_cast<std::int32_t>(1 + rng_.below(8));
    for (const std::string_view topic : {hostile_topic, honest_topic})
      where_.cluster().create_topic(topic, partitions_, static_cast<std::int16_t>(where_.cluster().node_count()));
    trouble_.begin();
  }

  report run() {
    for (std::uint64_t i = rng_.below(2); i < 2; ++i) begin_writer();
    in_a_group_ = rng_.below(2) == 0;
    readers_.push_back(open_reader(where_, 0, reading(in_a_group_), out_));
    const steady_ns until = where_.lived() + hostile_busy_time;
    while (where_.lived() < until) {
      live();
      where_.run_for(std::chrono::microseconds(rng_.below(100'000)));
    }
    trouble_.heal();
    where_.reset_links();
    end();
    be_honest();
    conclude(out_, where_, trouble_.applied());
    return std::move(out_);
  }

 private:
  void violate(std::string invariant, std::string detail) {
    sim::violate(out_, where_, std::move(invariant), std::move(detail));
  }

  void begin_writer() {
    producer_config config;
    config.linger = std::chrono::microseconds(rng_.below(3) * 5'000);
    config.buffer_memory = std::size_t{64} << (10 + rng_.below(6));
    config.batch_size = config.buffer_memory / 8;
    config.delivery_timeout = 8s;
    config.request_timeout = 3s;
    config.compression.type = static_cast<protocol::codec>(rng_.below(5));
    bounds_.push_back(config.buffer_memory);
    writers_.push_back(open_writer(where_, writers_.size(), config, hostile_topic, out_));
  }

  consumer_config reading(bool in_a_group) {
    consumer_config out;
    out.topics = {std::string(hostile_topic)};
    out.start = earliest;
    out.reset = offset_reset::earliest;
    if (in_a_group) out.group = "billing";
    return out;
  }

  void live() {
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      for (std::uint64_t burst = rng_.below(20); burst > 0; --burst)
        (void)send(writers_[i], told_, make_record(static_cast<int>(i), told_.records().size(), rng_));
      const std::size_t charged = writers_[i].out->stats().buffered_bytes;
      if (charged > bounds_[i])
        violate("memory", std::to_string(charged) + " of " + std::to_string(bounds_[i]) + " bytes");
    }
    reader& from = readers_.front();
    // A rebalance within it waits for a commit, whatever brokers make of that.
    const auto wait = std::chrono::milliseconds(rng_.below(200));
    within(wait + (in_a_group_ ? 30s : 0s), "poll", [&] {
      if (auto got = from.in->poll(wait)) keep(from, *got);
    });
    if (rng_.below(8) == 0) within(500ms, "commit", [&] { (void)from.in->commit(500ms); });
  }

  template <class F>
  void within(std::chrono::milliseconds deadline, const char* what, F&& call) {
    const steady_ns begin = where_.lived();
    call();
    if (where_.lived() - begin > deadline + patience)
      violate("late", std::string(what) + " took " + std::to_string((where_.lived() - begin) / 1ms) + " ms");
  }

  void end() {
    for (writer& one : writers_) {
      within(10s, "close of a producer", [&] { (void)one.out->close(10s); });
      if (one.out->stats().buffered_bytes != 0) violate("memory", "bytes are still charged after close");
    }
    within(10s, "close of a consumer", [&] { (void)readers_.front().in->close(10s); });
    for (std::size_t i = 0; i < told_.records().size(); ++i) {
      const int outcomes = told_.records()[i].outcomes;
      if (outcomes != 1 && outcomes != -1)
        violate("outcomes", "record " + std::to_string(i) + " was told " + std::to_string(outcomes) + " outcomes");
    }
    for (const auto& [partition, records] : readers_.front().seen) {
      for (const mock::stored_record& seen : records) {
        const auto number = number_of(seen.value);
        if (!number || *number >= told_.records().size() || told_.records()[*number].value != seen.value ||
            told_.records()[*number].key != seen.key)
          violate("altered", "partition " + std::to_string(partition) + " @" + std::to_string(seen.offset) +
                                 " was read as what nobody wrote");
      }
    }
    writers_.clear();
    readers_.clear();
  }

  void be_honest() {
    history told;
    writer to = open_writer(where_, 9, {}, honest_topic, out_);
    for (int i = 0; i < 200; ++i) (void)send(to, told, make_record(0, told.records().size(), rng_));
    if (auto flushed = to.out->flush(hostile_settle_time); !flushed) violate("stuck", flushed.error().message());
    if (auto closed = to.out->close(10s); !closed) violate("close", closed.error().message());
    consumer_config config = reading(false);
    config.topics = {std::string(honest_topic)};
    reader from = open_reader(where_, 9, config, out_);
    const steady_ns until = where_.now() + hostile_settle_time;
    while (from.count() < told.records().size() && where_.now() < until && read_some(from, 500ms, out_)) {
    }
    if (auto closed = from.in->close(10s); !closed) violate("close", closed.error().message());
    for (std::int32_t i = 0; i < partitions_; ++i)
      told.check_consumed(where_.cluster(), honest_topic, i, from.seen[i], out_);
    told.check_logs(where_.cluster(), honest_topic, out_);
    if (out_.acked != told.records().size()) violate("lost", "not every honest record was acknowledged");
    out_.records += told_.records().size();
  }

  random_stream rng_;
  watched_world where_;
  troubles trouble_;
  report out_;
  std::int32_t partitions_ = 0;
  bool in_a_group_ = false;  // the reader
  history told_;
  std::vector<writer> writers_;
  std::vector<std::size_t> bounds_;
  std::vector<reader> readers_;
};

}  // namespace

report run_deceived(std::uint64_t seed, const fault_plan& plan, const telling& how) {
  return hostile_run(seed, plan, how).run();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
