// offset_fetches: OffsetFetch in its two forms, one group and many (KIP-709), with stable offsets only (KIP-447).
#include "offset_fetches.hpp"

#include <algorithm>
#include <utility>

#include "ottla/protocol/offset_fetch.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

constexpr std::int16_t first_fetch_with_epochs = 9;

// Both forms name topics with lists of indexes; only the types' names differ.
template <class Topic>
protocol::array<Topic> by_topic(const std::vector<topic_partition>& sorted, protocol::arena& memory) {
  auto* topics = memory.make<Topic>(sorted.size());
  auto* indexes = memory.make<std::int32_t>(sorted.size());
  std::size_t count = 0;
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    for (end = begin; end < sorted.size() && sorted[end].topic == sorted[begin].topic; ++end) {
      indexes[end] = sorted[end].partition;
    }
    topics[count].name = sorted[begin].topic;
    topics[count++].partition_indexes = protocol::array<std::int32_t>(indexes + begin, end - begin);
  }
  return {topics, count};
}

request make_fetch(const group_identity& who, std::vector<topic_partition> which) {
  std::sort(which.begin(), which.end());
  request ask = make_request<OffsetFetchRequest>(
      [who, which = std::move(which)](OffsetFetchRequest& message, std::int16_t version, protocol::arena& memory) {
        if (version >= 7) message.require_stable = true;
        if (version < 8) {
          message.group_id = who.group;
          message.topics = by_topic<OffsetFetchRequest::OffsetFetchRequestTopic>(which, memory);
          return;
        }
        auto* group = memory.make<OffsetFetchRequest::OffsetFetchRequestGroup>(1);
        group->group_id = who.group;
        // So that a member hears of it when it is none any more, or in another epoch.
        if (version >= first_fetch_with_epochs && who.by_epoch && who.generation >= 0) {
          group->member_id = who.member_id;
          group->member_epoch = who.generation;
        }
        group->topics = by_topic<OffsetFetchRequest::OffsetFetchRequestTopics>(which, memory);
        message.groups = {group, 1};
      });
  ask.max_version = 9;  // from 10 on topics go by id, which says nothing more to us
  return ask;
}

struct found {
  const topic_partition* where = nullptr;
  protocol::error_code code = protocol::error_code::none;
  committed_offset value;
};

template <class Topics>
bool find(const Topics& topics, const topic_partition& where, found& out) {
  for (const auto& topic : topics) {
    if (topic.name != where.topic) continue;
    for (const auto& one : topic.partitions) {
      if (one.partition_index != where.partition) continue;
      out.code = one.error_code;
      out.value.offset = one.committed_offset;
      out.value.leader_epoch = one.committed_leader_epoch;
      if (one.metadata) out.value.metadata = *one.metadata;
      return true;
    }
  }
  return false;
}

error_context context_of(const group_identity& who, const response& answer) {
  error_context out;
  out.asked = "OffsetFetch of group " + who.group;
  out.broker = answer.broker;
  return out;
}

}  // namespace

void offset_fetches::ask(offset_question one) {
  pending added{std::move(one), {}, {}, 0};
  added.left = added.what.which;
  std::sort(added.left.begin(), added.left.end());
  added.left.erase(std::unique(added.left.begin(), added.left.end()), added.left.end());
  if (!added.left.empty()) questions_.push_back(std::move(added));
}

steady_ns offset_fetches::step(surroundings now) {
  const steady_ns moment = now.on->now().mono;
  steady_ns next = never;
  while (!under_way_ && !questions_.empty() && moment >= questions_.front().what.deadline) {
    error_context context;
    context.asked = "OffsetFetch of group " + now.who.group;
    context.attempts = questions_.front().tries;
    const error& last = questions_.front().last;
    context.detail = last ? std::string(last.name()) + ": " + last.context().detail
                          : "the group's coordinator was not found before the deadline";
    fail_first(error(client_code::timed_out, std::move(context)));
  }
  for (const pending& one : questions_) next = std::min(next, one.what.deadline);
  if (questions_.empty() || under_way_ || now.coordinator == no_broker) return next;
  if (stale_epoch_ >= 0 && now.who.generation != stale_epoch_) not_before_ = {};
  if (moment < not_before_) return std::min(next, not_before_);
  send(now);
  return next;
}

