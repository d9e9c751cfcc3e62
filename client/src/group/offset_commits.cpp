// offset_commits: OffsetCommit until it is stored, refused, late, or of no use any more.
#include "offset_commits.hpp"

#include <algorithm>
#include <utility>

#include "offset_lists.hpp"
#include "ottla/protocol/offset_commit.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

constexpr std::int16_t first_version_with_epochs = 9;

std::string name_of(const topic_partition& where) { return where.topic + "-" + std::to_string(where.partition); }

error_context context_of(const group_identity& who, const topic_partition* where) {
  error_context out;
  out.asked = "OffsetCommit of group " + who.group + (where == nullptr ? "" : " for " + name_of(*where));
  return out;
}

error lost(const group_identity& who, const topic_partition& where) {
  error_context context = context_of(who, &where);
  context.detail = "the partition is not assigned to this member (any more)";
  context.advice = "its records will be processed by its owner; poll to go on with what is assigned";
  return error(client_code::partition_lost, std::move(context));
}

std::string advice_for(group_verdict verdict) {
  switch (verdict) {
    case group_verdict::rejoin:
      return "poll, so that the rebalance can go on, then commit again what is still assigned";
    case group_verdict::forgotten:
    case group_verdict::outdated:
      return "poll: the partitions were given to others, whose members process those records again";
    default:
      return {};
  }
}

request make_commit(const group_identity& who, std::vector<offset_to_commit> offsets) {
  sort_by_topic(offsets);
  request ask = make_request<OffsetCommitRequest>(
      [who, offsets = std::move(offsets)](OffsetCommitRequest& message, std::int16_t version, protocol::arena& memory) {
        using request_topic = OffsetCommitRequest::OffsetCommitRequestTopic;
        using request_partition = OffsetCommitRequest::OffsetCommitRequestPartition;
        message.group_id = who.group;
        message.member_id = who.member_id;
        message.generation_id_or_member_epoch = who.generation;
        if (version >= 7 && !who.instance_id.empty()) message.group_instance_id = who.instance_id;
        message.topics = offsets_by_topic<request_topic, request_partition>(offsets, version >= 6, memory);
      });
  ask.max_version = 9;  // from 10 on topics go by id, which says nothing more to us
  if (who.by_epoch && who.generation >= 0) ask.min_version = first_version_with_epochs;
  return ask;
}

}  // namespace

steady_ns offset_commits::step(surroundings now) {
  steady_ns next = expire(now);
  if (!under_way_) drop_lost(now);
  if (jobs_.empty() || under_way_ || now.withheld || now.coordinator == no_broker) return next;
  const steady_ns moment = now.on->now().mono;
  if (stale_epoch_ >= 0 && now.who.generation != stale_epoch_) not_before_ = {};
  if (moment < not_before_) return std::min(next, not_before_);
  send(now);
  return next;
}

// What waits behind another commit has a deadline as well.
steady_ns offset_commits::expire(const surroundings& now) {
  const steady_ns moment = now.on->now().mono;
  steady_ns next = never;
  std::vector<std::pair<unique_function<void(error)>, error>> late;
  for (std::size_t i = under_way_ ? 1 : 0; i < jobs_.size();) {
    commit_job& job = jobs_[i];
    if (moment < job.deadline) {
      next = std::min(next, job.deadline);
      ++i;
      continue;
    }
    error_context context = context_of(now.who, nullptr);
    context.attempts = i == 0 ? tries_ : 0;
    context.detail = i == 0 && last_ ? std::string(last_.name()) + ": " + last_.context().detail
                     : i > 0         ? "an earlier commit was still under way"
                     : now.withheld  ? "the group is rebalancing, and the member that shares partitions out did not yet"
                                     : "the group's coordinator was not found before the deadline";
    if (i == 0) context.persisted = last_.persisted();
    late.emplace_back(std::move(job.done), error(client_code::timed_out, std::move(context)));
    jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
    if (i == 0) {
      tries_ = 0;
      last_ = lost_ = {};
    }
  }
  for (auto& [done, why] : late) done(std::move(why));
  return next;
}

