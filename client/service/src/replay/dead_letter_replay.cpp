// dead_letter_replay: who may replay, the loop of polls, and one partition_replay per partition.
#include "ottla/service/dead_letter_replay.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "../checked_config.hpp"
#include "partition_replay.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using namespace std::chrono_literals;

struct bounds {
  std::int64_t start = 0, end = 0;
};

/// Refusals that mean: another member has the partitions, or will have.
bool is_lost(const error& why) {
  using protocol::error_code;
  return why.is(client_code::partition_lost) || why.is(error_code::illegal_generation) ||
         why.is(error_code::unknown_member_id) || why.is(error_code::rebalance_in_progress) ||
         why.is(error_code::fenced_instance_id);
}

class replay_run {
 public:
  replay_run(cluster on, const dead_letter_replay_options& how, std::string group)
      : how_(how), group_(std::move(group)), context_{on, how, replay_link(on, how)}, admin_(on) {}

  result<replay_summary> run() {
    if (auto known = find_bounds(); !known) return known.error();
    if (how_.dry_run) {
      if (auto looked = dry_run(); !looked) return looked.error();
      return context_.summary;
    }
    if (open_.empty()) return context_.summary;
    if (auto alone = wait_until_alone(); !alone) return alone.error();
    consumer member(context_.on, config());
    auto replayed = loop(member);
    states_.clear();
    // A batch whose fate is not known is settled by who comes next, and not before our time is over.
    if (replayed) (void)member.close(5s);
    if (!replayed) return replayed.error();
    return context_.summary;
  }

 private:
  consumer_config config() {
    consumer_config out;
    out.group = group_;
    out.topics = {how_.topic};
    out.start = earliest;
    out.reset = offset_reset::earliest;
    out.auto_commit = false;
    out.assignors = {assignor::range};  // the whole topic to one, as long as there is one
    out.session_timeout = how_.session_timeout;
    out.heartbeat_interval = std::min<std::chrono::milliseconds>(3s, how_.session_timeout / 4);
    out.max_poll_interval = between_polls();
    out.on_assigned = [this](consumer&, std::span<const topic_partition>) { ++rebalances_; };
    out.on_revoked = [this](consumer&, std::span<const topic_partition>) { ++rebalances_; };
    out.on_lost = [this](consumer&, std::span<const topic_partition>) { ++rebalances_; };
    return out;
  }

  /// Between two polls lie the rounds of what one of them gave; also how long an unanswered JoinGroup is waited for.
  std::chrono::milliseconds between_polls() const { return std::max<std::chrono::milliseconds>(60s, 2 * how_.timeout); }

  /// What is there now is what is replayed.
  result<void> find_bounds() {
    auto described = admin_.describe_topics({&how_.topic, 1}, how_.timeout);
    if (!described) return described.error();
    if (described->front().failure) return described->front().failure;
    std::vector<offset_query> asked;
    for (const partition_description& one : described->front().partitions) {
      asked.push_back({how_.topic, one.partition, earliest_offset});
      asked.push_back({how_.topic, one.partition, latest_offset});
    }
    auto found = admin_.list_offsets(asked, read_isolation::uncommitted, how_.timeout);
    if (!found) return found.error();
    for (std::size_t i = 0; i + 1 < found->size(); i += 2) {
      const offset_answer &first = (*found)[i], &last = (*found)[i + 1];
      if (first.failure) return first.failure;
      if (last.failure) return last.failure;
      bounds_[{how_.topic, first.partition}] = {first.offset, last.offset};
      open_.emplace(topic_partition{how_.topic, first.partition}, true);
    }
    return {};
  }

  error busy(const std::string& who) const {
    error_context context;
    context.asked = "replay of " + how_.topic;
    context.detail = "another replay of it is running: " + who + ", in group " + group_;
    context.advice = "wait until it has ended; two at once would stand in each other's way";
    return error(protocol::error_code::non_empty_group, std::move(context));
  }

  /// A replay that was killed stays a member until its session is over; one that lives does longer.
  result<void> wait_until_alone() {
    const steady_ns deadline = after(context_.link.now(), how_.session_timeout + 5s);
    for (bool told = false;; told = true) {
      auto described = admin_.describe_groups({&group_, 1}, how_.timeout);
      if (!described) return described.error();
      const group_description& one = described->front();
      const bool absent = one.failure.is(protocol::error_code::group_id_not_found);
      if (one.failure && !absent) return one.failure;
      if (absent || one.members.empty()) return {};
      const described_member& other = one.members.front();
      const std::string who = other.client_id + " at " + other.host + " (" + other.member_id + ")";
      if (context_.link.now() >= deadline) return busy(who);
      if (context_.stop_wanted()) return error(client_code::cancelled, {});
      if (!told)
        context_.say("group " + group_ + " has a member, " + who + ": waiting up to " +
                     std::to_string((how_.session_timeout + 5s) / 1s) + " s, in case it was killed");
      context_.link.pause(500ms);
    }
  }

