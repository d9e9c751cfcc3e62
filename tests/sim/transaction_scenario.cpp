// The copiers, their lives, and the judgement.
#include "transaction_scenario.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "actors.hpp"
#include "ottla/sim/sim_host.hpp"
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;
constexpr std::string_view input_name = "letters";
constexpr std::string_view output_name = "copies";
constexpr std::chrono::milliseconds transaction_busy_time = 30s;
// Until something is copied again: a member that vanished is waited for, then the transaction that it left, then a
// request that was lost.
constexpr std::chrono::milliseconds transaction_settle_time = 240s;
constexpr std::chrono::milliseconds call_time = 4s;
constexpr std::chrono::milliseconds transaction_slack = 500ms;

/// One transaction as its copier knows it. Values in the output begin with its number.
struct attempt {
  std::set<std::string> values;
  std::optional<transaction_outcome> told;  // none: its copier crashed first
};

/// One process. Several may live in one slot, where the newest fences the others.
struct copier {
  int number = 0;
  std::string id;
  result<cluster> on = error(client_code::closed, {});
  std::unique_ptr<consumer> in;
  std::unique_ptr<producer> out;
  ottla::topic to;
  bool initialised = false;
  bool dead = false;
  steady_ns silent_until{};
  // The transaction that is open.
  enum class phase : std::uint8_t { none, offsets, commit, abort, look } at = phase::none;
  std::size_t which = 0;
  group_metadata member;                 // as it was when the records came
  std::vector<partition_position> ends;  // what becomes committed
  std::map<topic_partition, std::int64_t> begins;
};

class copier_run {
 public:
  copier_run(std::uint64_t seed, const fault_plan& plan, const telling& how)
      : rng_(random_stream::derive(seed, "transaction-scenario")),
        where_(seed, weather{}, options(), how),
        trouble_(where_, plan) {
    const auto copies = static_cast<std::int16_t>(where_.cluster().node_count());
    partitions_ = static_cast<std::int32_t>(1 + rng_.below(4));
    where_.cluster().create_topic(input_name, partitions_, copies);
    where_.cluster().create_topic(output_name, static_cast<std::int32_t>(1 + rng_.below(4)), copies);
    slots_ = 1 + rng_.below(3);
    trouble_.begin();
  }

