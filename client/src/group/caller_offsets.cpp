// caller_offsets: commits and what was committed, from any thread.
#include <algorithm>
#include <utility>

#include "group_caller.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// A commit that nobody waits for is given up after this, and repeated with what is done by then.
constexpr std::chrono::seconds async_commit_bound{30};

std::string text(const topic_partition& where) { return where.topic + "-" + std::to_string(where.partition); }

}  // namespace

std::vector<offset_to_commit> group_caller::all_positions() const {
  const std::vector<partition_position> known = queue_->positions();
  return {known.begin(), known.end()};
}

// A commit for a lost partition is refused here, and again when it is sent: a rebalance may come in between. Without
// membership any partition may be committed.
result<void> group_caller::check(std::vector<offset_to_commit>& offsets) const {
  for (offset_to_commit& one : offsets) {
    error_context context;
    context.asked = "OffsetCommit of group " + config_.group + " for " + text(one.where);
    if (one.offset < 0 || one.where.topic.empty() || one.where.partition < 0) {
      context.detail = "offset " + std::to_string(one.offset) + " cannot be committed";
      return error(client_code::invalid_argument, std::move(context));
    }
    const std::uint64_t now = queue_->assignment_of(one.where);
    if (!subscribed_ && one.assignment == 0) continue;
    if (now != 0 && (one.assignment == 0 || one.assignment == now)) {
      one.assignment = now;
      continue;
    }
    context.detail = "the partition is not assigned to this member (any more)";
    context.advice = "its records will be processed by its owner; poll to go on with what is assigned";
    return error(client_code::partition_lost, std::move(context));
  }
  return {};
}

result<void> group_caller::commit(std::vector<offset_to_commit> offsets, std::chrono::nanoseconds timeout) {
  if (auto may = cluster_->may_block(); !may) return may;
  if (auto may = check(offsets); !may) return may;
  if (offsets.empty()) return {};
  struct outcome {
    std::mutex mutex;
    error why;
    completion done;
  };
  const auto shared = std::make_shared<outcome>();
  const steady_ns deadline = after(now(), timeout);
  commit_job job;
  job.offsets = std::move(offsets);
  job.deadline = deadline;
  job.done = [shared](error why) {
    {
      std::lock_guard lock(shared->mutex);
      shared->why = std::move(why);
    }
    shared->done.set();
  };
  if (!cluster_->post([machine = member_, job = std::move(job)]() mutable { machine->commit(std::move(job)); }))
    return cluster_->closed_error();
  // The machine tells its own time-out, with what it knows; a little grace lets that through.
  if (!cluster_->runner().wait(shared->done, after(deadline, std::chrono::milliseconds(200)))) {
    error_context context;
    context.asked = "OffsetCommit of group " + config_.group;
    context.detail = "the client's own thread did not get to it in time";
    context.persisted = persistence::possibly;
    return error(client_code::timed_out, std::move(context));
  }
  std::lock_guard lock(shared->mutex);
  return shared->why ? result<void>(shared->why) : result<void>();
}

result<void> group_caller::commit_async(std::vector<offset_to_commit> offsets,
                                        std::function<void(const error&)> handler) {
  if (auto may = check(offsets); !may) return may;
  commit_job job;
  job.offsets = std::move(offsets);
  job.deadline = after(now(), async_commit_bound);
  job.done = [handler = std::move(handler), &machine = cluster_->machine()](error why) {
    if (handler) machine.done().push([handler, why = std::move(why)] { handler(why); });
  };
  if (job.offsets.empty()) {
    cluster_->post([job = std::move(job)]() mutable { job.done({}); });
    return {};
  }
  if (!cluster_->post([machine = member_, job = std::move(job)]() mutable { machine->commit(std::move(job)); }))
    return cluster_->closed_error();
  return {};
}

result<std::vector<committed_offset>> group_caller::committed(std::span<const topic_partition> which,
                                                              std::chrono::nanoseconds timeout) {
  if (auto may = cluster_->may_block(); !may) return unexpected(may.error());
  struct outcome {
    std::mutex mutex;
    std::map<topic_partition, committed_offset> found;
    std::size_t left = 0;
    completion done;
  };
  const auto shared = std::make_shared<outcome>();
  for (const topic_partition& one : which) shared->found[one].where = one;
  shared->left = shared->found.size();
  const steady_ns deadline = after(now(), timeout);
  const auto in_order = [&] {
    std::vector<committed_offset> out;
    for (const topic_partition& one : which) out.push_back(shared->found[one]);
    return out;
  };
  if (shared->left == 0) return in_order();
  offset_question question;
  question.which.assign(which.begin(), which.end());
  question.deadline = deadline;
  question.each = [shared](const committed_offset& one) {
    bool last = false;
    {
      std::lock_guard lock(shared->mutex);
      shared->found[one.where] = one;
      last = --shared->left == 0;
    }
    if (last) shared->done.set();
  };
  const bool posted = cluster_->post(
      [machine = member_, question = std::move(question)]() mutable { machine->ask_committed(std::move(question)); });
  if (!posted) return unexpected(cluster_->closed_error());
  cluster_->runner().wait(shared->done, after(deadline, std::chrono::milliseconds(200)));
  std::lock_guard lock(shared->mutex);
  if (shared->left == 0) return in_order();
  error_context context;
  context.asked = "OffsetFetch of group " + config_.group;
  context.detail = "the client's own thread did not get to it in time";
  return unexpected(error(client_code::timed_out, std::move(context)));
}

void group_caller::locate(std::vector<fetch_queue::assigned_start> which) {
  cluster_->post([machine = member_, which = std::move(which)] { machine->locate(which); });
}

}  // namespace v0
}  // namespace ottla
