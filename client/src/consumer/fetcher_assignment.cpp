// fetcher_assignment: which partitions are read, who leads them, and what metadata says of their topics.
#include <algorithm>
#include <utility>

#include "fetcher.hpp"
#include "topic_places.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A topic that was just created takes a moment to be known everywhere; after this many answers it is taken as missing
// (C-14).
constexpr int unknown_answers_bound = 5;

}  // namespace

void fetcher::assign(std::uint64_t assignment_epoch, std::vector<fetch_queue::assigned_start> partitions,
                     const std::vector<std::string>& topics, start_position topics_start) {
  if (!attached_) return;
  now_ = core_->now();
  assignment_epoch_ = assignment_epoch;
  topics_told_ = topics.empty();
  std::map<topic_partition, std::unique_ptr<fetch_partition>> before = std::exchange(partitions_, {});
  std::map<std::string, topic_interest> topics_before = std::exchange(topics_, {});
  const auto interest_in = [&](const std::string& name) -> topic_interest& {
    auto [found, fresh] = topics_.try_emplace(name);
    if (fresh) {
      core_->meta().want_topic(name, now_.mono);
      if (auto known = topics_before.find(name); known != topics_before.end()) found->second.id = known->second.id;
    }
    return found->second;
  };
  for (const std::string& name : topics) {
    topic_interest& interest = interest_in(name);
    interest.all = true;
    interest.start = topics_start;
  }
  for (fetch_queue::assigned_start& one : partitions) {
    ++interest_in(one.slot->where->topic).explicit_partitions;
    auto kept = before.find(*one.slot->where);
    if (kept != before.end() && kept->second->slot == one.slot && !one.fresh) {
      partitions_.emplace(*one.slot->where, std::move(kept->second));
      continue;
    }
    const std::uint64_t version = one.version;
    add_partition(std::move(one.slot), version, one.start);
  }
  for (const auto& [name, interest] : topics_before) core_->meta().release_topic(name);
  regroup_ = dirty_ = true;
  seen_generation_ = 0;
}

void fetcher::release_topics() {
  for (const auto& [name, interest] : topics_) core_->meta().release_topic(name);
  topics_.clear();
}

void fetcher::add_partition(std::shared_ptr<partition_slot> slot, std::uint64_t version,
                            const std::optional<start_position>& start) {
  const topic_partition where = *slot->where;
  const auto index = static_cast<std::uint64_t>(static_cast<std::uint32_t>(where.partition));
  backoff wait(core_->config().retry_backoff, core_->config().retry_backoff_max,
               core_->stream("fetch-" + where.topic, index));
  auto made = std::make_unique<fetch_partition>(std::move(slot), wait);
  made->version = version;
  made->max_bytes = config_.max_partition_fetch_bytes;
  if (!start) {
    made->enter(fetch_phase::halted);
  } else if (start->from == start_position::kind::offset) {
    made->move_to(start->value, -1);
  } else {
    made->locate(*start);
  }
  partitions_[where] = std::move(made);
  regroup_ = dirty_ = true;
}

void fetcher::sync_metadata() {
  seen_generation_ = core_->meta().generation();
  if (core_->meta().ever_applied()) queue_->heard();
  const error& last = core_->meta().last_failure();
  if (last) {
    error_context context = last.context();
    if (std::string all = core_->unreachable_summary(); !all.empty()) context.detail = std::move(all);
    context.asked = "Metadata";
    const error why =
        last.client() != client_code::none ? error(last.client(), context) : error(last.broker_code(), context);
    queue_->set_trouble(why);
    // Brokers that are known tell by themselves what keeps us from reading. Those that were forgotten do not, and a
    // poll that has heard of them before would wait in silence.
    const bool begins_anew = why.is(protocol::error_code::rebootstrap_required);
    if (!why.retriable() && !begins_anew && core_->meta().ever_applied() && core_->meta().brokers().empty())
      report({}, why);
  }
  for (auto& [name, interest] : topics_) sync_topic(name, interest);
  if (!topics_told_) {
    const bool all_known = std::all_of(topics_.begin(), topics_.end(),
                                       [](const auto& one) { return !one.second.all || one.second.known > 0; });
    if (all_known) {
      topics_told_ = true;
      queue_->topics_known(assignment_epoch_, {});
    }
  }
  regroup_ = dirty_ = true;
}