  result<void> loop(consumer& member) {
    steady_ns heard = context_.link.now();
    while (!open_.empty()) {
      if (context_.stop_wanted() || context_.enough()) break;
      auto polled = member.poll(100ms);
      if (!polled) return polled.error();
      for (const partition_error& one : polled->errors()) {
        if (!one.why.retriable()) return one.why;
      }
      if (std::exchange(seen_rebalances_, rebalances_) != rebalances_) states_.clear();
      auto mine = all_mine(member);
      if (!mine) return mine.error();
      auto went = *mine ? step(member, *polled) : result<void>();
      if (!went && !is_lost(went.error())) return went;
      if (!went) states_.clear();
      if (!polled->end().empty()) heard = context_.link.now();
      if (context_.link.now() - heard < how_.timeout + between_polls()) continue;
      if (error why = member.trouble()) return why;
      error_context context;
      context.asked = "replay of " + how_.topic;
      context.detail =
          *mine ? "no record came although the end was not reached" : "the group did not give us its partitions";
      return error(client_code::timed_out, std::move(context));
    }
    context_.summary.stopped = !open_.empty();
    for (auto& [where, one] : states_) {
      if (auto stored = one->finish(); !stored) return stored;
    }
    return {};
  }

  /// Of two that came at once the group's leader goes on, the other goes.
  result<bool> all_mine(const consumer& member) const {
    const group_metadata me = member.membership();
    if (me.generation < 0) return false;
    if (!me.leader) return busy("it came at the same time");
    return member.assignment().size() >= bounds_.size();
  }

  result<void> step(consumer& member, const polled& got) {
    skip_.clear();
    for (const auto& [where, unused] : std::map(open_)) {
      if (states_.contains(where)) continue;
      // What was polled before is read again, from where the note says.
      if (auto begun = begin(member, where); !begun) return begun;
      skip_.push_back(where);
    }
    for (const partition_records& part : got.partitions()) {
      const topic_partition where{part.topic(), part.partition()};
      const bool fresh = std::find(skip_.begin(), skip_.end(), where) != skip_.end();
      if (fresh || !open_.contains(where)) continue;
      if (auto taken = states_.at(where)->take(part, bounds_[where].end); !taken) return taken;
    }
    if (context_.enough() || context_.stop_wanted()) return {};
    for (const auto& [where, unused] : std::map(open_)) {
      const auto position = member.position(where);
      if (!position || *position < bounds_[where].end) continue;
      if (auto stored = states_.at(where)->finish(); !stored) return stored;
      open_.erase(where);
      (void)member.pause({&where, 1});
    }
    return {};
  }

  result<void> begin(consumer& member, const topic_partition& where) {
    auto position = member.position(where, how_.timeout);
    if (!position) return position.error();
    auto known = member.committed({&where, 1}, how_.timeout);
    if (!known) return known.error();
    const committed_offset& one = known->front();
    if (one.failure) return one.failure;
    auto note = read_note(where, one.offset, one.metadata);
    if (!note) return note.error();
    // With this number a commit is refused once the partition was ever taken from us, also if it came back.
    const std::uint64_t assignment = position->assignment;
    auto keep = [this, &member, where, assignment](const replay_note& what) {
      offset_to_commit out(where, what.next, -1, what.text());
      out.assignment = assignment;
      return member.commit({std::move(out)}, how_.timeout);
    };
    auto made = std::make_unique<partition_replay>(context_, where, std::move(*note), std::move(keep));
    if (auto settled = made->recover(); !settled) return settled;
    auto sought = member.seek(where, at_offset(made->note().next));
    states_[where] = std::move(made);
    return sought;
  }

  result<replay_note> read_note(const topic_partition& where, std::int64_t offset, const std::string& metadata) {
    const bounds& log = bounds_[where];
    auto note = replay_note::parse(offset < 0 ? log.start : offset, offset < 0 ? std::string_view() : metadata);
    if (!note || note->next > log.end) {
      error_context context;
      context.asked = "replay of " + where.topic + "-" + std::to_string(where.partition);
      context.detail = note ? "group " + group_ + " remembers letters up to offset " + std::to_string(note->next) +
                                  ", and the partition ends at " + std::to_string(log.end) + ": the topic was made anew"
                            : "what group " + group_ + " has beside its offset was not written by a replay: \"" +
                                  metadata.substr(0, 100) + "\"";
      context.advice = "ottla groups delete " + group_ + " forgets what was replayed, so that all is sent (again)";
      return error(client_code::invalid_argument, std::move(context));
    }
    if (note->next < log.start && !note->intent) {  // retention took the letters in between
      note->next = log.start;
      note->settle({});
      note->done.drop_below(note->next);
    }
    return *note;
  }