  report run() {
    {
      writer letters = open_writer(where_, 0, {.linger = 2ms}, input_name, out_);
      consumer_config reading;
      reading.topics = {std::string(output_name)};
      reading.start = earliest;
      reading.isolation = isolation_level::read_committed;
      reader follower = open_reader(where_, 0, reading, out_);
      for (std::size_t slot = 0; slot < slots_; ++slot) begin_life(slot);
      const steady_ns until = where_.lived() + transaction_busy_time;
      while (where_.lived() < until && out_.violations.empty()) {
        for (std::uint64_t burst = rng_.below(12); burst > 0; --burst) write(letters);
        live();
        for (std::size_t i = 0; i < copiers_.size(); ++i) work(*copiers_[i]);
        bury();
        where_.run_for(std::chrono::microseconds(rng_.below(60'000)));
        if (rng_.below(4) == 0 && !read_some(follower, 10ms, out_)) break;
      }
      settle(letters, follower);
      finish(letters, follower);
    }
    conclude(out_, where_, trouble_.applied());
    return std::move(out_);
  }

 private:
  mock::broker_options options() {
    mock::broker_options out = drawn_cluster(rng_);
    out.transactions.version = 1 + static_cast<int>(rng_.below(2));
    out.transactions.marker_delay = std::chrono::milliseconds(rng_.below(2) * rng_.below(120));
    return out;
  }
  void violate(std::string invariant, std::string detail) {
    sim::violate(out_, where_, std::move(invariant), std::move(detail));
  }
  void note(const copier& who, const std::string& what) {
    where_.note("copier " + std::to_string(who.number) + " (" + who.id + ") " + what);
  }

  void write(writer& letters) {
    const std::string value = std::to_string(out_.records++);
    record what;
    what.value = value;
    what.partition = static_cast<std::int32_t>(rng_.below(static_cast<std::uint64_t>(partitions_)));
    (void)letters.topic.send(what);
  }

  // --- The copiers' lives ---

  void begin_life(std::size_t slot) {
    auto one = std::make_unique<copier>();
    one->number = next_number_++;
    one->id = "copier-" + std::to_string(slot);
    cluster_config config = cluster_config_of(where_, "copier", static_cast<std::size_t>(one->number));
    config.request_timeout = 3s;
    one->on = cluster::open_on(std::make_unique<sim_host>(where_, "copier " + std::to_string(one->number)), config);
    consumer_config reading;
    reading.group = "billing";
    reading.topics = {std::string(input_name)};
    reading.start = earliest;
    reading.reset = offset_reset::none;
    reading.auto_commit = false;
    reading.session_timeout = 6s;
    reading.heartbeat_interval = 1s;
    reading.max_poll_interval = 8s;
    reading.max_poll_records = 1 + rng_.below(20);
    one->in = std::make_unique<consumer>(*one->on, reading);
    producer_config writing;
    writing.transactional_id = one->id;
    writing.transaction_timeout = 10s;
    writing.linger = std::chrono::microseconds(rng_.below(3) * 5'000);
    writing.request_timeout = 3s;
    writing.delivery_timeout = rng_.below(2) == 0 ? 5s : 60s;
    writing.max_in_flight = 1 + static_cast<int>(rng_.below(5));
    one->out = std::make_unique<producer>(*one->on, writing);
    if (auto valid = one->out->valid(); !valid) violate("config", valid.error().message());
    one->to = one->out->topic(output_name);
    note(*one, "begins");
    copiers_.push_back(std::move(one));
  }

  void live() {
    const std::size_t slot = rng_.below(slots_);
    switch (rng_.below(80)) {
      case 0:
        crash(slot);
        break;
      case 1:  // hangs, and wakes up as if nothing had happened
        if (!copiers_.empty())
          copiers_[rng_.below(copiers_.size())]->silent_until =
              where_.now() + std::chrono::milliseconds(rng_.below(15'000));
        break;
      case 2:  // taken for dead: the newer one fences it
        if (copiers_.size() < slots_ + 2) begin_life(slot);
        break;
      default:
        break;
    }
  }

  void crash(std::size_t index) {
    if (index >= copiers_.size()) return;
    note(*copiers_[index], "crashes");
    copiers_[index]->on->close();  // no farewell reaches anybody
    copiers_[index]->dead = true;
  }

  // Every slot has somebody.
  void bury() {
    std::erase_if(copiers_, [](const auto& one) { return one->dead; });
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      const std::string id = "copier-" + std::to_string(slot);
      if (std::none_of(copiers_.begin(), copiers_.end(), [&](const auto& one) { return one->id == id; }))
        begin_life(slot);
    }
  }

  template <class Call>
  auto bounded(const char* what, Call call) {
    const steady_ns before = where_.lived();
    auto told = call();
    if (where_.lived() - before > call_time + transaction_slack)
      violate("late", std::string(what) + " outlasted its deadline");
    return told;
  }

  void work(copier& one) {
    if (one.dead || where_.now() < one.silent_until) return;
    switch (one.at) {
      case copier::phase::none:
        return begin(one);
      case copier::phase::offsets: {
        const auto added = bounded(
            "send_offsets", [&] { return one.out->send_offsets_to_transaction(one.ends, one.member, call_time); });
        if (!added) note(one, "offsets: " + added.error().message());
        one.at = added ? copier::phase::commit : copier::phase::abort;
        if (rng_.below(12) == 0) one.at = copier::phase::abort;
        return;
      }
      case copier::phase::commit:
        return ended(one, bounded("commit", [&] { return one.out->commit_transaction(call_time); }), true);
      case copier::phase::abort:
        return ended(one, bounded("abort", [&] { return one.out->abort_transaction(call_time); }), false);
      case copier::phase::look:
        return look(one);
    }
  }

  void begin(copier& one) {
    if (!one.initialised) {
      const auto done = bounded("init", [&] { return one.out->init_transactions(call_time); });
      if (!done) note(one, "init: " + done.error().message());
      if (!done && !done.error().is(client_code::timed_out)) return die(one);
      one.initialised = done.has_value();
      return;
    }
    auto polled = one.in->poll(std::chrono::milliseconds(rng_.below(40)));
    if (!polled) {
      if (!polls_again(polled.error())) violate("poll", polled.error().message());
      return;
    }
    if (polled->empty()) return;
    const auto begun = one.out->begin_transaction();
    if (!begun) {
      if (!begun.error().is(client_code::fatal_producer)) violate("begin", begun.error().message());
      return die(one);
    }
    one.which = attempts_.size();
    attempts_.emplace_back();
    one.member = one.in->membership();
    one.ends = polled->end();
    one.begins.clear();
    one.at = copier::phase::offsets;
    for (const record_view& letter : polled->records()) {
      one.begins.try_emplace({std::string(letter.topic()), letter.partition()}, letter.offset());
      const std::string value = std::to_string(one.which) + ":" + std::string(letter.value().text());
      const std::string key(letter.value().text());
      record copy;
      copy.key = key;
      copy.value = value;
      if (auto sent = one.to.send(copy); !sent) {
        note(one, "send: " + sent.error().message());
        one.at = copier::phase::abort;
        return;
      }
      attempts_[one.which].values.insert(value);
    }
  }

  void ended(copier& one, const transaction_result& how, bool commit) {
    note(one, "transaction " + std::to_string(one.which) + ": " + std::string(name(how.outcome)) +
                  (how.why ? " " + how.why.message() : ""));
    const bool again = how.outcome == transaction_outcome::unknown && how.why.is(client_code::timed_out);
    if (again) return;  // the same call waits on
    if (how.outcome != transaction_outcome::must_abort) attempts_[one.which].told = how.outcome;
    switch (how.outcome) {
      case transaction_outcome::committed:
        if (!commit) violate("outcome", "an abort committed");
        one.at = copier::phase::none;
        return;
      case transaction_outcome::aborted:
        for (const auto& [where, offset] : one.begins) (void)one.in->seek(where, at_offset(offset));
        one.at = copier::phase::none;
        return;
      case transaction_outcome::must_abort:
        if (!commit) violate("outcome", "an abort must be aborted");
        one.at = copier::phase::abort;
        return;
      case transaction_outcome::unknown:
        one.at = copier::phase::look;
        return;
      case transaction_outcome::fatal:
        return die(one);
      case transaction_outcome::refused:
        violate("outcome", how.why.message());
    }
  }

  // Committed or not? The group's offsets are part of it.
  void look(copier& one) {
    std::vector<topic_partition> which;
    for (const auto& [where, offset] : one.begins) which.push_back(where);
    const auto stored = bounded("committed", [&] { return one.in->committed(which, call_time); });
    if (!stored) return note(one, "committed: " + stored.error().message());
    for (const committed_offset& at : *stored) {
      if (at.failure) return;
      (void)one.in->seek(at.where, at_offset(std::max<std::int64_t>(at.offset, 0)));
    }
    one.at = copier::phase::none;
  }

  void die(copier& one) {
    note(one, "gives up");
    one.on->close();
    one.dead = true;
  }

  // --- The end ---

  void settle(writer& letters, reader& follower) {
    trouble_.heal();
    for (auto& one : copiers_) one->silent_until = {};
    if (auto flushed = letters.out->flush(transaction_settle_time); !flushed)
      violate("stuck", flushed.error().message());
    const steady_ns healed = where_.now();
    // A copier of one letter at a time takes long, but not long for one.
    steady_ns copied = healed;
    for (std::size_t before = follower.count();
         follower.count() < expected() && where_.now() < copied + transaction_settle_time && out_.violations.empty();) {
      for (std::size_t i = 0; i < copiers_.size(); ++i) work(*copiers_[i]);
      bury();
      where_.run_for(5ms);
      if (!read_some(follower, 20ms, out_)) break;
      if (follower.count() > before) copied = where_.now();
      before = follower.count();
    }
    if (follower.count() < expected() && out_.violations.empty())
      violate("stuck", std::to_string(follower.count()) + " of " + std::to_string(expected()) + " letters are copied");
    where_.note("settled " + std::to_string((where_.now() - healed) / 1ms) + " ms after the last fault");
    for (int i = 0; i < 5; ++i) (void)read_some(follower, 200ms, out_);  // nothing may come twice at the end
  }

  std::size_t expected() {
    std::size_t out = 0;
    for (std::int32_t i = 0; i < partitions_; ++i)
      out += static_cast<std::size_t>(where_.cluster().partition(input_name, i)->high_watermark);
    return out;
  }

  void finish(writer& letters, reader& follower) {
    for (auto& one : copiers_) {
      const steady_ns before = where_.lived();
      if (auto closed = one->out->close(5s); !closed) violate("close", closed.error().message());
      if (where_.lived() - before > 16s) violate("close-late", "close took longer than its deadline");
      (void)one->in->close(5s);
    }
    copiers_.clear();
    (void)letters.out->close(10s);
    (void)follower.in->close(5s);
    judge(follower);
  }

  void judge(const reader& follower) {
    std::map<std::string, int> letters;                  // how often each is in the output
    std::map<std::size_t, std::set<std::string>> shown;  // by transaction
    for (const auto& [partition, records] : follower.seen) {
      std::int64_t last = -1;
      for (const mock::stored_record& one : records) {
        if (one.offset <= last) violate("order", "offset " + std::to_string(one.offset) + " comes again");
        last = one.offset;
        const std::size_t colon = one.value->find(':');
        ++letters[one.value->substr(colon + 1)];
        shown[std::stoul(one.value->substr(0, colon))].insert(*one.value);
        out_.digest = (out_.digest ^ std::stoul(*one.value)) * 0x100000001b3ull;
        ++out_.consumed;
      }
    }
    for (const auto& [letter, times] : letters) {
      if (times != 1) violate("exactly-once", "letter " + letter + " is copied " + std::to_string(times) + " times");
    }
    if (letters.size() != expected())
      violate("exactly-once",
              std::to_string(letters.size()) + " of " + std::to_string(expected()) + " letters are copied");
    out_.acked += letters.size();
    for (std::size_t i = 0; i < attempts_.size(); ++i) {
      const attempt& one = attempts_[i];
      const std::set<std::string>& seen = shown[i];
      const std::string text = "transaction " + std::to_string(i) + " shows " + std::to_string(seen.size()) + " of " +
                               std::to_string(one.values.size()) + " records";
      if (!seen.empty() && seen != one.values) violate("atomic", text);
      if (one.told == transaction_outcome::committed && seen != one.values) violate("committed-lie", text);
      if ((one.told == transaction_outcome::aborted || one.told == transaction_outcome::fatal) && !seen.empty())
        violate("aborted-lie", text);
    }
  }

  random_stream rng_;
  watched_world where_;
  troubles trouble_;
  report out_;
  std::int32_t partitions_ = 1;
  std::size_t slots_ = 1;
  std::vector<std::unique_ptr<copier>> copiers_;
  int next_number_ = 0;
  std::vector<attempt> attempts_;
};

}  // namespace

report run_copiers(std::uint64_t seed, const fault_plan& plan, const telling& how) {
  return copier_run(seed, plan, how).run();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
