// Offsets from the leaders: found by Metadata, asked one after the other, looked up again when they moved.
#include <algorithm>
#include <map>
#include <set>

#include "ask.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/list_offsets.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::error_code;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

std::string asked_about(const offset_query& query) {
  return "list offsets of " + query.topic + "-" + std::to_string(query.partition);
}

/// One round: what is still open, and whom to ask. Rounds repeat while leaders move.
class offsets_round {
 public:
  offsets_round(cluster& on, std::span<const offset_query> queries, read_isolation isolation)
      : cluster_(on), queries_(queries), isolation_(isolation), answers_(queries.size()) {
    for (std::size_t i = 0; i < queries.size(); ++i) {
      answers_[i].topic = queries[i].topic;
      answers_[i].partition = queries[i].partition;
      open_.insert(i);
    }
  }

  bool finished() const { return open_.empty(); }
  std::vector<offset_answer> take() { return std::move(answers_); }
  std::vector<std::string> open_topics() const {
    std::set<std::string> names;
    for (const std::size_t i : open_) names.insert(queries_[i].topic);
    return {names.begin(), names.end()};
  }

  /// Leaves a failure on everything that has no leader to ask; what may come back stays open.
  void find_leaders(const std::vector<topic_description>& topics) {
    by_leader_.clear();
    const std::set<std::size_t> asked = open_;
    std::map<std::pair<std::string_view, std::int32_t>, std::size_t> times_asked;
    for (const std::size_t i : asked) {
      const auto topic =
          std::find_if(topics.begin(), topics.end(), [&](const auto& one) { return one.name == queries_[i].topic; });
      if (topic == topics.end() || topic->failure) {
        fail(i,
             topic == topics.end() ? refused(error_code::unknown_topic_or_partition, asked_about(queries_[i]), "")
                                   : topic->failure,
             topic != topics.end() && topic->failure.is(error_code::leader_not_available));
        continue;
      }
      const auto part = std::find_if(topic->partitions.begin(), topic->partitions.end(),
                                     [&](const auto& one) { return one.partition == queries_[i].partition; });
      if (part == topic->partitions.end()) {
        error_context context;
        context.asked = asked_about(queries_[i]);
        context.detail = "the topic has " + std::to_string(topic->partitions.size()) + " partitions, counted from 0";
        fail(i, error(client_code::unknown_partition, std::move(context)), false);
      } else if (part->leader < 0) {
        fail(i, refused(error_code::leader_not_available, asked_about(queries_[i]), ""), true);
      } else {
        // A broker refuses a request that names a partition twice: the second question about one goes in a request of
        // its own.
        const std::size_t nth = times_asked[{queries_[i].topic, queries_[i].partition}]++;
        by_leader_[{part->leader, nth}].push_back(i);
      }
    }
  }

  void ask_leaders(steady_ns deadline) {
    for (const auto& [key, indexes] : by_leader_) ask_one(key.first, indexes, deadline);
  }

 private:
  void fail(std::size_t i, error why, bool try_again) {
    answers_[i].failure = std::move(why);
    if (!try_again) open_.erase(i);
  }

  void ask_one(std::int32_t leader, const std::vector<std::size_t>& indexes, steady_ns deadline) {
    std::map<std::string_view, std::vector<ListOffsetsRequest::ListOffsetsPartition>> by_topic;
    std::int16_t min_version = isolation_ == read_isolation::committed ? 2 : 1;
    for (const std::size_t i : indexes) {
      auto& added = by_topic[queries_[i].topic].emplace_back();
      added.partition_index = queries_[i].partition;
      added.timestamp = queries_[i].at;
      if (queries_[i].at == max_timestamp_offset) min_version = std::max<std::int16_t>(min_version, 7);
    }
    std::vector<ListOffsetsRequest::ListOffsetsTopic> topics;
    for (auto& [name, partitions] : by_topic) {
      auto& added = topics.emplace_back();
      added.name = name;
      added.partitions = partitions;
    }
    const auto left = std::max<std::chrono::nanoseconds>(deadline - cluster_.state()->runner().now().mono,
                                                         std::chrono::milliseconds(1));
    ListOffsetsRequest message;
    message.replica_id = no_broker;
    message.isolation_level = min_version >= 2 ? static_cast<std::int8_t>(isolation_) : std::int8_t{0};
    message.topics = topics;
    message.timeout_ms = broker_timeout_ms(std::chrono::duration_cast<std::chrono::milliseconds>(left));
    auto got =
        ask(cluster_, to_broker(leader), message, {.timeout = left, .repeatable = true, .min_version = min_version});
    for (const std::size_t i : indexes) {
      if (got) {
        settle(i, *got->body, got->broker);
      } else {
        fail(i, got.error(), got.error().is(client_code::unknown_broker));
      }
    }
  }

  void settle(std::size_t i, const ListOffsetsResponse& answer, const std::string& broker) {
    const offset_query& query = queries_[i];
    for (const auto& topic : answer.topics) {
      if (topic.name != query.topic) continue;
      for (const auto& part : topic.partitions) {
        if (part.partition_index != query.partition) continue;
        if (part.error_code != error_code::none) {
          return fail(i, refused(part.error_code, asked_about(query), broker), protocol::retriable(part.error_code));
        }
        answers_[i].offset = part.offset;
        answers_[i].timestamp = part.timestamp;
        answers_[i].leader_epoch = part.leader_epoch;
        answers_[i].failure = {};
        open_.erase(i);
        return;
      }
    }
    fail(i, not_mentioned(asked_about(query), broker), false);
  }

  cluster& cluster_;
  std::span<const offset_query> queries_;
  read_isolation isolation_;
  std::vector<offset_answer> answers_;
  std::set<std::size_t> open_;
  std::map<std::pair<std::int32_t, std::size_t>, std::vector<std::size_t>>
      by_leader_;  // by leader and round of questions
};

}  // namespace

result<std::vector<offset_answer>> admin::list_offsets(std::span<const offset_query> queries, read_isolation isolation,
                                                       std::chrono::milliseconds timeout) {
  host& runner = cluster_.state()->runner();
  const steady_ns deadline = after(runner.now().mono, timeout);
  offsets_round round(cluster_, queries, isolation);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - runner.now().mono);
    auto topics = describe_topics(round.open_topics(), std::max(left, std::chrono::milliseconds(1)));
    if (!topics) return unexpected(topics.error());
    round.find_leaders(*topics);
    round.ask_leaders(deadline);
    const steady_ns next = after(runner.now().mono, cluster_.config().retry_backoff);
    if (round.finished() || next >= deadline) return round.take();
    completion nothing;  // waits on the host, so that a manual one keeps stepping
    runner.wait(nothing, next);
  }
}

}  // namespace v0
}  // namespace ottla