  result<void> dry_run() {
    std::vector<topic_partition> all;
    consumer_config config;
    for (const auto& [where, unused] : open_) {
      all.push_back(where);
      config.partitions.push_back({where.topic, where.partition, earliest});
    }
    const group_offsets_query asked{group_, all};
    auto known = admin_.list_group_offsets({&asked, 1}, {.timeout = how_.timeout});
    if (!known) return known.error();
    if (known->front().failure) return known->front().failure;
    config.reset = offset_reset::earliest;
    consumer from(context_.on, config);
    for (const auto& [where, unused] : open_) {
      std::int64_t offset = -1;
      std::string metadata;
      for (const committed_partition& one : known->front().partitions) {
        if (one.topic == where.topic && one.partition == where.partition) offset = one.offset, metadata = one.metadata;
      }
      auto note = read_note(where, offset, metadata);
      if (!note) return note.error();
      if (auto sought = from.seek(where, at_offset(note->next)); !sought) return sought;
      states_[where] = std::make_unique<partition_replay>(context_, where, std::move(*note),
                                                          [](const replay_note&) { return result<void>(); });
      if (auto settled = states_[where]->recover(); !settled) return settled;
    }
    steady_ns heard = context_.link.now();
    while (!open_.empty() && !context_.stop_wanted() && !context_.enough()) {
      for (const auto& [where, unused] : std::map(open_)) {
        const auto position = from.position(where);
        if (!position || *position < bounds_[where].end) continue;
        open_.erase(where);
        (void)from.pause({&where, 1});
      }
      if (open_.empty()) break;
      auto polled = from.poll(100ms);
      if (!polled) return polled.error();
      for (const partition_error& one : polled->errors()) {
        if (!one.why.retriable()) return one.why;
      }
      for (const partition_records& part : polled->partitions()) {
        const topic_partition where{part.topic(), part.partition()};
        if (!open_.contains(where)) continue;
        if (auto taken = states_.at(where)->take(part, bounds_[where].end); !taken) return taken;
      }
      if (!polled->end().empty()) heard = context_.link.now();
      if (context_.link.now() - heard < how_.timeout) continue;
      if (error why = from.trouble()) return why;
      error_context context;
      context.asked = "reading " + how_.topic;
      context.detail = "no record came although the end was not reached";
      return error(client_code::timed_out, std::move(context));
    }
    context_.summary.stopped = !open_.empty();
    return {};
  }

  const dead_letter_replay_options& how_;
  const std::string group_;
  replay_context context_;
  admin admin_;
  std::map<topic_partition, bounds> bounds_;
  std::map<topic_partition, bool> open_;  // those whose end was not reached
  std::map<topic_partition, std::unique_ptr<partition_replay>> states_;
  std::vector<topic_partition> skip_;
  std::uint64_t rebalances_ = 0, seen_rebalances_ = 0;
};

}  // namespace

result<void> dead_letter_replay_options::validate() const {
  constexpr std::string_view what = "dead_letter_replay_options";
  const auto bad = [&](const char* detail) { return result<void>(bad_config(std::string(what), detail)); };
  if (auto valid = names.validate(); !valid) return valid;
  if (topic.empty()) return bad("topic is empty");
  if (to && to->empty()) return bad("to is empty");
  if (to && *to == topic) return bad("to is the topic of the dead letters itself");
  if (marker.empty() || marker == names.retry_count) return bad("marker is empty, or the retry count's header");
  if (batch_records < 1 || batch_records > 100'000) return bad("batch_records is not 1 to 100000");
  if (batch_bytes < 1 || max_note_bytes < 300) return bad("batch_bytes is 0, or max_note_bytes less than 300");
  if (session_timeout < 1s || timeout < 1ms) return bad("session_timeout is below 1 s, or timeout not positive");
  return {};
}

result<replay_summary> dead_letter_replay::run() {
  if (auto valid = options_.validate(); !valid) return valid.error();
  const std::string group = options_.group.empty() ? "ottla-dlq-replay." + options_.topic : options_.group;
  return replay_run(cluster_, options_, group).run();
}

}  // namespace v0
}  // namespace ottla