void offset_fetches::send(const surroundings& now) {
  core& on = *now.on;
  if (!wait_) wait_.emplace(on.config().retry_backoff, on.config().retry_backoff_max, on.stream("offset-fetches"));
  under_way_ = true;
  stale_epoch_ = -1;
  ++questions_.front().tries;
  request ask = make_fetch(now.who, questions_.front().left);
  ask.deadline = questions_.front().what.deadline;
  ask.done = [this, now, round = ++round_](response&& answer) {
    const auto held = now.alive.lock();  // its last other owner may let go on another thread, at any moment
    if (!held || round != round_ || !under_way_) return;
    answered(now, answer);
    now.changed();
  };
  on.send(route{route::target::broker, now.coordinator, lane::control, owner_id::shared}, std::move(ask));
}

void offset_fetches::answered(const surroundings& asked, const response& answer) {
  under_way_ = false;
  pending& job = questions_.front();
  const auto message = decode<OffsetFetchResponse>(answer);
  error whole;
  const protocol::array<OffsetFetchResponse::OffsetFetchResponseTopics>* many = nullptr;
  if (!message) {
    whole = message.error();
  } else if (answer.version >= 8) {
    for (const auto& group : (*message)->groups) {
      if (group.group_id != asked.who.group) continue;
      many = &group.topics;
      if (group.error_code != protocol::error_code::none)
        whole = error(group.error_code, context_of(asked.who, answer));
    }
  } else if ((*message)->error_code != protocol::error_code::none) {
    whole = error((*message)->error_code, context_of(asked.who, answer));
  }
  group_verdict told = whole ? verdict_of(whole) : group_verdict::fine;
  // Whoever is no member any more asks again without being one: what was committed is for everybody to read.
  const auto settled_later = [&](group_verdict verdict) {
    const bool as_member = asked.who.by_epoch && asked.who.generation >= 0;
    return goes_again(verdict) || (as_member && verdict == group_verdict::forgotten);
  };
  if (whole) job.last = whole;
  std::vector<topic_partition> again;
  std::vector<committed_offset> answers;
  for (topic_partition& one : job.left) {
    found now;
    now.value.where = one;
    if (!whole) {
      const bool there =
          answer.version >= 8 ? many != nullptr && find(*many, one, now) : find((*message)->topics, one, now);
      if (!there) now.code = protocol::error_code::unknown_server_error;  // the answer leaves it out (C-60)
      if (now.code != protocol::error_code::none) {
        error_context context = context_of(asked.who, answer);
        context.asked += " for " + one.topic + "-" + std::to_string(one.partition);
        if (!there) context.detail = "the answer leaves out a partition that was asked for";
        now.value.failure = error(now.code, std::move(context));
        job.last = now.value.failure;
      }
    } else {
      now.value.failure = whole;
    }
    const group_verdict verdict = now.value.failure ? verdict_of(now.value.failure) : group_verdict::fine;
    if (settled_later(verdict) && !asked.on->is_shut_down()) {
      told = verdict;
      again.push_back(std::move(one));
    } else {
      answers.push_back(std::move(now.value));
    }
  }
  job.left = std::move(again);
  if (told == group_verdict::stale || told == group_verdict::forgotten) stale_epoch_ = asked.who.generation;
  if (told != group_verdict::fine) asked.heard(told, asked.coordinator, asked.who);
  if (job.left.empty()) {
    pending done = std::move(job);
    questions_.pop_front();
    wait_->reset();
    for (const committed_offset& one : answers) done.what.each(one);
    return;
  }
  not_before_ = after(asked.on->now().mono, wait_->next());
  for (const committed_offset& one : answers) job.what.each(one);
}

void offset_fetches::fail_first(const error& why) {
  pending done = std::move(questions_.front());
  questions_.pop_front();
  for (topic_partition& one : done.left) {
    committed_offset out;
    out.where = std::move(one);
    out.failure = why;
    done.what.each(out);
  }
}

void offset_fetches::close(const error& why) {
  under_way_ = false;
  ++round_;
  while (!questions_.empty()) fail_first(why);
}

}  // namespace v0
}  // namespace ottla