// Between the call and now a rebalance may have taken partitions away; with the new generation the coordinator would
// take the old owner's word for them.
void offset_commits::drop_lost(const surroundings& now) {
  while (!jobs_.empty()) {
    std::erase_if(jobs_.front().offsets, [&](const offset_to_commit& one) {
      if (now.owned(one)) return false;
      if (!lost_) lost_ = lost(now.who, one.where);
      return true;
    });
    if (!jobs_.front().offsets.empty()) return;
    settle({});
  }
}

void offset_commits::send(const surroundings& now) {
  core& on = *now.on;
  if (!wait_) wait_.emplace(on.config().retry_backoff, on.config().retry_backoff_max, on.stream("offset-commits"));
  under_way_ = true;
  stale_epoch_ = -1;
  ++tries_;
  request ask = make_commit(now.who, jobs_.front().offsets);
  ask.deadline = jobs_.front().deadline;
  ask.done = [this, now, round = ++round_](response&& answer) {
    const auto held = now.alive.lock();  // its last other owner may let go on another thread, at any moment
    if (!held || round != round_ || !under_way_) return;
    answered(now, answer);
    now.changed();
  };
  on.send(route{route::target::broker, now.coordinator, lane::control, owner_id::shared}, std::move(ask));
}

void offset_commits::answered(surroundings asked, const response& answer) {
  under_way_ = false;
  commit_job& job = jobs_.front();
  const auto message = decode<OffsetCommitResponse>(answer);
  error worst;  // of what is not tried again
  group_verdict told = group_verdict::fine;
  std::vector<offset_to_commit> again;
  if (!message) {
    told = verdict_of(message.error());
    last_ = message.error();
    if (goes_again(told)) {
      again = std::move(job.offsets);
    } else {
      worst = message.error();
    }
  } else {
    for (offset_to_commit& one : job.offsets) {
      protocol::error_code code = protocol::error_code::unknown_server_error;
      for (const auto& topic : (*message)->topics) {
        if (topic.name != one.where.topic) continue;
        for (const auto& part : topic.partitions) {
          if (part.partition_index == one.where.partition) code = part.error_code;
        }
      }
      group_verdict verdict = verdict_of(code);
      if (verdict == group_verdict::fine) continue;
      const bool of_generation = verdict == group_verdict::rejoin || verdict == group_verdict::outdated;
      if (of_generation && asked.outlived(asked.who)) verdict = group_verdict::try_again;
      told = verdict;
      error_context context = context_of(asked.who, &one.where);
      context.broker = answer.broker;
      context.attempts = tries_;
      context.advice = advice_for(verdict);
      error why(code, std::move(context));
      if (verdict == group_verdict::stale) stale_epoch_ = asked.who.generation;
      if (goes_again(verdict)) {
        last_ = why;
        again.push_back(std::move(one));
      } else if (!worst) {
        worst = std::move(why);
      }
    }
  }
  if (told != group_verdict::fine) asked.heard(told, asked.coordinator, asked.who);
  if (!again.empty() && !worst && !asked.on->is_shut_down()) {
    job.offsets = std::move(again);
    not_before_ = after(asked.on->now().mono, wait_->next());
    return;
  }
  if (!worst && !again.empty()) worst = last_;
  wait_->reset();
  settle(std::move(worst));
}

void offset_commits::settle(error why) {
  unique_function<void(error)> done = std::move(jobs_.front().done);
  jobs_.pop_front();
  if (!why) why = lost_;
  tries_ = 0;
  last_ = lost_ = {};
  done(std::move(why));
}

void offset_commits::close(const error& why) {
  under_way_ = false;
  ++round_;
  for (commit_job& job : std::exchange(jobs_, {})) job.done(why);
}

}  // namespace v0
}  // namespace ottla