void fetcher::sync_topic(const std::string& name, topic_interest& interest) {
  const topic_metadata* known = core_->meta().find(name);
  if (known == nullptr) return;
  report_topic(name, interest, *known);
  if (known->error != protocol::error_code::none) return;
  const bool reborn = !interest.id.is_zero() && !known->id.is_zero() && interest.id != known->id;
  interest.id = known->id;
  const std::size_t count = known->partitions.size();
  const bool late = interest.known > 0;
  for (; interest.all && interest.known < count; ++interest.known) {
    auto slot = std::make_shared<partition_slot>();
    slot->where =
        std::make_shared<const topic_partition>(topic_partition{name, static_cast<std::int32_t>(interest.known)});
    // What appears later is read whole: nothing written before we noticed is skipped.
    const start_position start = late ? earliest : start_of(config_, name, interest.start);
    if (start.from == start_position::kind::offset) slot->position = partition_position{*slot->where, start.value, -1};
    if (queue_->add_slot(slot, assignment_epoch_)) add_partition(slot, slot->version, start);
  }
  for (auto it = partitions_.lower_bound({name, 0}); it != partitions_.end() && it->first.topic == name; ++it) {
    fetch_partition& one = *it->second;
    // A new topic under the old name: no offset of the old one means anything there (C-38).
    if (reborn && one.phase != fetch_phase::locating) reset_by_policy(one, "the topic was deleted and created anew");
    if (static_cast<std::size_t>(one.where->partition) < count) {
      one.absent_told = false;
      on_leader(one, known->partitions[static_cast<std::size_t>(one.where->partition)]);
    } else if (!std::exchange(one.absent_told, true)) {
      one.leader = no_broker;
      error_context context;
      context.asked = "Fetch of " + name + "-" + std::to_string(one.where->partition);
      context.detail = name + " has partitions 0 to " + std::to_string(count - 1);
      report(*one.where, error(client_code::unknown_partition, std::move(context)));
    }
  }
}

void fetcher::report_topic(const std::string& name, topic_interest& interest, const topic_metadata& known) {
  const bool missing =
      known.error == protocol::error_code::unknown_topic_or_partition && known.unknown_answers >= unknown_answers_bound;
  const bool refused = known.error != protocol::error_code::none && !protocol::retriable(known.error);
  if (!missing && !refused) {
    interest.reported = interest.reported && known.error != protocol::error_code::none;
    return;
  }
  if (std::exchange(interest.reported, true)) return;
  error_context context;
  context.asked = "Metadata of topic " + name;
  context.attempts = known.unknown_answers;
  context.detail = missing ? "the cluster has no topic " + name : std::string();
  context.advice = missing ? "check the name, or create it" : "";
  error why = missing ? error(client_code::unknown_topic, std::move(context)) : error(known.error, std::move(context));
  if (interest.all) queue_->topics_known(assignment_epoch_, why);
  report({name, -1}, std::move(why));
}

void fetcher::on_leader(fetch_partition& one, const partition_metadata& told) {
  const bool moved = one.leader != told.leader;
  // Of a leader that was not known yet the position's own epoch speaks: it may have been committed long ago.
  const std::int32_t before = one.leader_epoch >= 0 ? one.leader_epoch : one.offset_epoch;
  const bool newer = told.leader_epoch > before && before >= 0;
  one.leader = told.leader;
  one.leader_epoch = told.leader_epoch;
  if (one.leader == no_broker) core_->meta().request_refresh();
  if (moved || newer) {
    one.not_before = {};
    one.follower = no_broker;  // it was the leader before that said so
  }
  // A new leader may not have all that the old one had: ask where the epoch of our last batch ended (C-33).
  if (newer && one.phase == fetch_phase::fetching && one.offset_epoch >= 0) {
    one.enter(fetch_phase::validating);
  }
}

void fetcher::group_by_source() {
  for (auto& [id, broker] : brokers_) broker.members.clear();
  for (auto& [where, one] : partitions_) {
    const broker_id source = one->source();
    if (source == no_broker) continue;
    broker_fetch& broker = brokers_[source];
    if (!broker.retry) {
      broker.retry.emplace(core_->config().retry_backoff, core_->config().retry_backoff_max,
                           core_->stream("fetch-broker", static_cast<std::uint32_t>(source)));
    }
    broker.members.push_back(one.get());
  }
  std::erase_if(brokers_, [](const auto& one) {
    return one.second.members.empty() && !one.second.in_flight && one.second.session.id() == 0;
  });
}

}  // namespace v0
}  // namespace ottla
