// The processes that replay, what happens to them, and the judgement: each dead letter once.
#include "replay_scenario.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "ottla/producer.hpp"
#include "ottla/service/dead_letter_replay.hpp"
#include "ottla/sim/sim_host.hpp"
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;
constexpr const char* letters_name = "orders-dlq";
constexpr int stretch = 3;  // plans are drawn for 20 s, and replays wait a lot
constexpr std::chrono::milliseconds replay_busy_time = stretch * 20s;
constexpr std::chrono::milliseconds replay_settle_time = 300s;
constexpr std::uint64_t kinds = 3;  // of errors that letters tell, which a replay may choose between

mock::broker_options replay_with_short_sessions(mock::broker_options out) {
  out.groups.min_session_timeout = 1s;
  return out;
}

/// Whoever looks like this to the records of a topic: a letter's place, or what a marker says.
using place = std::pair<std::int32_t, std::int64_t>;

class replays_run {
 public:
  replays_run(std::uint64_t seed, const fault_plan& plan, const telling& how)
      : rng_(random_stream::derive(seed, "replay-scenario")),
        where_(seed, weather{}, replay_with_short_sessions(drawn_cluster(rng_)), how),
        trouble_(where_, plan) {
    const auto copies = static_cast<std::int16_t>(where_.cluster().node_count());
    for (const char* name : {"orders", "payments", letters_name}) {
      partitions_[name] = static_cast<std::int32_t>(1 + rng_.below(3));
      where_.cluster().create_topic(name, partitions_[name], copies);
    }
    forgetful_ = rng_.below(2) == 0;
    where_.allow_twice();  // a replay does not wait for an answer that is late: the batch's identity is its own
    trouble_.begin(stretch);
  }

  report run() {
    writer_on_ =
        cluster::open_on(std::make_unique<sim_host>(where_, "writer 0"), cluster_config_of(where_, "writer", 0));
    writer_ = std::make_unique<producer>(*writer_on_, producer_config{.linger = 2ms});
    const steady_ns until = where_.lived() + replay_busy_time;
    if (forgetful_) forget_until(until);
    while (where_.lived() < until && out_.violations.empty()) {
      write_some();
      where_.run_for(std::chrono::milliseconds(rng_.below(1'000)));
      some_process(0);
      check(false);
      if (!forgetful_ && rng_.below(8) == 0) {
        where_.run_for(10s);
        forget_producers();
      }
    }
    settle();
    if (auto closed = writer_->close(10s); !closed) violate("close", closed.error().message());
    check(true);
    conclude(out_, where_, trouble_.applied());
    return std::move(out_);
  }

 private:
  void violate(std::string invariant, std::string detail) {
    sim::violate(out_, where_, std::move(invariant), std::move(detail));
  }

  // --- What is written: letters, and what others have for the topics that letters go back to ---

  void write_some() {
    for (std::uint64_t more = rng_.below(30); more > 0; --more) {
      const std::string origin = rng_.below(3) == 0 ? "payments" : "orders";
      const std::string value = std::to_string(out_.records++), key = "k" + std::to_string(rng_.below(5));
      dead_letter_note note;
      note.retries = 3;
      note.error = "error " + std::to_string(rng_.below(kinds));
      note.from = {origin, drawn_partition(origin)};
      note.offset = static_cast<std::int64_t>(out_.records);
      const record_header own{"own", blob("kept").bytes()};
      const dead_letter_headers headers(std::span<const record_header>(&own, 1), note);
      record what;
      what.key = key;
      what.value = value;
      what.headers = headers.view();
      what.partition = drawn_partition(letters_name);
      (void)writer_->topic(letters_name).send(what);
      for (std::uint64_t others = rng_.below(3); others > 0; --others)
        (void)writer_->topic(origin).send({.value = "new", .partition = drawn_partition(origin)});
    }
  }
  std::int32_t drawn_partition(const std::string& topic) {
    return static_cast<std::int32_t>(rng_.below(static_cast<std::uint64_t>(partitions_[topic])));
  }

  // Brokers forget producers by the time of what they wrote, so of old letters at any moment. That is safe as long as
  // no request is under way for half a session; in the other half of the runs it may be, and nothing is forgotten then.
  void forget_until(steady_ns end) {
    if (where_.now() >= end) return;
    forget_producers();
    where_.at(where_.now() + std::chrono::milliseconds(1 + rng_.below(2'000)), [this, end] { forget_until(end); });
  }
  void forget_producers() {
    for (std::int64_t id = 0; id < 4'000; ++id) where_.cluster().expire_producer(id);
    ++out_.seen["producers forgotten"];
  }

  // --- Processes ---

  dead_letter_replay_options drawn_options() {
    dead_letter_replay_options out = usual_options();
    out.batch_records = 1 + rng_.below(10);
    if (rng_.below(3) == 0) out.timeout = 1'500ms;
    if (rng_.below(3) == 0) {
      out.wanted = [which = "error " + std::to_string(rng_.below(kinds))](const dead_letter_note& note) {
        return note.error == which;
      };
      in_order_ = false;
    }
    if (rng_.below(4) == 0) out.max = rng_.below(10);
    if (rng_.below(6) == 0) {
      out.stop_wanted = [this, at = where_.now() + std::chrono::milliseconds(rng_.below(6'000))] {
        return where_.now() >= at;
      };
    }
    return out;
  }
  dead_letter_replay_options usual_options() const {
    dead_letter_replay_options out;
    out.topic = letters_name;
    out.group = "billing";  // whose coordinator moves
    out.session_timeout = forgetful_ ? 20s : 2s;
    out.timeout = 15s;
    return out;
  }

  /// One replay from its beginning to its end; before its piece of I/O number `at` something happens to it.
  result<replay_summary> process(const dead_letter_replay_options& how, std::uint64_t at,
                                 const std::function<void(sim_host&)>& happens) {
    ++out_.seen["replays"];
    auto made = std::make_unique<sim_host>(where_, "replay " + std::to_string(next_process_));
    sim_host& host = *made;
    std::uint64_t pieces = 0;
    host.before_io = [&] {
      if (pieces++ == at) happens(host);
    };
    auto on = cluster::open_on(std::move(made), cluster_config_of(where_, "replay", next_process_++));
    auto ended = dead_letter_replay(*on, how).run();
    host.before_io = {};
    if (ended) {
      ++out_.seen["replays that ended well"];
      out_.seen["letters sent"] += ended->sent;
      out_.seen["letters found"] += ended->found;
    } else {
      where_.note("a replay ended: " + ended.error().message());
    }
    return ended;
  }

  // `depth`: of processes that are stopped, or at work, below this one on the stack.
  void some_process(int depth) {
    if (rng_.below(6) == 0) refuse_what_was_taken();
    const dead_letter_replay_options how = drawn_options();
    const std::uint64_t at = rng_.below(rng_.below(2) == 0 ? 100 : 400);
    switch (rng_.below(6)) {
      case 0:
        (void)process(how, 0, [](sim_host&) {});
        break;
      case 1:  // two at once: the second begins when the first is at work
        (void)process(how, at, [&](sim_host&) {
          if (depth < 2) second_at_once();
        });
        break;
      case 2:  // stopped, perhaps until another has done its work and more, and continued
        (void)process(how, at, [&](sim_host& host) {
          ++out_.seen["replays stopped"];
          host.freeze();
          where_.run_for(std::chrono::milliseconds(rng_.below(4'000)));
          if (!forgetful_ && depth < 2 && rng_.below(2) == 0) some_process(depth + 1);
          host.thaw();
        });
        break;
      default:
        (void)process(how, at, [&](sim_host& host) {
          ++out_.seen["replays killed"];
          host.die();
        });
        break;
    }
  }

  // A batch is stored and the answer lost, and when it comes again its sender may no more write there.
  void refuse_what_was_taken() {
    using mock::fault_action;
    in_order_ = false;
    where_.cluster().inject({.key = protocol::api_key::produce, .action = fault_action::drop_answer, .count = 1});
    where_.cluster().inject({.key = protocol::api_key::produce,
                             .action = fault_action::answer_error,
                             .count = 1,
                             .error = protocol::error_code::topic_authorization_failed});
  }

  void second_at_once() {
    ++out_.seen["replays at once"];
    where_.at(where_.now() + std::chrono::milliseconds(1 + rng_.below(300)), [this] {
      const auto other = process(usual_options(), 0, [](sim_host&) {});
      if (!other && other.error().is(protocol::error_code::non_empty_group)) ++out_.seen["replays that found another"];
    });
  }

  void settle() {
    trouble_.heal();
    if (auto flushed = writer_->flush(replay_settle_time); !flushed) violate("stuck", flushed.error().message());
    where_.run_for(10s);
    const steady_ns healed = where_.now();
    result<replay_summary> last{replay_summary{}};
    for (int tries = 0; tries < 3; ++tries) {
      last = process(usual_options(), 0, [](sim_host&) {});
      if (last && !last->stopped) break;
    }
    if (!last || last->stopped) violate("stuck", last ? "it was stopped" : last.error().message());
    if (where_.now() - healed > replay_settle_time) violate("stuck", "it took longer than it may");
    const auto again = process(usual_options(), 0, [](sim_host&) {});
    if (!again || again->sent + again->found > 0)
      violate("again", again ? "letters are left behind a replay that said it was through" : again.error().message());
  }

  // --- The judgement ---

  static std::string text(const place& which) {
    return std::string(letters_name) + "/" + std::to_string(which.first) + "/" + std::to_string(which.second);
  }
  static std::optional<std::string> last_header(const mock::stored_record& of, std::string_view name) {
    std::optional<std::string> out;
    for (const auto& [each, value] : of.headers) {
      if (each == name) out = value;
    }
    return out;
  }

  void check(bool all_are_back) {
    std::map<std::string, int> back;                        // by marker
    std::map<std::string, const mock::stored_record*> was;  // letters, by what their marker will say
    std::map<std::string, std::string> from;                // where they came from
    std::vector<std::vector<mock::stored_record>> logs;
    for (std::int32_t i = 0; i < partitions_[letters_name]; ++i)
      logs.push_back(where_.cluster().records(letters_name, i));
    for (std::size_t i = 0; i < logs.size(); ++i) {
      for (const mock::stored_record& one : logs[i]) {
        const std::string marker = text({static_cast<std::int32_t>(i), one.offset});
        was[marker] = &one;
        from[marker] = last_header(one, "x-original-topic").value_or("") + "-" +
                       last_header(one, "x-original-partition").value_or("");
      }
    }
    for (const std::string topic : {"orders", "payments"}) {
      for (std::int32_t i = 0; i < partitions_[topic]; ++i) {
        std::map<std::string, std::int64_t> last;  // offset of the letter, by partition of the letters
        for (const mock::stored_record& one : where_.cluster().records(topic, i)) {
          const auto marker = last_header(one, "x-replayed-from");
          if (!marker) continue;
          const auto letter = was.find(*marker);
          if (letter == was.end()) {
            violate("invented", *marker + " is no letter");
            continue;
          }
          if (++back[*marker] == 2) violate("twice", *marker + " is twice in " + topic);
          if (from[*marker] != topic + "-" + std::to_string(i)) violate("place", *marker + " came from elsewhere");
          check_letter(*marker, one, *letter->second);
          std::int64_t& before = last.try_emplace(marker->substr(0, marker->rfind('/')), -1).first->second;
          if (in_order_ && letter->second->offset < before) violate("order", *marker + " is behind a later one");
          before = letter->second->offset;
        }
      }
    }
    if (!all_are_back) return;
    for (const auto& [marker, letter] : was) {
      if (!back.contains(marker)) violate("lost", marker + " was not sent back");
    }
    out_.acked = was.size();
    out_.consumed = back.size();
    out_.digest = (out_.digest ^ was.size()) * 0x100000001b3ull;
  }

  void check_letter(const std::string& marker, const mock::stored_record& now, const mock::stored_record& was) {
    auto headers = was.headers;
    for (auto& [name, value] : headers) {
      if (name == "x-retry-count") value = "0";
    }
    headers.emplace_back("x-replayed-from", marker);
    if (now.key != was.key || now.value != was.value || now.timestamp != was.timestamp || now.headers != headers)
      violate("altered", marker + " is not as it was");
  }

  random_stream rng_;
  watched_world where_;
  troubles trouble_;
  report out_;
  std::map<std::string, std::int32_t> partitions_;
  bool forgetful_ = false;
  bool in_order_ = true;  // what is refused or not chosen is overtaken by later ones
  std::size_t next_process_ = 0;
  result<cluster> writer_on_ = error(client_code::closed, {});
  std::unique_ptr<producer> writer_;
};

}  // namespace

report run_replays(std::uint64_t seed, const fault_plan& plan, const telling& how) {
  return replays_run(seed, plan, how).run();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
